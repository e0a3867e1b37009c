"""How a visitor's message is read: plain values in and out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.visits.messages import LONGEST_TEXT, Told, check, place_link, read_place, show_place


def test_a_reason_alone_is_a_message():
    assert check({"reason": "expired"}, "US") == Told("expired", "", "", "", None)


def test_everything_is_read_and_cleaned():
    told = check(
        {
            "reason": "damaged",
            "text": "Left mirror\r\nis gone\x00 \u2028 now ",
            "name": "  Vera \n Visitor ",
            "contact": " (202) 555-0123 ",
            "latitude": "52.229676",
            "longitude": "21.012229",
        },
        "US",
    )
    assert told == Told("damaged", "Left mirror\nis gone\n now", "Vera Visitor", "+12025550123", (52.23, 21.01))


def test_an_address_with_a_line_end_is_one_line_or_refused():
    told = check({"reason": "other", "text": "Hi", "contact": "vera@example.com\r\nBcc: all@example.com"}, "US")
    assert told == {"contact": "Type one e-mail address only, for example name@example.com."}


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({}, "reason"),
        ({"reason": "spam"}, "reason"),
        ({"reason": "other", "text": " \n "}, "text"),
        ({"reason": "found", "text": "x" * (LONGEST_TEXT + 1)}, "text"),
        ({"reason": "found", "name": "x" * 101}, "name"),
        ({"reason": "found", "contact": "vera@"}, "contact"),
        ({"reason": "found", "contact": "12"}, "contact"),
        ({"reason": "found", "contact": "call me"}, "contact"),
    ],
)
def test_what_cannot_be_used_is_refused_at_its_field(typed, field):
    assert list(check(typed, "US")) == [field]


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [("", ""), ("52.2", ""), ("nan", "1"), ("91", "0"), ("0", "-180.1"), ("1e1", "1"), ("٥", "1"), ("5_2", "1")],
)
def test_what_is_no_place_is_left_out(latitude, longitude):
    assert read_place(latitude, longitude, is_exact=False) is None


def test_a_place_is_coarse_unless_exactness_was_asked_for():
    assert read_place("-52.229676", "21.012229", is_exact=False) == (-52.23, 21.01)
    assert read_place("-52.229676", "21.012229", is_exact=True) == (-52.22968, 21.01223)


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_a_coarse_place_shows_two_decimals_and_no_more(latitude, longitude):
    place = read_place(f"{latitude:.9f}", f"{longitude:.9f}", is_exact=False)
    assert place is not None
    assert [len(one.partition(".")[2]) for one in show_place(*place).split(", ")] == [2, 2]
    assert abs(place[0] - latitude) <= 0.0051


def test_a_place_opens_the_readers_own_map():
    assert place_link(52.23, 21.01) == "geo:52.23,21.01"
    assert show_place(52.22968, 21.01223) == "52.22968, 21.01223"


def test_degrees_are_read_in_plain_digits_only_and_text_stays_plain():
    assert check({"reason": "found", "latitude": "1\n", "longitude": "1"}, "US").place == (1.0, 1.0)
