"""What people read, in their language: texts out of a catalogue, counts, numbers, days and moments.

A text stands in English where it is used and is the key of its catalogue (gettext). Placeholders are written
``%(name)s``; a text that has values writes a percent sign twice.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from gettext import NullTranslations
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_datetime_format
from babel.numbers import format_decimal

# Each language by its own name, as a reader looks for it.
LANGUAGES = {
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "de": "Deutsch",
    "pl": "Polski",
    "ar": "العربية",
}
RIGHT_TO_LEFT = frozenset(("ar",))
# Days in English stand in the order that nobody reads the wrong way round: 3 March 2026.
_LOCALES = {"en": "en_GB"}
_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"  # FSI and PDI of Unicode Standard Annex 9, section 2.4


@dataclass(frozen=True)
class Words:
    """One language and its catalogue."""

    language: str
    catalogue: NullTranslations = field(default_factory=NullTranslations)

    @property
    def direction(self) -> str:
        """For HTML's ``dir``."""
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"

    def say(self, text: str, /, **values: object) -> str:
        """The text in this language with its values put in; itself when no catalogue has it."""
        said = self.catalogue.gettext(text)
        return said % self._isolated(values) if values else said

    def count(self, one: str, many: str, number: int, /, **values: object) -> str:
        """The text in the form that goes with ``number``, which it may name as ``%(num)s``."""
        said = self.catalogue.ngettext(one, many, number)
        return said % ({"num": self.number(number)} | self._isolated(values))

    def number(self, number: int) -> str:
        """With the language's marks between thousands."""
        return str(format_decimal(number, locale=self._locale))

    def day(self, day: date) -> str:
        """A day with its month in letters: 3 March 2026."""
        return str(format_date(day, "long", locale=self._locale))

    def moment(self, moment: datetime, timezone: str) -> str:
        """A moment in wall time of an IANA ``timezone``: 5 Mar 2030, 14:05."""
        wall = moment.astimezone(ZoneInfo(timezone))
        clock = format_time(wall, "short", tzinfo=wall.tzinfo, locale=self._locale)
        pattern = str(get_datetime_format("medium", locale=self._locale))
        return pattern.replace("{1}", format_date(wall, "medium", locale=self._locale)).replace("{0}", clock)

    def wait(self, seconds: int) -> str:
        """A wait, rounded up: 45 seconds, 12 minutes, 8 hours."""
        if seconds >= 2 * 3600:
            return self.count("%(num)s hour", "%(num)s hours", math.ceil(seconds / 3600))
        if seconds >= 2 * 60:
            return self.count("%(num)s minute", "%(num)s minutes", math.ceil(seconds / 60))
        return self.count("%(num)s second", "%(num)s seconds", seconds)

    @property
    def _locale(self) -> str:
        return _LOCALES.get(self.language, self.language)

    def _isolated(self, values: dict[str, object]) -> dict[str, object]:
        """A name in Latin letters must not turn the Arabic words around it over."""
        if self.direction == "ltr":
            return values
        return {name: f"{_ISOLATE}{value}{_END_OF_ISOLATE}" for name, value in values.items()}


ENGLISH = Words("en")


def marked(text: str) -> str:
    """The text itself, marked for the catalogues: for tables whose texts are said elsewhere."""
    return text


def best_language(wanted: Iterable[tuple[str, float]]) -> str:
    """The first language that a browser asks for and we have (RFC 9110, section 12.5.4), else English.

    ``wanted`` are language tags with their weights, the heaviest first. Regions do not count: es-MX reads our Spanish.
    """
    for tag, weight in wanted:
        language = tag.lower().replace("_", "-").partition("-")[0]
        if weight > 0 and language in LANGUAGES:
            return language
    return "en"
