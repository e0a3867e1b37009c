"""90 days of people looking: who scans what, when, with which phone, and how the gate answered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

DAYS = 90
BROWSERS = (
    ("iPhone, Safari", 46),
    ("Android, Chrome", 33),
    ("Android, Samsung Internet", 11),
    ("iPhone, Chrome", 4),
    ("Android, Firefox", 3),
    ("iPad, Safari", 2),
    ("Windows, Edge", 1),
)
VISITS = (18, 17, 19, 18, 15, 5, 2)  # on a Monday ... Sunday, before chance
CREW_PHONES = 26
NEVER_SCANNED = 0.3  # of all stickers


@dataclass(frozen=True)
class Target:
    """A sticker that may be scanned: ``weight`` against the others, from ``since`` until ``until`` (None: still).

    ``outcome`` is how its page answers now, for stickers that show no record any more: revoked, retired, else "".
    """

    sticker_id: int
    weight: float
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Look:
    """One answered look."""

    sticker_id: int
    at: datetime
    outcome: str
    is_admitted: bool
    browser: str
    browser_hash: str


@dataclass(frozen=True)
class _Phone:
    browser: str
    browser_hash: str


def make_looks(random: Random, targets: Sequence[Target], *, timezone: str, now: datetime) -> list[Look]:
    """All looks of the 90 days before ``now``, oldest first. ``timezone`` (IANA) says when people work."""
    crew = [_phone(random) for _ in range(CREW_PHONES)]
    scanned = [target for target in targets if target.outcome or random.random() >= NEVER_SCANNED]
    looks: list[Look] = []
    for moment in _moments(random, timezone, now):
        choice = [one for one in scanned if (one.since or moment) <= moment <= (one.until or moment)]
        target = random.choices(choice, [one.weight for one in choice])[0]
        is_crew = random.random() < 0.62
        phone = random.choice(crew) if is_crew else _phone(random)
        looks += (look for look in _visit(random, target, moment, phone, is_crew) if look.at <= now)
    return sorted(looks, key=lambda look: look.at)


def _phone(random: Random) -> _Phone:
    names, weights = zip(*BROWSERS, strict=True)
    return _Phone(random.choices(names, weights)[0], random.randbytes(32).hex())


def _moments(random: Random, timezone: str, now: datetime) -> Iterator[datetime]:
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    for days_ago in range(DAYS - 1, -1, -1):
        day = today - timedelta(days=days_ago)
        usual = VISITS[day.weekday()]
        for _ in range(random.randint(round(usual * 0.6), round(usual * 1.4))):
            # Two waves: before the crews drive out, and after lunch; now and then a night shift.
            hour = random.choice((random.gauss(7.2, 1.1), random.gauss(13.4, 1.9), random.gauss(10.5, 3.0)))
            minutes = int(min(max(hour, 0.1), 23.8) * 60)
            clock = time(minutes // 60, minutes % 60, random.randrange(60))
            moment = datetime.combine(day, clock, zone).astimezone(now.tzinfo)
            if moment <= now:
                yield moment


def _visit(random: Random, target: Target, at: datetime, phone: _Phone, is_crew: bool) -> Iterator[Look]:
    """What one person's look leaves: the gate, tries at the passcode, the record; or one page that says no."""

    def look(seconds: int, outcome: str, is_admitted: bool = False) -> Look:
        moment = at + timedelta(seconds=seconds)
        return Look(target.sticker_id, moment, outcome, is_admitted, phone.browser, phone.browser_hash)

    if target.outcome:
        yield look(0, target.outcome)
        return
    if is_crew and random.random() < 0.7:  # the gate pass of this shift still holds
        yield look(0, "record", is_admitted=True)
        return
    yield look(0, "gate")
    after = random.randint(6, 25)
    wrong = random.choices((0, 1, 2, 6), (80, 14, 5, 1))[0]
    for attempt in range(wrong):
        yield look(after, "wrong" if attempt < 5 else "throttled")
        after += random.randint(5, 20)
    if wrong < 5 and random.random() < (0.96 if is_crew else 0.62):  # others read the sign, have no code, and go
        yield look(after, "record", is_admitted=True)
