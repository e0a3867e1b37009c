"""Days as people and spreadsheet programs write them. Years have four digits: nobody can tell what 01/02/27 means."""

import re
import unicodedata
from datetime import date

# Where 3/1/2027 means the first of March (Unicode CLDR, short date patterns that begin with the month).
_MONTH_FIRST = frozenset(("US", "AS", "FM", "GU", "MH", "MP", "PA", "PH", "PR", "PW", "UM", "VI"))
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH = r"(?P<month>[a-z]{3,9})\.?"
_MIDNIGHT = re.compile(r"[t ]+0{1,2}:00(:00(\.0+)?)?z?$")  # a spreadsheet's day with an empty time

_YEAR_FIRST = re.compile(r"(?P<y>\d{4})\s*[-/.]\s*(?P<m>\d{1,2})\s*[-/.]\s*(?P<d>\d{1,2})\.?")
_DOTTED = re.compile(r"(?P<d>\d{1,2})\.\s*(?P<m>\d{1,2})\.\s*(?P<y>\d{4})")
_COUNTRYS_OWN = re.compile(r"(?P<a>\d{1,2})\s*[-/]\s*(?P<b>\d{1,2})\s*[-/]\s*(?P<y>\d{4})")
_DAY_NAMED = re.compile(rf"(?P<d>\d{{1,2}})(st|nd|rd|th|\.)?[\s-]*{_MONTH}[\s,-]*(?P<y>\d{{4}})")
_NAMED_DAY = re.compile(rf"{_MONTH}[\s-]*(?P<d>\d{{1,2}})(st|nd|rd|th)?[\s,-]+(?P<y>\d{{4}})")


def parse_day(text: str, country: str) -> date | None:
    """The day that a cell names, or None: 2027-03-01, 01.03.2027, 1 March 2027, and 3/1/2027 in the order of `country`
    (ISO 3166). When that order gives no day (25/12/2027 in the US), the other one is meant.
    """
    typed = unicodedata.normalize("NFKC", text).strip().lower()
    typed = _MIDNIGHT.sub("", typed.replace("年", "-").replace("月", "-").replace("日", ""))
    if found := _YEAR_FIRST.fullmatch(typed) or _DOTTED.fullmatch(typed):
        return _day(found["y"], found["m"], found["d"])
    if found := _COUNTRYS_OWN.fullmatch(typed):
        first, second = (found["a"], found["b"]) if country in _MONTH_FIRST else (found["b"], found["a"])
        return _day(found["y"], first, second) or _day(found["y"], second, first)
    if found := _DAY_NAMED.fullmatch(typed) or _NAMED_DAY.fullmatch(typed):
        numbers = [number for number, name in enumerate(_MONTHS, start=1) if name.startswith(found["month"])]
        return _day(found["y"], str(numbers[0]), found["d"]) if numbers else None
    return None


def month_comes_first(country: str) -> bool:
    """Whether 3/1/2027 is the first of March there."""
    return country in _MONTH_FIRST


def _day(year: str, month: str, day: str) -> date | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    # As in forms: years of two or five digits are slips of the keyboard.
    return found if 1900 <= found.year <= 2999 else None
