"""The 100 pieces of equipment, and three that are gone: makers and models exist, their serial numbers do not."""

from dataclasses import dataclass
from random import Random

CAT, DEERE, KOMATSU, VOLVO, CASE = "#f5b81c", "#f2c230", "#f0c02e", "#e9b949", "#d98e2b"
RED, BLUE, ORANGE, CREAM, GREEN = "#c8352c", "#3f7cac", "#f2801e", "#ece6d6", "#4f8a4b"


@dataclass(frozen=True)
class Type:
    """``count`` machines called ``noun`` and a number. In the ``pattern`` of serials # is a digit, @ a letter."""

    count: int
    noun: str
    manufacturer: str
    model: str
    picture: str
    paint: str
    pattern: str
    owners: tuple[str, ...]
    places: tuple[str, ...]
    visitor_notes: str = ""


SWING = "Stay out of the swing. Catch the operator's eye before you come closer."
FUEL = "Diesel only. Let it cool for five minutes before filling up."

TYPES = (
    Type(
        4,
        "Excavator",
        "Caterpillar",
        "320",
        "excavator",
        CAT,
        "HEX#####",
        ("andre", "jack", "", "andre"),
        ("L-09", "L-19", "L-13", "L-10"),
        SWING,
    ),
    Type(
        2,
        "Excavator",
        "Komatsu",
        "PC290LC-11",
        "excavator",
        KOMATSU,
        "A#####",
        ("andre", "jack"),
        ("L-13", "L-21"),
        SWING,
    ),
    Type(
        2,
        "Mini excavator",
        "Kubota",
        "KX040-4",
        "excavator",
        ORANGE,
        "KBCAZ##C@@#####",
        ("andre", ""),
        ("L-18", "L-03"),
        SWING,
    ),
    Type(
        3,
        "Wheel loader",
        "Volvo",
        "L90H",
        "loader",
        VOLVO,
        "VCE0L90H#######",
        ("teresa", "samir", "earl"),
        ("L-07", "L-08", "L-23"),
    ),
    Type(
        2,
        "Wheel loader",
        "John Deere",
        "544 P-Tier",
        "loader",
        DEERE,
        "1DW544P@######",
        ("earl", "andre"),
        ("L-24", "L-09"),
    ),
    Type(
        3,
        "Backhoe loader",
        "Case",
        "580SN",
        "backhoe",
        CASE,
        "JJGN580S######",
        ("andre", "", "curtis"),
        ("L-18", "L-03", "L-06"),
    ),
    Type(
        4,
        "Skid steer",
        "Bobcat",
        "S650",
        "skid",
        CREAM,
        "ALJ@#####",
        ("stan", "joyce", "", "patrick"),
        ("L-04", "L-03", "L-22", "L-17"),
    ),
    Type(2, "Track loader", "Caterpillar", "259D3", "skid", CAT, "CW9#####", ("joyce", "andre"), ("L-03", "L-19")),
    Type(3, "Dozer", "Caterpillar", "D6", "dozer", CAT, "TMY#####", ("andre", "andre", ""), ("L-13", "L-10", "L-09")),
    Type(
        2,
        "Motor grader",
        "John Deere",
        "672G",
        "grader",
        DEERE,
        "1DW672G@######",
        ("zbigniew", "earl"),
        ("L-13", "L-06"),
    ),
    Type(
        2,
        "Asphalt paver",
        "Vögele",
        "Super 1700-3i",
        "paver",
        "#7f9a3d",
        "1582.####",
        ("luis", "omar"),
        ("L-14", "L-17"),
        "Screed plates reach 170 °C. Do not lean on anything.",
    ),
    Type(
        1,
        "Asphalt paver with heated extending screed and material transfer hopper, night shift",
        "Caterpillar",
        "AP1055F",
        "paver",
        CAT,
        "TJF#####",
        ("omar",),
        ("L-14",),
    ),
    Type(
        4,
        "Tandem roller",
        "BOMAG",
        "BW 206 AD-5",
        "roller",
        CAT,
        "10192###1###",
        ("darnell", "darnell", "omar", ""),
        ("L-14", "L-17", "L-22", "L-04"),
    ),
    Type(
        3,
        "Soil compactor",
        "Hamm",
        "H 12i",
        "roller",
        ORANGE,
        "H261####",
        ("andre", "joyce", ""),
        ("L-13", "L-03", "L-19"),
    ),
    Type(
        2,
        "Milling machine",
        "Wirtgen",
        "W 150 Fi",
        "mill",
        CREAM,
        "1513.####",
        ("patrick", "omar"),
        ("L-14", "L-04"),
        "Water spray on before the drum turns.",
    ),
    Type(
        6,
        "Generator 45 kVA",
        "Generac",
        "MMG45",
        "generator",
        CREAM,
        "300#######",
        ("zbigniew", "kenta", "", "stan", "kuznicki", ""),
        ("L-15", "L-16", "L-14", "L-02"),
        FUEL,
    ),
    Type(
        4,
        "Generator 7 kW",
        "Honda",
        "EB7000",
        "generator",
        RED,
        "EAYC-1######",
        ("nhung", "", "aaliyah", "kenta"),
        ("L-31", "L-33", "L-16"),
        "Gasoline only. Never run it indoors.",
    ),
    Type(
        8,
        "Light tower",
        "Wacker Neuson",
        "LTV6K",
        "tower",
        CAT,
        "2031####",
        ("kuznicki", "", "omar", "stan"),
        ("L-14", "L-04", "L-13", "L-23"),
        "Lower the mast in winds over 40 mph.",
    ),
    Type(
        6,
        "Air compressor",
        "Atlas Copco",
        "XAS 185",
        "compressor",
        CAT,
        "HOP0#####",
        ("michal", "kenta", "stan", "", "aaliyah", "joyce"),
        ("L-05", "L-15", "L-04", "L-03"),
    ),
    Type(
        4,
        "Trash pump 4 in",
        "Godwin",
        "CD103M",
        "pump",
        RED,
        "1845###/##",
        ("andre", "", "kenta", "curtis"),
        ("L-19", "L-21", "L-15", "L-06"),
        FUEL,
    ),
    Type(
        2,
        "Submersible pump",
        "Grindex",
        "Minex",
        "pump",
        ORANGE,
        "8101###",
        ("nhung", "andre"),
        ("L-31", "L-21"),
        "Pull the plug before you lift it.",
    ),
    Type(
        7,
        "Plate compactor",
        "Wacker Neuson",
        "BPU 3050A",
        "compactor",
        CAT,
        "3008####",
        ("nhung", "andre", "", "joyce", "patrick", "nhung", "stan"),
        ("L-31", "L-18", "L-03", "L-22"),
    ),
    Type(
        4,
        "Cut-off saw",
        "Stihl",
        "TS 420",
        "saw",
        ORANGE,
        "1#####3##",
        ("nhung", "omar", "", "andre"),
        ("L-31", "L-14"),
        "Eyes, ears, mask, and water on.",
    ),
    Type(
        2,
        "Walk-behind saw",
        "Husqvarna",
        "FS 5000 D",
        "saw",
        ORANGE,
        "2022#######",
        ("kenta", "patrick"),
        ("L-16", "L-22"),
        "Eyes, ears, mask, and water on.",
    ),
    Type(
        4,
        "Welder",
        "Lincoln Electric",
        "Ranger 330MPX",
        "welder",
        RED,
        "U1######2##",
        ("aaliyah", "aaliyah", "michal", ""),
        ("L-33", "L-05", "L-15"),
    ),
    Type(
        6,
        "Message board",
        "Ver-Mac",
        "PCMS-1500",
        "sign",
        ORANGE,
        "2S9US4#######",
        ("kuznicki", "kayla", "", "kuznicki", "kayla", "kuznicki"),
        ("L-13", "L-14", "L-17", "L-04"),
        "Do not move it: its place is in the traffic plan.",
    ),
    Type(
        3,
        "Arrow board",
        "Wanco",
        "WTSP",
        "sign",
        ORANGE,
        "5F11S1#######",
        ("kuznicki", "kayla", ""),
        ("L-14", "L-20", "L-04"),
    ),
    Type(
        3,
        "Total station",
        "Leica",
        "TS16",
        "survey",
        GREEN,
        "88####",
        ("misaki", "gwen", "misaki"),
        ("L-01", "L-13"),
        "Please do not touch or walk through the beam: it is measuring.",
    ),
    Type(2, "Rotating laser", "Topcon", "RL-H5A", "survey", CAT, "VM####", ("gwen", ""), ("L-01", "L-31")),
)


@dataclass(frozen=True)
class Machine:
    """One piece of equipment as the records want it."""

    tag: str
    name: str
    type: Type
    serial_number: str
    owner: str
    place: str


def make_machines(random: Random) -> list[Machine]:
    """All equipment with unit numbers from 301 on; those of one noun are counted through."""
    machines: list[Machine] = []
    of_noun: dict[str, int] = {}
    for type_ in TYPES:
        for index in range(type_.count):
            number = of_noun[type_.noun] = of_noun.get(type_.noun, 0) + 1
            machines.append(
                Machine(
                    tag=f"E-{301 + len(machines)}",
                    name=type_.noun if type_.count == 1 and number == 1 else f"{type_.noun} {number}",
                    type=type_,
                    serial_number=_serial(random, type_.pattern),
                    owner=type_.owners[index % len(type_.owners)],
                    place=type_.places[index % len(type_.places)],
                )
            )
    return machines


PRIVATE_NOTES = (
    "Hour meter replaced; add 2,140 h.",
    "Key 455 like all the others of its make.",
    "Hydraulic leak at the left cylinder, part ordered.",
    "Bought used from Straits Rental, papers in the shop office.",
    "Straits would take it in exchange. Ask Christine before it is repaired again.",
    "Battery isolator behind the right panel.",
    "GPS tracker fitted; do not tell renters where.",
)


def private_note(random: Random) -> str:
    """What only the company reads; most machines need no such note."""
    return random.choice(PRIVATE_NOTES) if random.random() < 0.25 else ""


def _serial(random: Random, pattern: str) -> str:
    draw = {"#": "0123456789", "@": "ABCDEFGHJKLMNPRSTUVWXYZ"}
    return "".join(random.choice(draw[sign]) if sign in draw else sign for sign in pattern)
