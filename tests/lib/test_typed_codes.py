"""Typed codes: what is made is read back however a person types it, and nothing else is."""

import re
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.lib import typed_codes

lengths = st.integers(min_value=1, max_value=16)
codes = st.text(alphabet=typed_codes.ALPHABET, min_size=1, max_size=16)
# What people and programs put between groups: white space, and every hyphen, dash and invisible joint.
FOR_THE_EYE = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d\u200b\u200c\u200d\u2060\ufeff"
decoration = st.sampled_from(["", "  ", "\t", "\n", "\u00a0", *FOR_THE_EYE])


def test_the_alphabet_has_twenty_consonants_and_nothing_that_reads_as_a_word_or_a_digit():
    assert len(set(typed_codes.ALPHABET)) == 20
    assert not set("AEIOUY0123456789") & set(typed_codes.ALPHABET)


@settings(deadline=None)  # a busy machine is no failure
@given(lengths)
def test_a_made_code_comes_back_from_its_groups(length):
    code = typed_codes.make_code(length)
    assert len(code) == length
    assert set(code) <= set(typed_codes.ALPHABET)
    assert typed_codes.normalise(typed_codes.grouped(code)) == code


@settings(deadline=None)
@given(codes, st.data())
def test_letter_case_spaces_and_hyphens_do_not_matter(code, data):
    typed = "".join(
        data.draw(decoration) + (sign.lower() if data.draw(st.booleans()) else sign) for sign in code
    ) + data.draw(decoration)
    assert typed_codes.normalise(typed) == code


@settings(deadline=None)
@given(codes, st.characters(), st.integers(min_value=0, max_value=16))
def test_a_foreign_character_anywhere_refuses_the_whole(code, sign, place):
    typed = code[:place] + sign + code[place:]
    if sign.isascii() and sign.upper() in typed_codes.ALPHABET:
        expected = typed.upper()
    else:
        expected = code if sign.isspace() or sign in FOR_THE_EYE else ""
    assert typed_codes.normalise(typed) == expected


def test_vowels_digits_and_look_alikes_are_foreign():
    for sign in "AEIOUYaeiouy0123456789_.ßſßﬁВС":
        assert typed_codes.normalise("BCDF" + sign) == ""


@settings(deadline=None)
@given(codes)
def test_groups_are_of_four(code):
    assert re.fullmatch(r"(\w{4}-)*\w{1,4}", typed_codes.grouped(code))


def test_the_usual_groups():
    assert typed_codes.grouped("BCDFGHJK") == "BCDF-GHJK"
    assert typed_codes.grouped("BCDFGHJKLMNP") == "BCDF-GHJK-LMNP"


def test_every_letter_is_drawn_about_as_often():
    seen = Counter(typed_codes.make_code(20_000))
    assert set(seen) == set(typed_codes.ALPHABET)
    # 1,000 expected of each, deviation 31: six of those are a chance of one in a hundred million.
    assert all(800 < count < 1_200 for count in seen.values())
