import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.lib import crockford

codes = st.text(alphabet=crockford.ALPHABET, min_size=1, max_size=40)


def test_the_alphabet_is_in_ascii_order_and_has_no_look_alikes():
    assert list(crockford.ALPHABET) == sorted(set(crockford.ALPHABET))
    assert len(crockford.ALPHABET) == 32
    assert not set("ILOU") & set(crockford.ALPHABET)


@pytest.mark.parametrize(
    ("value", "length", "text"),
    [
        (0, 1, "0"),
        (31, 1, "Z"),
        (32, 2, "10"),
        (0, 4, "0000"),
        (1, 3, "001"),
        (1234, 3, "16J"),
        (2**40 - 1, 8, "Z" * 8),
    ],
)
def test_bits_are_written_most_significant_first(value, length, text):
    assert crockford.encode_bits(value, length) == text


@pytest.mark.parametrize(("value", "length"), [(32, 1), (-1, 4), (2**40, 8), (1, 0)])
def test_a_value_that_does_not_fit_is_an_error(value, length):
    with pytest.raises(ValueError, match="does not fit"):
        crockford.encode_bits(value, length)


@settings(deadline=None)  # a busy machine is no failure
@given(st.integers(min_value=0, max_value=2**80 - 1))
def test_no_bit_is_lost(value):
    text = crockford.encode_bits(value, 16)
    assert len(text) == 16
    assert sum(crockford.ALPHABET.index(letter) << 5 * place for place, letter in enumerate(reversed(text))) == value


def test_a_random_code_uses_every_bit_of_its_source():
    asked = []

    def randbits(count):
        asked.append(count)
        return 0b11111_00000_00001

    assert crockford.random_code(3, randbits) == "Z01"
    assert asked == [15]


def test_random_codes_use_the_whole_alphabet_and_do_not_repeat():
    made = [crockford.random_code(8) for _ in range(500)]
    assert len(set(made)) == 500
    assert set("".join(made)) == set(crockford.ALPHABET)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("k7q2-m4xj", "K7Q2M4XJ"),
        ("oO0", "000"),
        ("iIlL1", "11111"),
        ("  a b\tc\n", "ABC"),
        ("A\u00a0B\u2009C\u3000D", "ABCD"),
        ("A\u00adB\u2010C\u2011D\u2012E\u2013F\u2014G\u2015H\u2212J\uff0dK\ufe63M", "ABCDEFGHJKM"),
        ("A\u200bB\ufeffC", "ABC"),
        ("", ""),
        (" - ", ""),
    ],
)
def test_typing_is_read_in_the_alphabets_own_spelling(typed, read):
    assert crockford.normalise(typed) == read


@pytest.mark.parametrize(
    "foreign", ["u", "U", "_", ".", "/", "é", "\u0131", "\u017f", "\uff21", "\u0660", "\x00", "😀"]
)
def test_one_foreign_character_makes_the_whole_text_unreadable(foreign):
    assert crockford.normalise(f"ABC{foreign}DEF") == ""


@settings(deadline=None)  # a busy machine is no failure
@given(codes, st.integers(min_value=1, max_value=9))
def test_grouping_in_any_letter_case_is_read_back(code, size):
    assert crockford.normalise(crockford.group(code, size).lower()) == code


@settings(deadline=None)  # a busy machine is no failure
@given(st.text())
def test_reading_yields_only_the_alphabet_and_is_stable(text):
    read = crockford.normalise(text)
    assert set(read) <= set(crockford.ALPHABET)
    assert crockford.normalise(read) == read


@pytest.mark.parametrize(
    ("text", "size", "grouped"), [("K7Q2M4XJ", 4, "K7Q2-M4XJ"), ("ABCDE", 2, "AB-CD-E"), ("AB", 4, "AB"), ("", 4, "")]
)
def test_groups(text, size, grouped):
    assert crockford.group(text, size) == grouped


def test_groups_may_have_another_separator():
    assert crockford.group("ABCD", 2, " ") == "AB CD"
