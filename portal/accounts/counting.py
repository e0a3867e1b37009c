"""Counters of sign-in as plain values: what one more spends, and how long to wait. No database, no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

_MOST_DOUBLINGS = 10


@dataclass(frozen=True)
class Limit:
    """At most ``most`` in a ``window`` that begins with the first.

    With ``longest`` it grows instead: every ``most`` in a row are followed by a wait, ``window`` the first time, twice
    as long each further time, never longer than ``longest``. ``forgets``: so long a silence forgets them all.
    """

    scope: str
    most: int
    window: timedelta
    longest: timedelta | None = None
    forgets: timedelta | None = None


@dataclass(frozen=True)
class Counter:
    """``count`` is spent; ``since_at`` is when the window began, of a growing one when the last was spent."""

    count: int
    since_at: datetime


@dataclass(frozen=True)
class Refusal:
    """The password or code was not looked at. ``scope`` names the limit in the way."""

    scope: str
    wait: timedelta


def settle(limit: Limit, counter: Counter, now: datetime) -> Counter:
    """The counter as it stands now. Time that ran back changes nothing."""
    end = limit.forgets if limit.longest else limit.window
    return Counter(0, now) if end is not None and now - counter.since_at >= end else counter


def remaining(limit: Limit, counter: Counter, now: datetime) -> timedelta:
    """How long a settled counter lets nothing through; zero or less when it does."""
    if limit.longest is None:
        return counter.since_at + limit.window - now if counter.count >= limit.most else timedelta(0)
    rounds, rest = divmod(counter.count, limit.most)
    if rest or not rounds:
        return timedelta(0)
    doublings = min(rounds - 1, _MOST_DOUBLINGS)
    length = min(limit.window * (1 << doublings), limit.longest)
    return counter.since_at + length - now


def spend(limit: Limit, counter: Counter, now: datetime) -> Counter | Refusal:
    """The counter with one more spent, or the refusal with the time until it lets one through."""
    current = settle(limit, counter, now)
    wait = remaining(limit, current, now)
    if wait > timedelta(0):
        return Refusal(limit.scope, max(wait, timedelta(seconds=1)))
    is_running = current.count and limit.longest is None
    return Counter(current.count + 1, current.since_at if is_running else now)


def give_back(limit: Limit, counter: Counter, spent_at: datetime, now: datetime) -> Counter:
    """The counter without one that was spent at ``spent_at``, unless it is forgotten already."""
    current = settle(limit, counter, now)
    is_forgotten = limit.longest is None and spent_at < current.since_at
    return current if is_forgotten or not current.count else Counter(current.count - 1, current.since_at)
