"""Telephone numbers: typed in any habit, kept in E.164 (`+48601234567`), shown as people of the country write them."""

import functools
import importlib.util
import re
import unicodedata
from pathlib import Path

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

from portal.lib.words import marked

# ITU-T E.164: a plus sign, a country code that does not begin with 0, at most 15 digits in all.
_E164 = re.compile(r"\+[1-9][0-9]{1,14}")
# What a number may be written with, after compatibility normalisation (full-width digits, odd spaces and hyphens).
_WRITTEN = re.compile(r"[+0-9 ()\[\]./\-‐‑‒–—−]+")
# No number text is longer; the library itself gives up at 250 characters.
_LONGEST_TEXT = 60
# The library's tables lag behind new number ranges, so a number that is only *possible* is kept too, but not one so
# short that it is a service number (112, 60900) typed into the wrong field.
_SHORTEST_UNLISTED = 7
# Regions that the library serves and its own name table leaves out.
_UNNAMED = {"AC": "Ascension Island", "TA": "Tristan da Cunha", "XK": "Kosovo"}


class PhoneRefused(ValueError):
    """A text that is not one diallable number; `sentence` says what to type instead.

    `text` and `values` are the sentence in parts, for other languages (`Words.say`).
    """

    def __init__(self, text: str, **values: str) -> None:
        self.text, self.values = text, values
        self.sentence = text % values
        super().__init__(self.sentence)


def parse_phone(text: str, country: str) -> str:
    """The E.164 form of a number typed by hand; `country` (ISO 3166, "PL") is assumed when no +code is written.

    Raises PhoneRefused, whose sentence carries an example for that country. Extensions are refused, since E.164 has
    no place for them and a tel link that drops one rings the wrong desk.
    """
    typed = unicodedata.normalize("NFKC", text).strip()
    if not typed or len(typed) > _LONGEST_TEXT or "," in typed or ";" in typed:
        raise PhoneRefused("Type one phone number, for example %(example)s.", example=_example(country))
    if "*" in typed or typed.startswith("#"):
        raise PhoneRefused(
            "Service codes such as *#06# cannot be called. Type a number like %(example)s.", example=_example(country)
        )
    number = _parse(typed, country)
    if number.extension:
        raise PhoneRefused("Type the number without its extension, for example %(example)s.", example=_example(country))
    digits_only = "".join(str(unicodedata.digit(char, char)) for char in typed.removeprefix("tel:"))
    if not _WRITTEN.fullmatch(digits_only):
        raise PhoneRefused("Type one phone number in digits only, for example %(example)s.", example=_example(country))
    _refuse_impossible(number, country)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def is_e164(text: str) -> bool:
    """Whether a text has the form in which numbers are kept."""
    return _E164.fullmatch(text) is not None


def show_phone(e164: str, country: str) -> str:
    """The number as it is written inside `country` (0601 234 567), with its +code when it belongs elsewhere."""
    try:
        number = phonenumbers.parse(e164, None)
    except NumberParseException:
        return e164
    home = number.country_code == phonenumbers.country_code_for_region(country)
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL)


def national_digits(e164: str) -> str:
    """The digits dialled inside the number's own country, trunk prefix included: for finding, not for calling."""
    try:
        number = phonenumbers.parse(e164, None)
    except NumberParseException:
        return ""
    return phonenumbers.normalize_digits_only(phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))


def tel_link(e164: str) -> str:
    """The `tel:` address of a kept number (RFC 3966, section 5.1.4: a global number). Anything else is a ValueError."""
    if not _E164.fullmatch(e164):
        raise ValueError("A tel link is made of an E.164 number only.")
    return f"tel:{e164}"


@functools.cache
def country_choices() -> tuple[tuple[str, str], ...]:
    """(code, English name) of every country whose numbers can be read, sorted by name, for a select field."""
    names = _country_names()
    choices = ((code, names[code]) for code in phonenumbers.SUPPORTED_REGIONS)
    # Decomposed and in ASCII, so that the accent of Åland does not send it behind Z.
    return tuple(sorted(choices, key=lambda choice: unicodedata.normalize("NFD", choice[1]).encode("ascii", "ignore")))


def _parse(typed: str, country: str) -> PhoneNumber:
    try:
        return phonenumbers.parse(typed, country)
    except NumberParseException as fault:
        if fault.error_type == NumberParseException.INVALID_COUNTRY_CODE:
            text = marked("Type the number with an existing country code, for example %(example)s.")
        else:
            text = marked("Type one phone number in digits only, for example %(example)s.")
        raise PhoneRefused(text, example=_example(country)) from None


def _refuse_impossible(number: PhoneNumber, country: str) -> None:
    if phonenumbers.is_valid_number(number):
        return
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason == ValidationResult.TOO_LONG:
        raise PhoneRefused(
            "That number has too many digits. Type one number, for example %(example)s.", example=_example(country)
        )
    if reason == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        raise PhoneRefused("Type the number with its area code, for example %(example)s.", example=_example(country))
    if reason == ValidationResult.TOO_SHORT or len(str(number.national_number)) < _SHORTEST_UNLISTED:
        raise PhoneRefused(
            "That number has too few digits. Type all of it, for example %(example)s.", example=_example(country)
        )
    if reason != ValidationResult.IS_POSSIBLE:
        raise PhoneRefused(
            "No such number can exist. Check its digits; one looks like %(example)s.", example=_example(country)
        )


def _example(country: str) -> str:
    """A mobile number of that country, or a fixed line, as an example to copy the form of."""
    for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
        number = phonenumbers.example_number_for_type(country, kind)
        if number is not None:
            return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    return "+44 7400 123456"


def _country_names() -> dict[str, str]:
    """English country names out of the library's name table.

    The table is read as a file of its own, because importing its package also loads the place names of all numbers in
    the world: 2.2 s and the memory for them, against 0.1 s for the table alone.
    """
    place = Path(phonenumbers.__path__[0], "geodata", "locale.py")
    spec = importlib.util.spec_from_file_location("phonenumbers.geodata.locale", place)
    if spec is None or spec.loader is None:
        raise RuntimeError("The phone library has no table of country names.")
    table = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(table)
    names = dict(_UNNAMED)
    for code, by_language in table.LOCALE_DATA.items():
        name = by_language.get("en", "")
        # "*aa" means: the same as in language "aa".
        names[code] = by_language.get(name[1:], "") if name.startswith("*") else name
    return names
