"""Typed texts as lines: what forms, files and programs send, before anybody looks at it."""

import re
import unicodedata

# Controls, line ends, lone surrogates, and what turns the direction of the signs after it (UAX #9, section 2).
# PostgreSQL stores no NUL, UTF-8 no surrogate, a header no line end, and no name may look like another. Joiners stay,
# since Persian and emoji are written with them, but alone they are no text.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
_WITHOUT_WIDTH = " \xad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
_WITHOUT_INK = "\u115f\u1160\u2800\u3164\uffa0"  # fillers of Hangul, and the Braille cell without dots


def one_line(text: str | None) -> str:
    """Composed (NFC), without controls and turns of direction, single spaces, nothing at its ends. None is no text,
    nor is what has no sign that is seen."""
    line = " ".join(_UNSEEN.sub(" ", unicodedata.normalize("NFC", text or "")).split())
    return line if line.strip(_WITHOUT_WIDTH + _WITHOUT_INK) else ""
