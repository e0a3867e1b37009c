"""Phone numbers: typed in many ways, kept in one."""

import subprocess
import sys

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.lib.phones import PhoneRefused, country_choices, parse_phone, show_phone, tel_link


@pytest.mark.parametrize(
    ("text", "country", "kept"),
    [
        ("601 234 567", "PL", "+48601234567"),
        (" +48 601-234-567 ", "US", "+48601234567"),
        ("0048601234567", "PL", "+48601234567"),
        ("tel:+48-601-234-567", "PL", "+48601234567"),
        ("＋４８６０１２３４５６７", "PL", "+48601234567"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("1-415-555-2671", "US", "+14155552671"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("06 1234 5678", "IT", "+390612345678"),
        ("+٤٨ ٦٠١ ٢٣٤ ٥٦٧", "PL", "+48601234567"),
        ("+1 555 123 4567", "US", "+15551234567"),
        ("+1\u00a0415\u2011555\u20112671", "DE", "+14155552671"),
    ],
)
def test_habits_of_writing_become_e164(text: str, country: str, kept: str) -> None:
    assert parse_phone(text, country) == kept


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "one phone number"),
        ("*#06#", "Service codes"),
        ("#31#601234567", "Service codes"),
        ("**21*601234567#", "Service codes"),
        ("601 234 567 x12", "without its extension"),
        ("601 234 567 ext. 12", "without its extension"),
        ("601234567 / 602345678", "one number"),
        ("601234567, 602345678", "one phone number"),
        ("Jan 601 234 567", "digits only"),
        ("1-800-FLOWERS", "digits only"),
        ("+48601234567;phone-context=evil.example", "one phone number"),
        ("call me", "digits only"),
        ("112", "too few digits"),
        ("601 234", "too few digits"),
        ("+999 601 234 567", "country code"),
        ("6" * 61, "one phone number"),
        ("601234567\r\nX: 1", "digits only"),
    ],
)
def test_refusals_say_what_to_do_and_show_an_example(text: str, says: str) -> None:
    with pytest.raises(PhoneRefused) as refused:
        parse_phone(text, "PL")
    assert says in refused.value.sentence
    assert "+48 " in refused.value.sentence
    assert str(refused.value) == refused.value.sentence


def test_a_number_without_area_code_is_told_so() -> None:
    with pytest.raises(PhoneRefused, match="area code"):
        parse_phone("555-2671", "US")


def test_shown_nationally_at_home_and_with_code_abroad() -> None:
    assert show_phone("+14155552671", "US") == "(415) 555-2671"
    assert show_phone("+14155552671", "CA") == "(415) 555-2671"
    assert show_phone("+14155552671", "PL") == "+1 415-555-2671"
    assert show_phone("not kept by us", "PL") == "not kept by us"


@given(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)))
def test_every_country_reads_its_own_example_and_what_is_shown(country: str) -> None:
    example = phonenumbers.example_number(country)
    kept = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    assert parse_phone(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL), country) == kept
    assert parse_phone(show_phone(kept, "XX"), "US") == kept


@given(st.text(max_size=40), st.sampled_from(["PL", "US", "IT", "XX"]))
def test_any_text_is_a_number_or_refused(text: str, country: str) -> None:
    try:
        kept = parse_phone(text, country)
    except PhoneRefused as refused:
        assert "xample" in refused.sentence or "like" in refused.sentence
    else:
        assert tel_link(kept) == f"tel:{kept}"
        assert parse_phone(kept, "PL") == kept


@pytest.mark.parametrize(
    "text", ["", "601234567", "+0123", "+48601234567;ext=1", "+48 601", "*#06#", "+1234567890123456", "+4\n"]
)
def test_a_link_is_made_of_e164_only(text: str) -> None:
    with pytest.raises(ValueError, match=r"E\.164"):
        tel_link(text)


def test_every_country_has_a_name_and_the_order_is_alphabetical() -> None:
    choices = dict(country_choices())
    assert set(choices) == set(phonenumbers.SUPPORTED_REGIONS)
    assert all(choices.values())
    assert not [name for name in choices.values() if name.startswith("*")]
    assert (choices["PL"], choices["US"], choices["XK"]) == ("Poland", "United States", "Kosovo")
    names = list(choices.values())
    assert names[0] == "Afghanistan"
    assert names.index("Afghanistan") < names.index("Åland Islands") < names.index("Albania")


def test_the_names_do_not_load_the_places_of_the_world() -> None:
    program = (
        "import sys; from portal.lib.phones import country_choices; country_choices();"
        "sys.exit('phonenumbers.geodata' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0
