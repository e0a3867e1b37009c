"""The 40 locations, and one that is closed: offices, yards, plants, pits, salt domes and sites around Detroit."""

from dataclasses import dataclass

WEEKDAYS = "Mon-Fri 6:00-17:00"
OFFICE = "Mon-Fri 7:00-16:00"
PLANT = "Mon-Fri 5:00-18:00\nSat 6:00-12:00 from April to November"
SITE = "Mon-Fri 7:00-18:00"
ALWAYS = "Day and night with a gate code"


@dataclass(frozen=True)
class Place:
    """``picture`` is a key of drawn_places.PLACES; ``inside`` another place's tag; ``owner`` a person's key or ""."""

    tag: str
    name: str
    picture: str
    paint: str
    owner: str
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    hours: str = ""
    inside: str = ""
    visitor_notes: str = ""
    private_notes: str = ""


BOOTS = "Hard hat, vest and safety boots beyond the gate. Sign in at the trailer first."

PLACES = (
    Place(
        "L-01", "Head office", "office", "#c9b79c", "renata", "4120 Livernois Avenue\nDetroit, MI 48210", 42.3311,
        -83.1297, OFFICE, visitor_notes="Visitor parking is behind the building. Ring twice, the bell is quiet.",
        private_notes="Alarm company: Savola. Panel in the copy room.",
    ),
    Place(
        "L-02", "Main yard, Livernois", "yard", "#c9b79c", "stan", "4200 Livernois Avenue\nDetroit, MI 48210", 42.3324,
        -83.1303, WEEKDAYS, visitor_notes="Trucks enter from John Kronk Street only.",
    ),
    Place(
        "L-03", "Ypsilanti yard", "yard", "#a8b5a0", "joyce", "1880 Holmes Road\nYpsilanti, MI 48198", 42.2571,
        -83.5924, WEEKDAYS,
    ),
    Place(
        "L-04", "Hamtramck yard", "yard", "#b99a8a", "stan", "9315 Conant Street\nHamtramck, MI 48212", 42.3983,
        -83.0479, WEEKDAYS,
    ),
    Place(
        "L-05", "Truck and equipment shop", "shop", "#8fa7b8", "tomasz", "4210 Livernois Avenue\nDetroit, MI 48210",
        42.3328, -83.1311, "Mon-Fri 6:00-22:00\nSat 7:00-13:00",
        visitor_notes="Drop keys in the red box beside bay 1.",
    ),
    Place(
        "L-06", "Pontiac yard", "yard", "#9aa7b5", "curtis", "605 Oakland Avenue\nPontiac, MI 48342", 42.6455,
        -83.3077, WEEKDAYS,
    ),
    Place(
        "L-07", "Asphalt plant 1, Romulus", "plant", "#f2801e", "teresa", "28750 Wick Road\nRomulus, MI 48174",
        42.2372, -83.3226, PLANT, visitor_notes="Tarps on before the scale. No smoking anywhere on the plant.",
    ),
    Place(
        "L-08", "Asphalt plant 2, Sterling Heights", "plant", "#3f7cac", "samir",
        "6400 18 1/2 Mile Road\nSterling Heights, MI 48314", 42.6013, -83.0392, PLANT,
    ),
    Place(
        "L-09", "Aggregate pit, Oxford", "pit", "#c7ab7d", "andre", "2300 Metamora Road\nOxford, MI 48371", 42.8336,
        -83.2861, "Mon-Fri 6:00-16:00",
    ),
    Place(
        "L-10", "Aggregate pit, Milan", "pit", "#b79f86", "andre", "11400 Platt Road\nMilan, MI 48160", 42.1046,
        -83.6781, "Mon-Fri 6:00-16:00",
    ),
    Place(
        "L-11", "Field office, Ann Arbor", "office", "#a9bfc4", "priya",
        "3055 Plymouth Road, Suite 4\nAnn Arbor, MI 48105", 42.3035, -83.7071, OFFICE,
    ),
    Place(
        "L-12", "Field office, Port Huron", "office", "#c4a9a2", "", "930 Military Street\nPort Huron, MI 48060",
        42.9707, -82.4249, "By appointment",
    ),
    Place(
        "L-13", "M-14 widening, section 2, Gotfredson Road to Beck Road including the temporary crossover", "site",
        "#2f4a6d", "priya", "M-14 westbound, mile 12\nPlymouth Township, MI 48170", 42.3561, -83.5302, SITE,
        visitor_notes=BOOTS,
    ),
    Place(
        "L-14", "I-94 resurfacing, Dearborn", "site", "#2f4a6d", "omar", "I-94 at Michigan Avenue\nDearborn, MI 48126",
        42.3197, -83.1862, "Nights, 21:00-5:30", visitor_notes=BOOTS,
    ),
    Place(
        "L-15", "Rouge River bridge repair, Fort Street", "bridge", "#c4523c", "kenta",
        "Fort Street over the Rouge River\nDetroit, MI 48217", 42.2821, -83.1367, SITE,
        visitor_notes=BOOTS + " Life vest on the barge.",
    ),
    Place(
        "L-16", "Huron River bridge deck, Zeeb Road", "bridge", "#3d6450", "kenta",
        "Zeeb Road over the Huron River\nScio Township, MI 48103", 42.3115, -83.8423, SITE, visitor_notes=BOOTS,
    ),
    Place(
        "L-17", "Ford Road turn lanes, Canton", "site", "#2f4a6d", "patrick",
        "Ford Road at Haggerty Road\nCanton, MI 48187", 42.3239, -83.4537, SITE,
    ),
    Place(
        "L-18", "Woodward Avenue utility cuts", "site", "#5b5170", "andre",
        "Woodward Avenue at Manchester Street\nHighland Park, MI 48203", 42.4056, -83.0969, SITE,
    ),
    Place(
        "L-19", "Groesbeck drainage, phase 1", "site", "#3d6450", "andre",
        "Groesbeck Highway at 14 Mile Road\nFraser, MI 48026", 42.5371, -82.9481, SITE,
    ),
    Place(
        "L-20", "Telegraph Road guardrail", "site", "#2f4a6d", "",
        "Telegraph Road at Quarton Road\nBloomfield Township, MI 48301", 42.5578, -83.2840, SITE,
    ),
    Place(
        "L-21", "Pelham Road culvert", "site", "#7a3b3f", "", "Pelham Road at Wick Road\nTaylor, MI 48180", 42.2425,
        -83.2241, SITE,
    ),
    Place(
        "L-22", "City lot resurfacing, Wyandotte", "parking", "#c4523c", "patrick",
        "Elm Street lot\nWyandotte, MI 48192", 42.2047, -83.1494, SITE,
    ),
    Place(
        "L-23", "Salt dome Detroit", "dome", "#f2801e", "earl", "4250 Livernois Avenue\nDetroit, MI 48210", 42.3335,
        -83.1320, ALWAYS, visitor_notes="One truck in the dome at a time. Sound the horn before you back in.",
    ),
    Place(
        "L-24", "Salt dome Ypsilanti", "dome", "#3f7cac", "earl", "1900 Holmes Road\nYpsilanti, MI 48198", 42.2580,
        -83.5910, ALWAYS,
    ),
    Place(
        "L-25", "Salt dome Pontiac", "dome", "#c8352c", "earl", "611 Oakland Avenue\nPontiac, MI 48342", 42.6461,
        -83.3085, ALWAYS,
    ),
    Place(
        "L-26", "Salt dome Romulus", "dome", "#3d6450", "earl", "28790 Wick Road\nRomulus, MI 48174", 42.2377,
        -83.3240, ALWAYS,
    ),
    Place(
        "L-27", "Salt dome Utica", "dome", "#5b5170", "", "45800 Van Dyke Avenue\nUtica, MI 48317", 42.6292, -83.0334,
        ALWAYS, private_notes="Lease ends in spring. Landlord wants the liner renewed.",
    ),
    Place(
        "L-28", "Employee parking, Livernois", "parking", "#3d6450", "renata",
        "4120 Livernois Avenue\nDetroit, MI 48210", 42.3307, -83.1290, ALWAYS, "L-01",
    ),
    Place(
        "L-29", "Park-and-ride lot, M-14", "parking", "#8a6a3b", "priya",
        "Gotfredson Road at M-14\nPlymouth Township, MI 48170", 42.3540, -83.5610, ALWAYS,
    ),
    Place(
        "L-30", "Overflow lot, Dix Avenue", "parking", "#39606e", "", "8800 Dix Avenue\nDetroit, MI 48209", 42.3069,
        -83.1290, WEEKDAYS,
    ),
    Place(
        "L-31", "Tool crib", "room", "#7fa3a0", "nhung", hours="Mon-Fri 5:30-15:30", inside="L-05",
        visitor_notes="Nothing leaves without a signature.",
    ),
    Place("L-32", "Tire bay", "room", "#a39c7f", "hank", hours="Mon-Fri 6:00-22:00", inside="L-05"),
    Place(
        "L-33", "Welding bay", "room", "#a3857f", "aaliyah", hours="Mon-Fri 6:00-15:00", inside="L-05",
        visitor_notes="Do not look into the arc. Knock and wait.",
    ),
    Place(
        "L-34", "Fuel island", "parking", "#c8352c", "rosa", "4200 Livernois Avenue\nDetroit, MI 48210", 42.3326,
        -83.1299, ALWAYS, "L-02", "Diesel left, gasoline right, DEF at the wall.",
    ),
    Place("L-35", "Wash bay", "shop", "#86b0c2", "stan", hours=WEEKDAYS, inside="L-02"),
    Place("L-36", "Dispatch room", "room", "#8590b5", "rosa", hours="Mon-Fri 5:00-17:00", inside="L-01"),
    Place(
        "L-37", "Training room Kraków", "room", "#b58aa0", "layla", hours=OFFICE, inside="L-01",
        visitor_notes="Book it with Renata.",
    ),
    Place("L-38", "Quality lab", "room", "#93a886", "dee", hours="Mon-Fri 5:00-15:00", inside="L-07"),
    Place(
        "L-39", "Scale house", "shop", "#c2a878", "samir", hours=PLANT, inside="L-07",
        visitor_notes="Stop, wait for green, stay in the cab.",
    ),
    Place(
        "L-41", "Sign and cone warehouse, Ecorse", "shop", "#b5a08a", "kuznicki",
        "4470 West Jefferson Avenue\nEcorse, MI 48229", 42.2503, -83.1398, WEEKDAYS,
        visitor_notes="Loading dock on the river side.",
    ),
)
