"""The rule of the throttle: what an attempt spends, when it is refused, and how long to wait. No database, no clock.

Limits bind by design, section 3, Throttle. Four counters stand before every code: the sticker's and the account's,
which bound a whole crowd of addresses, and two of the client's. An attempt is spent in all of them or in none.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


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
# Rows are locked in this order, whoever locks them, so that two attempts never wait for each other.
LIMITS = (STICKER, ACCOUNT, CLIENT_BURST, CLIENT_DAY)

# The pause after a browser's own failures (facts: security, section 2.2), from the fifth on: up to there the client's
# own limit is the rule. A pause follows a browser that changes networks.
PAUSES = (
    timedelta(0),
    timedelta(0),
    timedelta(0),
    timedelta(0),
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


def decide(
    counters: Mapping[Limit, Counter], failures: Sequence[datetime], now: datetime
) -> dict[Limit, Counter] | Refusal:
    """All counters with the attempt spent, or the one refusal with the longest wait, and then nothing is spent.

    ``failures``: the moments of this browser's own open failures, in any order.
    """
    results = {limit: spend(limit, counter, now) for limit, counter in counters.items()}
    refusals = [result for result in results.values() if isinstance(result, Refusal)]
    remaining = pause(failures, now)
    if remaining:
        refusals.append(Refusal("pause", remaining))
    if refusals:
        return max(refusals, key=lambda refusal: refusal.wait)
    return {limit: result for limit, result in results.items() if isinstance(result, Counter)}


def pause(failures: Sequence[datetime], now: datetime) -> timedelta:
    """How long this browser still waits after its own failures; zero before the fifth."""
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
