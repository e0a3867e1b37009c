"""The four kinds as data: their words, icon and fields, in the order in which forms, pages and CSV files show them.

A field's name is its column. The photo is no field: every kind has one, kept as ``Record.photo_key``.
"""

from dataclasses import dataclass

from portal.records.policies import DIRECT, RELAY
from portal.records.states import STATES

VEHICLE = "vehicle"
EQUIPMENT = "equipment"
LOCATION = "location"
CONTACT = "contact"


@dataclass(frozen=True)
class Field:
    """One column as people meet it.

    ``type``: text (one line), textarea, int, float, email, phone, state, policy or reference. ``length`` is the most
    characters of a text. ``minimum`` and ``maximum`` bound numbers (the year's upper bound moves: see ``checking``).
    ``reference`` is the kind of record that a reference points to. ``synonyms`` are further CSV headings, in small
    letters.
    """

    name: str
    label: str
    type: str = "text"
    length: int = 0
    search: bool = False
    reference: str = ""
    minimum: int | None = None
    maximum: int | None = None
    required: bool = False
    synonyms: tuple[str, ...] = ()
    help: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of record. ``icon`` is a shape of the icon sprite."""

    name: str
    label: str
    plural: str
    icon: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field:
        """The field of this name; KeyError when this kind has none."""
        return {field.name: field for field in self.fields}[name]

    @property
    def form_fields(self) -> tuple[Field, ...]:
        """The fields of its form. The state has a form of its own on the record's page, so that a page that stood
        open for an hour does not take back what somebody has reported meanwhile."""
        return tuple(field for field in self.fields if field.type != "state")

    @property
    def columns(self) -> frozenset[str]:
        """The names of its fields."""
        return frozenset(field.name for field in self.fields)


NAME = Field("name", "Name", length=200, search=True, required=True, synonyms=("record name",))
TAG = Field(
    "tag",
    "Tag",
    length=60,
    search=True,
    synonyms=(
        "asset tag",
        "asset number",
        "asset id",
        "inventory number",
        "number",
        "unit",
        "unit number",
        "fleet number",
    ),
    help="Your own number for it, printed on its label. No two records share one.",
)
DESCRIPTION = Field("description", "Description", "textarea", 5000, synonyms=("details",))
OWNER = Field(
    "owner_id",
    "Owner",
    "reference",
    reference=CONTACT,
    synonyms=("owner", "assignee", "assigned to", "responsible", "contact", "driver"),
    help="Whom a visitor can e-mail and call about it.",
)
PLACE = Field(
    "location_id", "Location", "reference", reference=LOCATION, synonyms=("location", "site", "place", "depot")
)
VISITOR_NOTES = Field(
    "visitor_notes",
    "Notes for visitors",
    "textarea",
    5000,
    synonyms=("public notes", "notes shown to visitors"),
    help="Shown to whoever scans the sticker and types the passcode.",
)
PRIVATE_NOTES = Field(
    "private_notes",
    "Private notes",
    "textarea",
    5000,
    synonyms=("notes", "internal notes", "comments", "remarks"),
    help="Only people signed in to your company see these.",
)
STATE = Field("state", "State", "state", synonyms=("status",), help=", ".join(STATES))
HEAD = (NAME, TAG, DESCRIPTION)
FOOT = (STATE, VISITOR_NOTES, PRIVATE_NOTES)

MODEL = Field("model", "Model", length=100, synonyms=("type",))

KINDS = (
    Kind(
        VEHICLE,
        "Vehicle",
        "Vehicles",
        "truck",
        (
            *HEAD,
            Field("make", "Make", length=100, synonyms=("brand", "manufacturer")),
            MODEL,
            Field("year", "Year", "int", minimum=1886, synonyms=("model year", "year of manufacture")),
            Field(
                "plate",
                "Plate",
                length=30,
                search=True,
                synonyms=("license plate", "licence plate", "registration number", "number plate", "plate number"),
            ),
            Field(
                "vin",
                "VIN",
                length=30,
                search=True,
                synonyms=("vehicle identification number", "chassis number"),
                help="The 17 characters on the chassis and in the papers.",
            ),
            Field(
                "odometer",
                "Odometer",
                "int",
                minimum=0,
                maximum=9_999_999,
                synonyms=("mileage", "kilometres", "kilometers", "miles"),
            ),
            OWNER,
            PLACE,
            *FOOT,
        ),
    ),
    Kind(
        EQUIPMENT,
        "Equipment",
        "Equipment",
        "tools",
        (
            *HEAD,
            Field("manufacturer", "Manufacturer", length=100, synonyms=("make", "brand")),
            MODEL,
            Field(
                "serial_number",
                "Serial number",
                length=100,
                search=True,
                synonyms=("serial", "serial no", "serial no.", "s/n", "sn"),
            ),
            OWNER,
            PLACE,
            *FOOT,
        ),
    ),
    Kind(
        LOCATION,
        "Location",
        "Locations",
        "geo-alt",
        (
            *HEAD,
            Field("address", "Address", "textarea", 500, synonyms=("street address", "postal address")),
            Field(
                "latitude",
                "Latitude",
                "float",
                minimum=-90,
                maximum=90,
                synonyms=("lat",),
                help="Degrees, north is positive: 52.2297",
            ),
            Field(
                "longitude",
                "Longitude",
                "float",
                minimum=-180,
                maximum=180,
                synonyms=("lng", "lon", "long"),
                help="Degrees, east is positive: 21.0122",
            ),
            Field("opening_hours", "Opening hours", "textarea", 500, synonyms=("hours",)),
            OWNER,
            Field(
                "location_id",
                "Inside location",
                "reference",
                reference=LOCATION,
                synonyms=("location", "parent", "parent location", "inside"),
            ),
            *FOOT,
        ),
    ),
    Kind(
        CONTACT,
        "Contact",
        "Contacts",
        "person-vcard",
        (
            *HEAD,
            Field("job_title", "Job title", length=100, synonyms=("position", "role", "title")),
            Field("company", "Company", length=200, synonyms=("organisation", "organization", "employer")),
            Field(
                "email",
                "E-mail",
                "email",
                254,
                search=True,
                synonyms=("email", "e-mail address", "email address", "mail"),
            ),
            Field(
                "phone", "Phone", "phone", 20, search=True, synonyms=("telephone", "phone number", "work phone", "tel")
            ),
            Field(
                "mobile",
                "Mobile",
                "phone",
                20,
                search=True,
                synonyms=("mobile phone", "cell", "cell phone", "mobile number"),
            ),
            Field(
                "contact_policy",
                "Contact policy",
                "policy",
                help=f"{DIRECT.capitalize()}: visitors see e-mail and phone numbers. {RELAY.capitalize()}: they see "
                "neither and send a message instead.",
            ),
            Field(
                "supervisor_id",
                "Supervisor",
                "reference",
                reference=CONTACT,
                synonyms=("supervisor", "manager", "boss", "reports to"),
            ),
            OWNER,
            PLACE,
            *FOOT,
        ),
    ),
)
BY_NAME = {kind.name: kind for kind in KINDS}
