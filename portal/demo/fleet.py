"""The 60 vehicles, and two that were sold: models that exist, with numbers that nobody was given."""

from dataclasses import dataclass
from random import Random

WHITE, ORANGE, NAVY, YELLOW, SILVER = "#f6f7f8", "#f2801e", "#2f4a6d", "#f5c518", "#aeb6bf"

# 49 CFR 565.15: what each character of a VIN counts in the check digit, and the weight of its place.
VIN_VALUES = dict(
    zip(
        "ABCDEFGHJKLMNPRSTUVWXYZ0123456789",
        (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10), *range(10)),
        strict=True,
    )
)
VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
VIN_YEARS = "ABCDEFGHJKLMNPRSTVWXY"  # from 2010 on (table VII there)


@dataclass(frozen=True)
class Model:
    """``count`` vehicles of a make and model, built from ``first_year`` on. ``maker`` begins their VINs."""

    count: int
    noun: str
    make: str
    model: str
    body: str
    paint: str
    maker: str
    first_year: int
    miles: int  # driven in a year
    owners: tuple[str, ...]
    places: tuple[str, ...]
    description: str = ""


MODELS = (
    Model(
        6,
        "Pickup",
        "Ford",
        "F-150 XL",
        "pickup",
        WHITE,
        "1FT",
        2019,
        16000,
        ("patrick", "andre", "kenta", "priya", "", "omar"),
        ("L-01", "L-13", "L-03"),
    ),
    Model(
        5,
        "Pickup",
        "Chevrolet",
        "Silverado 2500HD",
        "pickup",
        ORANGE,
        "1GC",
        2018,
        18000,
        ("zbigniew", "curtis", "joyce", "stan", "kuznicki"),
        ("L-02", "L-06", "L-03", "L-04"),
    ),
    Model(
        3,
        "Pickup",
        "Ram",
        "3500 Tradesman",
        "pickup",
        SILVER,
        "3C6",
        2020,
        17000,
        ("marcus", "dwayne", ""),
        ("L-02",),
    ),
    Model(2, "Pickup", "Toyota", "Tacoma SR", "pickup", NAVY, "5TF", 2021, 12000, ("misaki", "gwen"), ("L-01",)),
    Model(
        5,
        "Crew van",
        "Ford",
        "Transit 350",
        "van",
        WHITE,
        "1FT",
        2019,
        21000,
        ("omar", "kayla", "luis", "", "andre"),
        ("L-03", "L-04", "L-02"),
    ),
    Model(
        3,
        "Tool van",
        "Mercedes-Benz",
        "Sprinter 2500",
        "van",
        SILVER,
        "W1Y",
        2020,
        19000,
        ("aaliyah", "misaki", "dee"),
        ("L-05", "L-07"),
    ),
    Model(
        4,
        "Service truck",
        "Ford",
        "F-550 Super Duty",
        "service",
        WHITE,
        "1FD",
        2017,
        22000,
        ("hank", "michal", "tomasz", ""),
        ("L-05",),
        "Crane 3,200 lb, air compressor, welder, lube reels.",
    ),
    Model(
        2,
        "Service truck",
        "Ram",
        "5500 Chassis Cab",
        "service",
        ORANGE,
        "3C7",
        2021,
        20000,
        ("michal", "hank"),
        ("L-05",),
    ),
    Model(
        5,
        "Dump truck",
        "Mack",
        "Granite 64FR",
        "dump",
        ORANGE,
        "1M2",
        2015,
        28000,
        ("rosa", "rosa", "teresa", "", "rosa"),
        ("L-02", "L-07", "L-03"),
        "Tandem, 14 yd box, heated.",
    ),
    Model(
        3,
        "Dump truck",
        "Kenworth",
        "T880",
        "dump",
        WHITE,
        "1XK",
        2018,
        30000,
        ("rosa", "teresa", "rosa"),
        ("L-07", "L-09"),
        "Tri-axle, 18 yd box.",
    ),
    Model(
        4,
        "Plow truck",
        "Western Star",
        "4700SB",
        "plow",
        ORANGE,
        "5KK",
        2016,
        14000,
        ("earl", "earl", "", "earl"),
        ("L-23", "L-24", "L-25"),
        "12 ft plow, wing, 10 yd salter.",
    ),
    Model(
        2,
        "Plow truck",
        "International",
        "HV507",
        "plow",
        YELLOW,
        "1HT",
        2020,
        15000,
        ("earl", "curtis"),
        ("L-25", "L-26"),
    ),
    Model(
        3,
        "Road tractor",
        "Peterbilt",
        "389",
        "tractor",
        NAVY,
        "1XP",
        2016,
        52000,
        ("rosa", "dwayne", "rosa"),
        ("L-02",),
    ),
    Model(
        1,
        "Road tractor",
        "Freightliner",
        "Cascadia 126",
        "tractor",
        WHITE,
        "3AK",
        2020,
        61000,
        ("rosa",),
        ("L-02",),
    ),
    Model(
        2,
        "Water truck",
        "Freightliner",
        "M2 106",
        "tanker",
        WHITE,
        "1FV",
        2017,
        9000,
        ("andre", "omar"),
        ("L-03", "L-13"),
        "2,000 gal, spray bar front and rear.",
    ),
    Model(
        2,
        "Sweeper",
        "Freightliner",
        "M2 106 with Elgin Broom Bear",
        "sweeper",
        WHITE,
        "1FV",
        2018,
        8000,
        ("patrick", ""),
        ("L-04",),
    ),
    Model(
        2,
        "Bucket truck",
        "Ford",
        "F-600 with Altec AT48M",
        "bucket",
        WHITE,
        "1FD",
        2019,
        11000,
        ("kuznicki", "kuznicki"),
        ("L-04",),
        "Working height 53 ft, insulated.",
    ),
    Model(1, "Mixer truck", "Mack", "Granite 84FR", "mixer", WHITE, "1M2", 2017, 15000, ("kenta",), ("L-07",)),
    Model(
        2,
        "Flatbed truck",
        "Isuzu",
        "NRR",
        "flatbed",
        WHITE,
        "JAL",
        2019,
        13000,
        ("kuznicki", "stan"),
        ("L-04",),
        "Carries the cones, drums and signs.",
    ),
    Model(
        1,
        "Low-boy trailer, 55 ton, hydraulic detachable gooseneck, with spreader bar, flip axle and oversize load signs",
        "Talbert",
        "55SA",
        "trailer",
        YELLOW,
        "40F",
        2016,
        9000,
        ("dwayne",),
        ("L-02",),
        "Permit needed above 80,000 lb gross. Check the route for bridges first.",
    ),
    Model(2, "Tag trailer", "Felling", "FT-50-2", "trailer", ORANGE, "5FT", 2018, 7000, ("stan", ""), ("L-04", "L-03")),
)


HEAVY_NOTE = "Air brakes: wait for 100 psi before you move. Spill kit behind the passenger seat."
PLOW_NOTE = "Check both hoses and the edge before every shift. Reverse only with a guide."
VISITOR_NOTES = {
    "pickup": "Parked where it should not be? Call, and somebody moves it.",
    "van": "Parked where it should not be? Call, and somebody moves it.",
    "dump": HEAVY_NOTE,
    "tractor": HEAVY_NOTE,
    "mixer": HEAVY_NOTE,
    "plow": PLOW_NOTE,
    "tanker": "Water is not for drinking.",
    "bucket": "Two people whenever the boom is up. Harness on before the bucket leaves its rest.",
    "trailer": "Lamps and brakes are checked before every trip; initial the card in the box.",
}
PRIVATE_NOTES = (
    "Spare key in the dispatch safe, hook by unit number.",
    "Windshield chip on the left, reported to insurance.",
    "Next tires: 11R22.5, order two weeks ahead.",
    "Fuel card PIN is the driver's own; never write it here.",
    "Slow coolant loss, Tomasz watches it.",
    "Leased until next summer, keep the dents down.",
    "Backup camera fails in the wet.",
)


def notes(random: Random, model: Model) -> dict[str, str]:
    """What visitors read, and now and then what only the company does."""
    private = random.choice(PRIVATE_NOTES) if random.random() < 0.35 else ""
    return {"visitor_notes": VISITOR_NOTES.get(model.body, ""), "private_notes": private}


@dataclass(frozen=True)
class Vehicle:
    """One vehicle as the records want it."""

    tag: str
    name: str
    model: Model
    year: int
    plate: str
    vin: str
    odometer: int
    owner: str
    place: str


def make_fleet(random: Random, this_year: int) -> list[Vehicle]:
    """All vehicles with unit numbers from 101 on. ``this_year`` bounds the model years and drives the odometers."""
    vehicles: list[Vehicle] = []
    for model in MODELS:
        for index in range(model.count):
            unit = 101 + len(vehicles)
            year = min(model.first_year + index * 7 // model.count, this_year)
            vehicles.append(
                Vehicle(
                    tag=f"V-{unit}",
                    name=f"{model.noun} {unit}" if model.count > 1 else model.noun,
                    model=model,
                    year=year,
                    plate=f"{random.choice('BCD')}{random.choice('ABCDEFGHKLMN')} {random.randrange(10000, 99999)}",
                    vin=make_vin(random, model.maker, year),
                    odometer=(this_year - year + 1) * model.miles + random.randrange(model.miles),
                    owner=model.owners[index % len(model.owners)],
                    place=model.places[index % len(model.places)],
                )
            )
    return vehicles


def make_vin(random: Random, maker: str, year: int) -> str:
    """A VIN of 17 characters: maker, five of the model, check digit, year, plant, six of the serial."""
    middle = "".join(random.choice("ABCDEFGHJKLMNPRSTUVWXYZ123456789") for _ in range(5))
    tail = f"{VIN_YEARS[(year - 2010) % len(VIN_YEARS)]}{random.choice('ABDEFGHKLN')}{random.randrange(100000, 999999)}"
    return maker + middle + vin_check_digit(f"{maker}{middle}0{tail}") + tail


def vin_check_digit(vin: str) -> str:
    """The ninth character that the other sixteen ask for (49 CFR 565.15(c)): the weighted sum modulo 11, X for 10."""
    total = sum(VIN_VALUES[sign] * weight for sign, weight in zip(vin, VIN_WEIGHTS, strict=True))
    return "0123456789X"[total % 11]
