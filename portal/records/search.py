"""Keys for sorting and search, and the text that a record is found by. Pure: plain values in and out."""

import unicodedata
from collections.abc import Mapping

from portal.lib.folding import fold
from portal.lib.phones import national_digits

KEY_LENGTH = 400  # characters of the key columns; some signs fold to many (U+FDFA to 18)
SUBSTRING = 3  # a trigram index cannot answer for fewer characters
MOST_TERMS = 8
_PLAIN = ("name", "tag", "plate", "serial_number", "vin", "email")
_CODES = ("tag", "plate", "serial_number", "vin")
_PHONES = ("phone", "mobile")
# Encloses the account's number inside search_text. Folding drops it from anything typed, so nobody can search for it.
_MARK = "\x02"
NEVER = _MARK  # begins no key


def name_key(name: str) -> str:
    """What lists sort by and short searches begin with."""
    return fold(name)[:KEY_LENGTH]


def tag_key(tag: str) -> str | None:
    """What must be unique among an account's tags: case and spacing do not count, accents do. None without a tag."""
    key = " ".join(unicodedata.normalize("NFKC", tag).casefold().split())
    return key[:KEY_LENGTH] or None


def compact(folded: str) -> str:
    """A code without the signs that people add and leave out: 'kr-12 34' is 'kr1234'."""
    return "".join(char for char in folded if char.isalnum())


def account_mark(account_id: int) -> str:
    """The account's number inside search_text: the index then finds one account's rows without touching another's."""
    return f"{_MARK}{account_id}{_MARK}"


def search_text(account_id: int, fields: Mapping[str, object]) -> str:
    """What a record is found by: its searchable columns folded, codes also compact, phones also as digits.

    ``fields`` are column values; phones in E.164, of which the national digits are added.
    """
    found = [fold(str(fields.get(name) or "")) for name in _PLAIN]
    found += [compact(fold(str(fields.get(name) or ""))) for name in _CODES]
    for name in _PHONES:
        number = str(fields.get(name) or "")
        # At home a number is dialled with a prefix that E.164 has not: 0 in Britain, none in Poland.
        found += [number, national_digits(number)] if number else []
    return account_mark(account_id) + " ".join(dict.fromkeys(part for part in found if part))


def terms(query: str) -> tuple[str, ...]:
    """The folded words of a query, each of which a hit must contain."""
    return tuple(dict.fromkeys(fold(query).split()))[:MOST_TERMS]


def spellings(term: str) -> tuple[str, ...]:
    """The forms in which search_text may hold a term: as typed, and compact when that is another one, long enough."""
    bare = compact(term)
    return (term,) if bare == term or len(bare) < SUBSTRING else (term, bare)
