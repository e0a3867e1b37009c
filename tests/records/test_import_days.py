"""Days as they stand in files."""

from datetime import date

import pytest

from portal.records.days import month_comes_first, parse_day


@pytest.mark.parametrize(
    "text",
    [
        "2027-03-01",
        " 2027-3-1 ",
        "2027/03/01",
        "2027.03.01.",
        "01.03.2027",
        "1. 3. 2027",
        "1 March 2027",
        "1st Mar 2027",
        "01-Mar-2027",
        "March 1, 2027",
        "Mar. 1 2027",
        "2027年3月1日",
        "２０２７-０３-０１",
        "2027-03-01 00:00:00",
        "2027-03-01T00:00:00Z",
    ],
)
@pytest.mark.parametrize("country", ["US", "GB"])
def test_forms_that_mean_one_day_everywhere(text, country):
    assert parse_day(text, country) == date(2027, 3, 1)


@pytest.mark.parametrize("text", ["3/1/2027", "03-01-2027", "03/01/2027"])
def test_an_ambiguous_day_follows_the_country(text):
    assert parse_day(text, "US") == date(2027, 3, 1)
    assert parse_day(text, "DE") == date(2027, 1, 3)
    assert month_comes_first("US") and not month_comes_first("DE")


@pytest.mark.parametrize("country", ["US", "DE"])
def test_a_day_that_only_one_order_gives_is_that_day(country):
    assert parse_day("25/12/2027", country) == date(2027, 12, 25)
    assert parse_day("12/25/2027", country) == date(2027, 12, 25)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "3/1/27",
        "31.02.2027",
        "2027-13-01",
        "1/1/0027",
        "1 Foo 2027",
        "1 Marble 2027",
        "2027",
        "2027-03-01 14:30",
        "13/13/2027",
        "x" * 9999,
    ],
)
def test_what_is_no_day_is_none(text):
    assert parse_day(text, "US") is None
