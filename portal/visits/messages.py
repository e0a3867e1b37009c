"""What a visitor tells the owner: the ready reasons, and how a typed message is read. Pure.

Nothing of it is believed: texts lose their control characters, a way to answer is one e-mail address or one phone
number, and a place is rounded to about a kilometre unless the visitor asked for more.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from portal.lib.emails import EmailRefused, parse_email
from portal.lib.lines import one_line
from portal.lib.phones import PhoneRefused, parse_phone
from portal.lib.words import ENGLISH, Words, marked
from portal.records.checking import clean_text

OPEN = "open"
ANSWERED = "answered"
CLOSED = "closed"
STATES = {OPEN: "Open", ANSWERED: "Answered", CLOSED: "Closed"}

BLOCKING = "blocking"
DAMAGED = "damaged"
PAPERS_EXPIRED = "expired"
FOUND = "found"
OTHER = "other"
REASONS = {
    BLOCKING: marked("Blocking the way"),
    DAMAGED: marked("Damaged"),
    PAPERS_EXPIRED: marked("Papers expired"),
    FOUND: marked("Found"),
    OTHER: marked("Something else"),
}

LONGEST_TEXT = 2000
LONGEST_NAME = 100
LONGEST_ANSWER = 5000
COARSE_DECIMALS = 2  # of a degree: 0.01 is 1.1 km of latitude
EXACT_DECIMALS = 5  # about a metre, which is what phones know
_DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,20})?")


@dataclass(frozen=True)
class Told:
    """A message that was read. ``contact`` is an e-mail address, an E.164 number, or '' when no answer is wanted."""

    reason: str
    text: str
    name: str
    contact: str
    place: tuple[float, float] | None  # latitude and longitude, WGS 84
    language: str = "en"  # of the page it was written on, for the answer


def check(typed: Mapping[str, str], country: str, words: Words = ENGLISH) -> Told | dict[str, str]:
    """The message, or one sentence per field. ``country`` (ISO 3166) is assumed of phone numbers without +code."""
    errors = {}
    reason, text = typed.get("reason", ""), clean_text(typed.get("text", ""))
    if reason not in REASONS:
        errors["reason"] = words.say("Choose what it is about.")
    elif reason == OTHER and not text:
        errors["text"] = words.say("Say in a few words what it is about.")
    if len(text) > LONGEST_TEXT:
        errors["text"] = words.say(
            "Use at most %(most)s characters; this has %(count)s.",
            most=words.number(LONGEST_TEXT),
            count=words.number(len(text)),
        )
    name = one_line(typed.get("name", ""))
    if len(name) > LONGEST_NAME:
        errors["name"] = words.say("Use at most %(most)s characters.", most=LONGEST_NAME)
    contact = ""
    try:
        contact = read_contact(one_line(typed.get("contact", "")), country)
    except EmailRefused as refusal:
        errors["contact"] = words.say(refusal.sentence)
    except PhoneRefused as refusal:
        errors["contact"] = words.say(refusal.text, **refusal.values)
    place = read_place(typed.get("latitude", ""), typed.get("longitude", ""), is_exact=bool(typed.get("exact")))
    return errors or Told(reason, text, name, contact, place, words.language)


def subject(record: str, reason: str, words: Words = ENGLISH) -> str:
    """The subject of the mail to whoever looks after the record."""
    return words.say("%(record)s: %(reason)s", record=record, reason=words.say(REASONS[reason]))


def read_contact(text: str, country: str) -> str:
    """An e-mail address or an E.164 number, '' for nothing. Raises EmailRefused or PhoneRefused."""
    if not text:
        return ""
    if "@" in text or any(char.isalpha() for char in text):
        return parse_email(text)
    return parse_phone(text, country)


def is_email(contact: str) -> bool:
    """Whether a kept way to answer is an e-mail address."""
    return "@" in contact


def read_place(latitude: str, longitude: str, *, is_exact: bool) -> tuple[float, float] | None:
    """The place as it is kept. The page's script fills it in, so what is no place is left out without a word."""
    if not (_DEGREES.fullmatch(latitude.strip()) and _DEGREES.fullmatch(longitude.strip())):
        return None
    north, east = float(latitude), float(longitude)
    if not (math.fabs(north) <= 90 and math.fabs(east) <= 180):
        return None
    decimals = EXACT_DECIMALS if is_exact else COARSE_DECIMALS
    return round(north, decimals), round(east, decimals)


def show_place(latitude: float, longitude: float) -> str:
    """Coordinates that any map takes: '52.23, 21.01'."""
    return f"{latitude:.{_decimals(latitude)}f}, {longitude:.{_decimals(longitude)}f}"


def place_link(latitude: float, longitude: float) -> str:
    """An address that opens the reader's own map program (RFC 5870), and asks no map provider."""
    return f"geo:{latitude:.{_decimals(latitude)}f},{longitude:.{_decimals(longitude)}f}"


def _decimals(degrees: float) -> int:
    return COARSE_DECIMALS if round(degrees, COARSE_DECIMALS) == degrees else EXACT_DECIMALS
