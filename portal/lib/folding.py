"""Folding: what spellings of one word have in common, for search and for the order of lists. Pure text."""

import unicodedata

# Letters that Unicode does not take apart, as people without them on their keyboard type them.
STROKES = {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ı": "i"}
_TABLE = str.maketrans(STROKES)


def fold(text: str) -> str:
    """What spellings of one word have in common: no case, no accents, single spaces, no control characters."""
    if text.isascii() and text.isprintable():
        return " ".join(text.lower().split())  # the same, and many times faster
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    decomposed = decomposed.translate(_TABLE)
    kept = (
        " " if unicodedata.category(char) == "Cc" else char for char in decomposed if not unicodedata.combining(char)
    )
    return " ".join("".join(kept).split())
