"""The rule of the throttle: what an attempt spends, when it is refused, and how long to wait. No database, no clock.

Limits bind by design, section 3, Throttle. Before the code of an unknown device stand four counters: the sticker's and
the account's, which bound a whole crowd of addresses, and two of the client's. A known device has its own and one that
all known devices share, and no other: an attack from its own network must not stop it. An attempt is spent in all its
counters or in none.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction


@dataclass(frozen=True)
class Limit:
    """At most ``most`` spent. A ``window`` forgets all at its end, ``leak_every`` one at a time, neither: none."""

    scope: str
    most: int
    window: timedelta | None = None
    leak_every: timedelta | None = None


STICKER = Limit("sticker", 20, leak_every=timedelta(days=1))
ACCOUNT = Limit("account", 100)  # per passcode: its subject names the generation
CLIENT_BURST = Limit("client-burst", 5, window=timedelta(minutes=15))
CLIENT_DAY = Limit("client-day", 20, window=timedelta(days=1))
DEVICE = Limit("device", 5)  # per passcode, as the next
DEVICES = Limit("devices", 200)
UNKNOWN = (STICKER, ACCOUNT, CLIENT_BURST, CLIENT_DAY)
KNOWN = (DEVICE, DEVICES)
# Rows are locked in this order, whoever locks them, so that two attempts never wait for each other.
LIMITS = KNOWN + UNKNOWN

GRANT = 50  # what an admin adds to the account's budget at a time
TOLD_AT = (25, 50, 75, 100)  # percent of the account's budget at which admins are told
STICKER_TOLD_AT = 10

# The pause after a browser's own 3rd, 4th, 5th ... open failure (facts: security, section 2.2).
PAUSES = (
    timedelta(0),
    timedelta(0),
    timedelta(seconds=5),
    timedelta(seconds=15),
    timedelta(seconds=60),
    timedelta(minutes=5),
    timedelta(minutes=15),
)
OPEN_FOR = timedelta(minutes=15)  # how long a browser's failure lengthens its pause

MOST_RETURNED = 4  # earlier failures that a right code gives back to its own browser
RETURNED_WITHIN = timedelta(minutes=10)

# What a closed account says in Retry-After: nothing but a new passcode opens it, and programs want a number.
CLOSED = timedelta(days=1)


@dataclass(frozen=True)
class Counter:
    """``count`` is spent; ``since_at`` is when the window began, or when the bucket last leaked."""

    count: int
    since_at: datetime


@dataclass(frozen=True)
class Refusal:
    """The code was not looked at. ``scope`` names the limit in the way ('pause' for the browser's own)."""

    scope: str
    wait: timedelta


def settle(limit: Limit, counter: Counter, now: datetime) -> Counter:
    """The counter as it stands now: ended windows empty, buckets leaked. Time that ran back changes nothing."""
    elapsed = now - counter.since_at
    if limit.window is not None and elapsed >= limit.window:
        return Counter(0, now)
    if limit.leak_every is not None and elapsed >= limit.leak_every:
        leaked = elapsed // limit.leak_every
        if leaked >= counter.count:
            return Counter(0, now)
        return Counter(counter.count - leaked, counter.since_at + leaked * limit.leak_every)
    return counter


def spend(limit: Limit, counter: Counter, now: datetime) -> Counter | Refusal:
    """The counter with one more spent, or the refusal with the time until one is free again."""
    current = settle(limit, counter, now)
    if current.count < limit.most:
        # The first failure starts the window or the leak.
        return Counter(current.count + 1, current.since_at if current.count else now)
    every = limit.window or limit.leak_every
    return Refusal(limit.scope, max(current.since_at + every - now, timedelta(seconds=1)) if every else CLOSED)


def is_spent(counters: Mapping[Limit, Counter]) -> bool:
    """Whether a limit that neither window nor leak opens again is reached: a known device is then unknown again."""
    return any(counter.count >= limit.most for limit, counter in counters.items())


def decide(
    counters: Mapping[Limit, Counter], failures: Sequence[datetime], now: datetime, granted: int = 0
) -> dict[Limit, Counter] | Refusal:
    """All counters with the attempt spent, or the one refusal with the longest wait, and then nothing is spent.

    ``failures``: the moments of this browser's own open failures, in any order. ``granted``: what admins added to the
    account's budget.
    """
    results = {
        limit: spend(replace(limit, most=limit.most + granted) if limit is ACCOUNT else limit, counter, now)
        for limit, counter in counters.items()
    }
    refusals = [result for result in results.values() if isinstance(result, Refusal)]
    remaining = pause(failures, now)
    if remaining:
        refusals.append(Refusal("pause", remaining))
    if refusals:
        return max(refusals, key=lambda refusal: refusal.wait)
    return {limit: result for limit, result in results.items() if isinstance(result, Counter)}


def pause(failures: Sequence[datetime], now: datetime) -> timedelta:
    """How long this browser still waits after its own failures; zero before the third."""
    still_open = [at for at in failures if at > now - OPEN_FOR]
    if not still_open:
        return timedelta(0)
    length = PAUSES[min(len(still_open), len(PAUSES)) - 1]
    return max(max(still_open) + length - now, timedelta(0))


def give_back(limit: Limit, counter: Counter, spent_at: datetime, now: datetime) -> Counter:
    """The counter without one attempt of ``spent_at``, unless its window has forgotten that attempt already."""
    current = settle(limit, counter, now)
    is_forgotten = limit.window is not None and spent_at < current.since_at
    return current if is_forgotten or not current.count else Counter(current.count - 1, current.since_at)


def level_of(spent: int, granted: int) -> int:
    """The highest of the told percentages that ``spent`` guesses of the account's budget reach; 0 below the first."""
    percent = spent * 100 // (ACCOUNT.most + granted)
    return max((level for level in TOLD_AT if level <= percent), default=0)


def most_guesses(granted: int) -> int:
    """How many wrong codes can be looked at per passcode, whoever sends them: unknown and all known devices."""
    return ACCOUNT.most + granted + DEVICES.most


def odds(guesses: int, codes: int) -> Fraction:
    """The chance that so many different guesses hit one of ``codes`` equally likely codes."""
    return min(Fraction(guesses, codes), Fraction(1))


def client_of(address: str) -> str:
    """Whom an address stands for: itself in IPv4, its /64 in IPv6, where one line has 2^64 of them (RFC 6177)."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        # A Unix socket or a test: all of these are one client.
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ipaddress.IPv6Network((parsed, 64), strict=False))
        parsed = parsed.ipv4_mapped
    return str(parsed)
