"""Codes that a person types instead of scanning: twenty consonants, shown in groups of four.

Without vowels no code is a word, and without digits nothing looks like something else (RFC 8628, section 6.1, which
proposes this alphabet). Letter case does not matter; spaces and hyphens are only for the eye.
"""

import secrets

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
GROUP = 4

# Hyphen-minus and what keyboards, word processors and PDF readers put in its place: soft hyphen, the dashes
# U+2010 to U+2015, hyphen bullet, minus, small and full-width forms, and the zero-width space and joiners.
_IGNORED = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d\u200b\u200c\u200d\u2060\ufeff"
_READING = {ord(letter.lower()): letter for letter in ALPHABET} | dict.fromkeys(map(ord, _IGNORED), None)
_LETTERS = frozenset(ALPHABET)


def make_code(length: int) -> str:
    """So many characters, each drawn evenly: 4.3 bits a character."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def normalise(text: str) -> str:
    """What was typed in the alphabet's own spelling, or '' when it holds any foreign character.

    The result may have any length: the caller checks it, and so '' fails that check without a case of its own.
    """
    plain = "".join(text.split()).translate(_READING)
    return plain if _LETTERS.issuperset(plain) else ""


def grouped(code: str) -> str:
    """'BCDFGHJK' -> 'BCDF-GHJK': groups of four for the eye."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))
