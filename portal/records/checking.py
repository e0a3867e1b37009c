"""Turns what people typed (or a CSV cell holds) into column values, or into one sentence per field. Pure."""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from portal.lib.emails import EmailRefused, parse_email
from portal.lib.lines import one_line
from portal.lib.phones import PhoneRefused, parse_phone
from portal.records.kinds import Field, Kind
from portal.records.policies import POLICIES
from portal.records.states import IN_USE, STATES

Value = str | int | float | None
# Kept: what a database can store and a page can show on one line or several.
_LINE_BREAKS = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
# What an empty cell or box means, by type; "" for all others.
EMPTY: dict[str, Value] = {"int": None, "float": None, "reference": None, "state": IN_USE}


@dataclass
class Checked:
    """``values`` by column, ready to store, and ``errors`` by field, each a sentence that says what to do."""

    values: dict[str, Value] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


class _Refused(Exception):
    """Ends the reading of one field with its sentence."""


def check(kind: Kind, typed: Mapping[str, Value], *, country: str, today: date) -> Checked:
    """Reads the fields of ``kind`` that ``typed`` holds; others are left alone, unknown names are ignored.

    References come as row ids or None and pass through: only the database knows them. ``country`` (ISO 3166) is the
    default of phones; ``today`` bounds the year of a vehicle.
    """
    checked = Checked()
    for one in kind.fields:
        if one.name not in typed:
            continue
        try:
            checked.values[one.name] = _read(one, typed[one.name], country, today)
        except _Refused as refusal:
            checked.errors[one.name] = str(refusal)
    return checked


def clean_text(text: str) -> str:
    """Several lines: composed (NFC), line feeds only, no other control characters but tabs, no blank ends."""
    lines = _printable(_LINE_BREAKS.sub("\n", text), " ", keep="\n\t").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def _printable(text: str, instead: str, keep: str = "") -> str:
    # PostgreSQL stores no NUL, UTF-8 no lone surrogate.
    composed = unicodedata.normalize("NFC", text)
    return "".join(
        char if char in keep or unicodedata.category(char) not in ("Cc", "Cs") else instead for char in composed
    )


def _read(one: Field, value: Value, country: str, today: date) -> Value:
    if one.type == "reference":
        return value
    text = clean_text(str(value)) if one.type == "textarea" else one_line("" if value is None else str(value))
    if value is None or not text:
        if one.required:
            raise _Refused(f"Type a {one.label.lower()}.")
        return EMPTY.get(one.type, "")
    return _READERS[one.type](one, text, country, today)


def _read_text(one: Field, text: str, _country: str, _today: date) -> str:
    if len(text) > one.length:
        raise _Refused(f"Use at most {one.length:,} characters; this has {len(text):,}.")
    return text


def _read_int(one: Field, text: str, _country: str, today: date) -> int:
    # Thousands are grouped by spaces, apostrophes, commas or points; a whole number has no other use for them.
    bare = re.sub(r"(?<=\d)[ '’.,\u00a0\u202f](?=\d{3}(\D|$))", "", text)
    if not re.fullmatch(r"[+-]?\d{1,15}", bare):
        example = 2019 if one.name == "year" else 120000
        raise _Refused(f"Type a whole number, for example {example}.")
    number = int(bare)
    maximum = today.year + 1 if one.name == "year" else one.maximum
    _check_range(one, number, maximum)
    return number


def _read_float(one: Field, text: str, _country: str, _today: date) -> float:
    try:
        # Python alone reads 5_2 as 52.
        number = math.nan if "_" in text else float(text.replace("\u2212", "-").replace(",", "."))
    except ValueError:
        raise _Refused("Type degrees as a decimal number, for example 52.2297.") from None
    if not math.isfinite(number):
        raise _Refused("Type degrees as a decimal number, for example 52.2297.")
    _check_range(one, number, one.maximum)
    return number


def _check_range(one: Field, number: float, maximum: int | None) -> None:
    if (one.minimum is not None and number < one.minimum) or (maximum is not None and number > maximum):
        raise _Refused(f"Type a number from {one.minimum} to {maximum}.")


def _read_email(one: Field, text: str, _country: str, _today: date) -> str:
    try:
        return _read_text(one, parse_email(text), _country, _today)
    except EmailRefused as refusal:
        raise _Refused(refusal.sentence) from None


def _read_phone(_one: Field, text: str, country: str, _today: date) -> str:
    try:
        return parse_phone(text, country)
    except PhoneRefused as refusal:
        raise _Refused(refusal.sentence) from None


def _read_state(_one: Field, text: str, _country: str, _today: date) -> str:
    state = " ".join(text.lower().replace("_", " ").replace("-", " ").split())
    if state not in STATES:
        raise _Refused(f"Type one of: {', '.join(STATES)}.")
    return state


def _read_policy(_one: Field, text: str, _country: str, _today: date) -> str:
    # Files may carry the words of the form, whose first word is the policy.
    policy = re.split(r"\W", text.lower(), maxsplit=1)[0] or text
    if policy not in POLICIES:
        raise _Refused("Type direct or relay, or leave it empty to follow the company.")
    return policy


_READERS: dict[str, Callable[[Field, str, str, date], Value]] = {
    "text": _read_text,
    "textarea": _read_text,
    "int": _read_int,
    "float": _read_float,
    "email": _read_email,
    "phone": _read_phone,
    "state": _read_state,
    "policy": _read_policy,
}


def check_coordinates(values: Mapping[str, object]) -> dict[str, str]:
    """Latitude and longitude are given together or not at all: the error of the one that is missing."""
    for missing, given in (("latitude", "longitude"), ("longitude", "latitude")):
        if values.get(missing) is None and values.get(given) is not None:
            return {missing: f"Type the {missing} too, or clear the {given}."}
    return {}
