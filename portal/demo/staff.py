"""The 40 contacts, and one who left: who they are, whom they report to, what they look like."""

from dataclasses import dataclass

from portal.demo.portraits import Look

COMPANY = "Halvorsen Road & Bridge"
DOMAIN = "halvorsen.example"  # RFC 2606: .example is never delivered


@dataclass(frozen=True)
class Person:
    """``mail`` is the part before @ (None: the key), an outsider's whole address, or "". ``boss`` is a key.

    ``numbers``: p for a desk phone, m for a mobile.
    """

    key: str
    name: str
    title: str
    boss: str
    place: str
    look: Look
    numbers: str = "pm"
    company: str = COMPANY
    mail: str | None = None
    visitor_notes: str = ""
    private_notes: str = ""

    @property
    def email(self) -> str:
        """The whole address, "" when none is on file."""
        local = self.key if self.mail is None else self.mail
        return local if "@" in local or not local else f"{local}@{DOMAIN}"


ON_CALL = "On call outside office hours. For a broken-down truck on the road, call before you write."

PEOPLE = (
    Person(
        "ingrid",
        "Ingrid Halvorsen",
        "President",
        "",
        "L-01",
        Look(0, "bob", "white", "suit", 0, 0, "glasses lips"),
    ),
    Person(
        "marcus",
        "Marcus Delacroix",
        "Director of operations",
        "ingrid",
        "L-01",
        Look(4, "buzz", "black", "suit", 1, 3, "beard"),
    ),
    Person(
        "renata",
        "Renata Wiśniewska",
        "Office manager",
        "ingrid",
        "L-01",
        Look(0, "long", "chestnut", "blouse", 2, 5, "lips"),
        visitor_notes="Front desk, keys and visitor badges. Weekdays 7:00 to 16:00.",
    ),
    Person(
        "dwayne",
        "Dwayne Whitfield",
        "Fleet manager",
        "marcus",
        "L-02",
        Look(5, "short", "black", "shirt", 3, 2, "moustache"),
        visitor_notes=ON_CALL,
    ),
    Person(
        "zbigniew",
        "Zbigniew Brzęczyszczykiewicz",
        "Equipment superintendent",
        "marcus",
        "L-02",
        Look(1, "rim", "grey", "vest", 4, 0, "moustache glasses"),
        private_notes="Signs for rentals up to $15,000 a month.",
    ),
    Person(
        "layla",
        "ليلى الحداد (Layla Al-Haddad)",
        "Safety manager",
        "ingrid",
        "L-01",
        Look(2, "scarf", "black", "shirt", 5, 5),
        visitor_notes="Report every near miss to me, also when nobody was hurt.",
    ),
    Person(
        "kenta",
        "田中 健太 (Kenta Tanaka)",
        "Bridge engineer",
        "marcus",
        "L-01",
        Look(1, "quiff", "black", "shirt", 6, 0, "glasses"),
    ),
    Person(
        "patrick",
        "Patrick O'Shaughnessy",
        "Paving superintendent",
        "marcus",
        "L-03",
        Look(0, "curly", "red", "vest", 7, 2, "beard"),
    ),
    Person(
        "rosa",
        "Rosa Jiménez",
        "Lead dispatcher",
        "dwayne",
        "L-02",
        Look(2, "ponytail", "brown", "hoodie", 0, 1, "earrings lips"),
        visitor_notes="Dispatch desk, 5:00 to 17:00. After that the phone rings at the on-call foreman's.",
    ),
    Person(
        "tomasz",
        "Tomasz Kowalczyk",
        "Shop foreman",
        "dwayne",
        "L-05",
        Look(0, "buzz", "brown", "shirt", 1, 6, "stubble"),
    ),
    Person(
        "hank",
        "Hank Vandermolen",
        "Heavy truck mechanic",
        "tomasz",
        "L-05",
        Look(0, "short", "grey", "hoodie", 2, 0, "cap beard"),
        "m",
    ),
    Person(
        "michal",
        "Michał Żółkiewski",
        "Heavy equipment mechanic",
        "tomasz",
        "L-05",
        Look(1, "parted", "blond", "hoodie", 3, 4, ""),
        "m",
    ),
    Person(
        "aaliyah",
        "Aaliyah Brooks",
        "Welder and fabricator",
        "tomasz",
        "L-05",
        Look(4, "braids", "black", "shirt", 4, 6, "earrings"),
        "m",
    ),
    Person(
        "omar",
        "عمر فاروق المصري (Omar El-Masry)",
        "Paving foreman",
        "patrick",
        "L-03",
        Look(3, "short", "black", "vest", 5, 1, "helmet beard"),
    ),
    Person(
        "darnell",
        "Darnell Greene",
        "Roller operator",
        "omar",
        "L-03",
        Look(5, "afro", "black", "lime", 6, 5),
        "m",
        mail="",
    ),
    Person(
        "luis",
        "Luis Ortega",
        "Paver operator",
        "omar",
        "L-03",
        Look(3, "short", "black", "lime", 7, 1, "helmet moustache"),
        "m",
    ),
    Person(
        "misaki",
        "佐藤 美咲 (Misaki Satō)",
        "Survey lead",
        "kenta",
        "L-01",
        Look(1, "bob", "black", "vest", 1, 0, "lips"),
    ),
    Person(
        "gwen",
        "Gwen Nakamura-Ellis",
        "Survey technician",
        "misaki",
        "L-01",
        Look(2, "long", "black", "lime", 2, 4, "helmet"),
        "m",
    ),
    Person(
        "kuznicki",
        "Bill Kuznicki",
        "Traffic control supervisor",
        "patrick",
        "L-04",
        Look(0, "bald", "grey", "vest", 3, 6, "stubble"),
    ),
    Person(
        "kayla",
        "Kayla Petersen",
        "Flagging crew lead",
        "kuznicki",
        "L-04",
        Look(0, "ponytail", "blond", "lime", 0, 0, "blush"),
        "m",
    ),
    Person(
        "fatima",
        "فاطمة الزهراء بن علي (Fatima Zahra Benali)",
        "Payroll and personnel",
        "renata",
        "L-01",
        Look(1, "scarf", "black", "shirt", 4, 1, "lips"),
        "p",
    ),
    Person(
        "stan",
        "Stanisław Grzegorzewski",
        "Yard foreman, Hamtramck",
        "zbigniew",
        "L-04",
        Look(0, "short", "white", "vest", 5, 0, "cap moustache"),
    ),
    Person(
        "joyce",
        "Joyce Adeyemi",
        "Yard foreman, Ypsilanti",
        "zbigniew",
        "L-03",
        Look(5, "bun", "black", "vest", 6, 3, "earrings"),
    ),
    Person(
        "curtis",
        "Curtis Bell",
        "Yard foreman, Pontiac",
        "zbigniew",
        "L-06",
        Look(4, "bald", "black", "lime", 7, 2, "beard glasses"),
    ),
    Person(
        "nhung",
        "Nguyễn Thị Hồng Nhung",
        "Parts and tool crib",
        "tomasz",
        "L-31",
        Look(1, "long", "black", "hoodie", 0, 3, "blush"),
    ),
    Person(
        "earl",
        "Earl Jankowski",
        "Snow operations",
        "dwayne",
        "L-02",
        Look(0, "short", "brown", "hoodie", 1, 7, "beanie beard"),
        visitor_notes="From 1 November to 15 April reachable day and night.",
    ),
    Person(
        "teresa",
        "Teresa Wójcik",
        "Asphalt plant manager",
        "marcus",
        "L-07",
        Look(0, "curly", "chestnut", "vest", 2, 1, "glasses lips"),
    ),
    Person(
        "samir",
        "Samir Khoury",
        "Plant operator",
        "teresa",
        "L-07",
        Look(2, "parted", "black", "lime", 3, 0, "stubble"),
        "m",
    ),
    Person(
        "dee",
        "Dolores Martin",
        "Quality lab",
        "teresa",
        "L-07",
        Look(3, "bob", "grey", "shirt", 4, 5, "glasses"),
        "p",
    ),
    Person(
        "andre",
        "Andre Baptiste",
        "Excavation foreman",
        "zbigniew",
        "L-03",
        Look(4, "short", "black", "vest", 5, 3, "helmet stubble"),
    ),
    Person(
        "jack",
        "Jack Thornbury",
        "Excavator operator",
        "andre",
        "L-03",
        Look(0, "quiff", "brown", "lime", 6, 6, "blush"),
        "m",
    ),
    Person(
        "malgorzata",
        "Małgorzata Szczepańska-Dąbrowska",
        "Estimator",
        "ingrid",
        "L-01",
        Look(1, "long", "blond", "suit", 7, 2, "glasses"),
    ),
    Person(
        "priya",
        "Priya Raghunathan",
        "Project manager, M-14 widening",
        "marcus",
        "L-13",
        Look(3, "long", "black", "vest", 0, 5, "earrings"),
    ),
    Person(
        "cole",
        "Cole Maddox",
        "Apprentice operator",
        "jack",
        "L-03",
        Look(0, "curly", "blond", "hoodie", 1, 2, "blush"),
        "",
        mail="",
        private_notes="Phone number follows when his company phone arrives.",
    ),
    Person(
        "ray",
        "Ray Dombrowski",
        "Tow dispatcher",
        "",
        "",
        Look(1, "rim", "brown", "hoodie", 2, 6, "beard"),
        "m",
        "Downriver Heavy Towing",
        "dispatch@downriver-towing.example",
        "Heavy recovery day and night, up to 50 tons.",
    ),
    Person(
        "christine",
        "Christine Lavoie",
        "Account manager",
        "",
        "",
        Look(0, "bun", "red", "suit", 3, 5, "lips blush"),
        "pm",
        "Straits Equipment Rental",
        "c.lavoie@straits-rental.example",
        private_notes="15 % off list, agreed until the end of the year.",
    ),
    Person(
        "gerald",
        "Gerald Fitch",
        "Lift and crane inspector",
        "",
        "",
        Look(1, "parted", "grey", "shirt", 4, 3, "glasses moustache"),
        "p",
        "Fitch Lift Inspection",
        "office@fitch-inspection.example",
    ),
    Person(
        "hannah",
        "Hannah Okafor",
        "Insurance broker",
        "",
        "",
        Look(5, "afro", "black", "suit", 5, 1, "earrings lips"),
        "pm",
        "Fort Street Insurance Group",
        "h.okafor@fortstreet.example",
    ),
    Person(
        "maria",
        "María Fernanda de los Ángeles Villanueva Castellanos de Montemayor",
        "Fuel delivery coordinator",
        "",
        "",
        Look(2, "braids", "brown", "blouse", 6, 3, "blush"),
        "pm",
        "Huron Valley Fuel",
        "orders@huronvalley-fuel.example",
    ),
    Person(
        "rick",
        "Rick Savola",
        "Gates, alarms and locks",
        "",
        "",
        Look(0, "buzz", "grey", "shirt", 7, 0, "stubble glasses"),
        "m",
        "Savola Security",
        "",
        "Locked out? Have the number on the gate ready.",
    ),
)
