"""Crockford's base 32: text that a person can read aloud and type without mistakes.

Ten digits and 22 letters; I, L, O and U are left out. When read back, O counts as 0 and I and L as 1, letter case does
not matter, and hyphens and spaces are only for the eye. Source: Douglas Crockford, "Base 32", without its check symbol
(crockford.com/base32.html).
"""

import secrets
from collections.abc import Callable

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BITS_PER_CHARACTER = 5

# Hyphen-minus and what keyboards, word processors and PDF readers put in its place: soft hyphen, the dashes
# U+2010 to U+2015, hyphen bullet, minus, small and full-width forms, and the zero-width space and joiners.
_IGNORED = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d\u200b\u200c\u200d\u2060\ufeff"
_READING = (
    {ord(letter.lower()): letter for letter in ALPHABET}
    | dict.fromkeys(map(ord, "Oo"), "0")
    | dict.fromkeys(map(ord, "IiLl"), "1")
    | dict.fromkeys(map(ord, _IGNORED), None)
)
_LETTERS = frozenset(ALPHABET)


def encode_bits(value: int, length: int) -> str:
    """Write `value` as exactly `length` characters, most significant first, 5 bits each.

    ValueError when the value is negative or needs more than 5 * length bits.
    """
    if value < 0 or value.bit_length() > length * BITS_PER_CHARACTER:
        raise ValueError(f"{value} does not fit {length} characters of base 32")
    shifts = range((length - 1) * BITS_PER_CHARACTER, -1, -BITS_PER_CHARACTER)
    return "".join(ALPHABET[value >> shift & 31] for shift in shifts)


def random_code(length: int, randbits: Callable[[int], int] = secrets.randbits) -> str:
    """Return `length` characters drawn evenly, 5 random bits each; `randbits(n)` gives an integer of n random bits."""
    return encode_bits(randbits(length * BITS_PER_CHARACTER), length)


def normalise(text: str) -> str:
    """Return what was typed in the alphabet's own spelling, or '' when it holds any foreign character.

    White space of every kind, hyphens and dashes are dropped. The result may have any length: the caller checks it,
    and so '' (nothing typed, or something that is not base 32) fails that check without a case of its own.
    """
    plain = "".join(text.split()).translate(_READING)
    return plain if _LETTERS.issuperset(plain) else ""


def group(text: str, size: int, separator: str = "-") -> str:
    """Cut the text into groups of `size` characters for the eye; the last group may be shorter."""
    return separator.join(text[start : start + size] for start in range(0, len(text), size))
