"""The second, small company that the same admin belongs to, across the river in Ontario."""

from portal.demo.places import OFFICE, WEEKDAYS, Place
from portal.demo.portraits import Look
from portal.demo.staff import Person

# Sorts after the big company, so that the first sign-in opens the big one.
NAME = "Windsor Crossing Ltd."
COUNTRY = "CA"
TIMEZONE = "America/Toronto"
PHONE = "+15195550100"
EMAIL = "office@crossing.example"

PEOPLE = (
    Person(
        "noor",
        "Noor Siddiqui",
        "Manager",
        "",
        "",
        Look(3, "bob", "black", "suit", 5, 2, "glasses lips"),
        "pm",
        NAME,
        "noor@crossing.example",
        "Windsor office, English and French.",
    ),
    Person(
        "luc",
        "Luc Tremblay",
        "Driver",
        "noor",
        "",
        Look(0, "curly", "brown", "lime", 6, 0, "beard"),
        "m",
        NAME,
        "luc@crossing.example",
    ),
)
PLACES = (
    Place(
        "W-1",
        "Windsor depot",
        "yard",
        "#a8b5a0",
        "noor",
        "2475 Ojibway Parkway\nWindsor, ON N9C 4A4",
        42.2648,
        -83.0890,
        WEEKDAYS,
        visitor_notes="Customs papers to the office, not to the driver.",
    ),
    Place(
        "W-2",
        "Windsor office",
        "office",
        "#c9b79c",
        "noor",
        "300 Ouellette Avenue\nWindsor, ON N9A 7B4",
        42.3173,
        -83.0386,
        OFFICE,
    ),
)
