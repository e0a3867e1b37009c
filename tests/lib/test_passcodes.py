"""Passcodes: which are refused, by what name, and that made ones never are."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.lib.passcodes import check_passcode, make_passcode, pattern_of

EVERY_CODE = [f"{number:04d}" for number in range(10_000)]


def test_about_a_tenth_of_all_four_digit_codes_is_refused() -> None:
    kinds = Counter(pattern_of(code) for code in EVERY_CODE)
    refused = sum(count for kind, count in kinds.items() if kind)
    assert 900 <= refused <= 1_100
    assert kinds["a date"] > 500
    assert {kind for kind in kinds if kind} == {
        "a repeat",
        "a sequence",
        "a mirror",
        "a year",
        "a date",
        "a line on the keypad",
    }


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("a repeat", "0000 1111 1212 0101 1122 9955"),
        ("a sequence", "1234 4321 9012 2109 2468 1357 9630 0369 8642"),
        ("a mirror", "1221 7997 0660"),
        ("a year", "1930 1984 2026 2030"),
        ("a date", "2412 1224 3112 2902 0229 0107"),
        ("a line on the keypad", "2580 0852 1478 3698 7896 1397 9713"),
    ],
)
def test_patterns_are_named(name: str, codes: str) -> None:
    assert {code: pattern_of(code) for code in codes.split()} == dict.fromkeys(codes.split(), name)


@pytest.mark.parametrize("code", ["4821", "7305", "0948", "3002", "1900", "2031", "3213", "1254", "8035", "5937"])
def test_other_codes_follow_none(code: str) -> None:
    assert pattern_of(code) is None


@pytest.mark.parametrize("code", ["11111", "121212", "123123", "12121", "112233", "12345678", "97531", "98765432"])
def test_longer_codes_must_not_repeat_or_count(code: str) -> None:
    assert pattern_of(code) in {"a repeat", "a sequence"}


@pytest.mark.parametrize("code", ["241286", "19845", "1478963", "12321", "20262027"])
def test_longer_codes_may_hold_dates_years_and_mirrors(code: str) -> None:
    assert pattern_of(code) is None


@pytest.mark.parametrize("length", range(4, 9))
def test_made_codes_have_the_length_and_no_pattern(length: int) -> None:
    codes = {make_passcode(length) for _ in range(200)}
    assert len(codes) > 150
    assert {len(code) for code in codes} == {length}
    assert [check_passcode(code, (length, length)) for code in codes] == [None] * len(codes)


def test_patterned_numbers_are_drawn_again_and_zeros_kept() -> None:
    draws = iter([1234, 1984, 2580, 948, 4821])
    assert make_passcode(randbelow=lambda _: next(draws)) == "0948"


def test_every_patternless_code_is_made_from_exactly_one_draw() -> None:
    made = [make_passcode(randbelow=lambda _, n=int(code): n) for code in EVERY_CODE if not pattern_of(code)]
    assert made == [code for code in EVERY_CODE if not pattern_of(code)]


@pytest.mark.parametrize("length", [3, 9, 0, -1])
def test_other_lengths_are_a_fault(length: int) -> None:
    with pytest.raises(ValueError, match="4 to 8"):
        make_passcode(length)


@pytest.mark.parametrize(
    "text", ["", "482", "48211", "48 1", "48a1", " 4821", "٤٨٢١", "４８２１", "²³¹⁴", "-482", "4821\n"]
)
def test_anything_but_four_ascii_digits_is_refused(text: str) -> None:
    assert check_passcode(text) == "Type a 4-digit number."


def test_the_sentences() -> None:
    assert check_passcode("4821") is None
    assert check_passcode("0948") is None
    assert check_passcode("482", (4, 8)) == "Type a number of 4 to 8 digits."
    assert check_passcode("48213", (4, 8)) is None
    assert "a sequence" in (check_passcode("1234") or "")


@given(st.text(alphabet="0123456789", min_size=4, max_size=8))
def test_a_repeated_half_is_always_found(half: str) -> None:
    assert {pattern_of(half[:length] * 2) for length in (2, 3, 4)} == {"a repeat"}
