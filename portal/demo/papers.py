"""Which papers things have and when they lapse, counted from the day of filling, so that every state always occurs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

DAYS_A_YEAR = 365


@dataclass(frozen=True)
class Renewable:
    """A paper that a thing has now, with the last days of those it replaced, oldest first."""

    what: str
    expires_on: date
    warn_days: int
    earlier: tuple[date, ...] = ()


@dataclass(frozen=True)
class _Rule:
    what: str
    period: int  # days from one to the next
    warn_days: int
    share: float = 1.0  # of the things that have it


VEHICLE_RULES = (
    _Rule("registration", DAYS_A_YEAR, 30),
    _Rule("insurance", DAYS_A_YEAR, 45),
    _Rule("service", 180, 14, 0.8),
)
HEAVY_RULES = (*VEHICLE_RULES, _Rule("inspection", DAYS_A_YEAR, 30))  # 49 CFR 396.17: once in 12 months
TRAILER_RULES = (_Rule("registration", DAYS_A_YEAR, 30), _Rule("inspection", DAYS_A_YEAR, 30))
LIGHT_BODIES = {"pickup", "van"}
MACHINE_RULES = {
    "bucket": (_Rule("Dielectric test", DAYS_A_YEAR, 60),),
    "generator": (_Rule("service", 180, 21, 0.9), _Rule("Load bank test", DAYS_A_YEAR, 30, 0.4)),
    "compressor": (_Rule("service", 180, 21), _Rule("Pressure vessel certificate", 2 * DAYS_A_YEAR, 60)),
    "survey": (_Rule("Calibration", DAYS_A_YEAR, 30),),
    "compactor": (_Rule("service", DAYS_A_YEAR, 21, 0.4),),
    "saw": (_Rule("service", DAYS_A_YEAR, 21, 0.5),),
    "welder": (_Rule("inspection", DAYS_A_YEAR, 30, 0.7),),
}
OTHER_MACHINES = (_Rule("service", 180, 21, 0.85), _Rule("inspection", DAYS_A_YEAR, 30, 0.6))
PLACE_RULES = {
    "office": (_Rule("Fire extinguishers", DAYS_A_YEAR, 30),),
    "shop": (_Rule("Fire extinguishers", DAYS_A_YEAR, 30), _Rule("Vehicle lift inspection", DAYS_A_YEAR, 45)),
    "plant": (_Rule("Air permit", 5 * DAYS_A_YEAR, 180), _Rule("Scale certificate", DAYS_A_YEAR, 45)),
    "pit": (_Rule("Mining permit", 3 * DAYS_A_YEAR, 120),),
    "site": (_Rule("Right-of-way permit", 270, 30, 0.8),),
    "bridge": (_Rule("Waterway permit", DAYS_A_YEAR, 60),),
    "dome": (_Rule("Stormwater inspection", DAYS_A_YEAR, 30, 0.8),),
}
DRIVERS = ("foreman", "operator", "mechanic", "driver", "apprentice", "dispatcher", "supervisor")
LICENCE = _Rule("licence", 4 * DAYS_A_YEAR, 60)
MEDICAL = _Rule("Medical card", 2 * DAYS_A_YEAR, 45, 0.8)
FIRST_AID = _Rule("First aid course", 2 * DAYS_A_YEAR, 60, 0.35)

# Days until the last day for the first papers of each list, so that no state is left to luck: long over, over since
# yesterday, today, soon, soon, and far away. The rest falls evenly, a few of them overdue.
FIRST_DAYS = (-40, -1, 0, 9, 13, 200)


def of_vehicle(random: Random, body: str, position: int, today: date) -> list[Renewable]:
    """The papers of a vehicle; ``position`` is its place in the fleet."""
    rules = TRAILER_RULES if body == "trailer" else VEHICLE_RULES if body in LIGHT_BODIES else HEAVY_RULES
    return list(_papers(random, rules + (MACHINE_RULES["bucket"] if body == "bucket" else ()), position, today))


def of_machine(random: Random, picture: str, position: int, today: date) -> list[Renewable]:
    """The papers of a piece of equipment."""
    return list(_papers(random, MACHINE_RULES.get(picture, OTHER_MACHINES), position, today))


def of_place(random: Random, picture: str, position: int, today: date) -> list[Renewable]:
    """The papers of a location; rooms and parking lots have none."""
    return list(_papers(random, PLACE_RULES.get(picture, ()), position, today))


def of_person(random: Random, title: str, position: int, today: date) -> list[Renewable]:
    """The papers of a person: those who drive have a licence and a medical card."""
    drives = any(word in title.casefold() for word in DRIVERS)
    return list(_papers(random, (LICENCE, MEDICAL, FIRST_AID) if drives else (FIRST_AID,), position, today))


def _papers(random: Random, rules: tuple[_Rule, ...], position: int, today: date) -> Iterator[Renewable]:
    for index, rule in enumerate(rules):
        days = _days_left(random, rule)
        if random.random() >= rule.share:
            continue
        if index == 0 and position < len(FIRST_DAYS):
            days = FIRST_DAYS[position]
        last_day = today + timedelta(days=days)
        renewals = random.choice((0, 0, 1, 1, 2))
        earlier = tuple(last_day - timedelta(days=rule.period * back) for back in range(renewals, 0, -1))
        yield Renewable(rule.what, last_day, rule.warn_days, earlier)


def _days_left(random: Random, rule: _Rule) -> int:
    luck = random.random()
    if luck < 0.06:
        return -random.randrange(1, 60)
    if luck < 0.18:
        return random.randrange(0, rule.warn_days)
    return random.randrange(rule.warn_days + 1, rule.period)
