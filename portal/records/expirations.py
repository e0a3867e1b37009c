"""When papers lapse. Pure: days in, words out; whose "today" it is, the caller knows (the account's time zone)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from portal.lib.lines import one_line
from portal.lib.words import ENGLISH, Words, marked

VALID = "valid"
DUE = "due soon"
EXPIRED = "expired"

WORDS = (marked("registration"), marked("insurance"), marked("inspection"), marked("service"), marked("licence"))
WARN_DAYS = 30
MOST_WARN_DAYS = 730
LONGEST_WORDS = 100


def state(expires_on: date, warn_days: int, today: date) -> str:
    """The state of a paper: its last day is still good, the day after is expired."""
    return _state(expires_on, expires_on - timedelta(days=warn_days), today)


def record_state(next_expires_on: date | None, next_warns_on: date | None, today: date) -> str:
    """The worst state among a record's current papers, from the two days kept on it; "" when it has none."""
    if next_expires_on is None or next_warns_on is None:
        return ""
    return _state(next_expires_on, next_warns_on, today)


def _state(expires_on: date, warns_on: date, today: date) -> str:
    if today > expires_on:
        return EXPIRED
    return DUE if today >= warns_on else VALID


def when(expires_on: date, today: date, words: Words = ENGLISH) -> str:
    """The distance in words: 'in 12 days', 'today', '3 days ago'."""
    days = (expires_on - today).days
    if days == 0:
        return words.say("today")
    if days > 0:
        return words.count("in %(num)s day", "in %(num)s days", days)
    return words.count("%(num)s day ago", "%(num)s days ago", -days)


@dataclass(frozen=True)
class Paper:
    """A checked expiration, ready to store."""

    what: str
    expires_on: date
    warn_days: int


def check(typed: Mapping[str, str]) -> Paper | dict[str, str]:
    """Reads ``what``, ``expires_on`` (ISO 8601) and ``warn_days`` as typed, or one sentence per refused field."""
    errors: dict[str, str] = {}
    what = one_line(typed.get("what", ""))
    if not what:
        errors["what"] = "Say what expires, for example registration."
    elif len(what) > LONGEST_WORDS:
        errors["what"] = f"Use at most {LONGEST_WORDS} characters."
    expires_on = _read_day(typed.get("expires_on", ""))
    if expires_on is None:
        errors["expires_on"] = "Type the last day it is good, for example 2027-03-31."
    warn_days = _read_days(typed.get("warn_days", ""))
    if warn_days is None:
        errors["warn_days"] = f"Type a number of days from 0 to {MOST_WARN_DAYS}."
    if expires_on is None or warn_days is None or errors:
        return errors
    # One spelling for the words that everybody uses, so that they can be told from a company's own.
    return Paper(what.casefold() if what.casefold() in WORDS else what, expires_on, warn_days)


def _read_day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if 1900 <= day.year <= 2999 else None  # years of two or five digits are slips


def _read_days(text: str) -> int | None:
    text = text.strip() or str(WARN_DAYS)
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        return None
    return int(text) if int(text) <= MOST_WARN_DAYS else None
