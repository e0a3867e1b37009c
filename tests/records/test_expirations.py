"""When a paper lapses, and what may be typed about it."""

from datetime import date

import pytest

from portal.lib.clock import today_in
from portal.records import expirations
from portal.records.expirations import Paper

DAY = date(2027, 3, 31)


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2027, 2, 28), "valid"),
        (date(2027, 3, 1), "due soon"),
        (DAY, "due soon"),
        (date(2027, 4, 1), "expired"),
    ],
)
def test_the_last_day_is_still_good_and_the_day_after_is_not(today, state):
    assert expirations.state(DAY, 30, today) == state
    assert expirations.record_state(DAY, date(2027, 3, 1), today) == state


def test_without_a_warning_it_is_due_on_its_last_day_only():
    assert expirations.state(DAY, 0, date(2027, 3, 30)) == "valid"
    assert expirations.state(DAY, 0, DAY) == "due soon"


def test_a_record_without_papers_has_no_state():
    assert expirations.record_state(None, None, DAY) == ""


def test_the_day_is_the_accounts_own():
    from datetime import UTC, datetime

    late = datetime(2027, 3, 31, 22, 30, tzinfo=UTC)
    assert expirations.state(DAY, 0, today_in("Europe/Warsaw", late)) == "expired"
    assert expirations.state(DAY, 0, today_in("America/New_York", late)) == "due soon"


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (DAY, "today"),
        (date(2027, 4, 1), "in 1 day"),
        (date(2027, 3, 29), "2 days ago"),
        (date(2030, 4, 1), "in 1,097 days"),
    ],
)
def test_distances_in_words(day, words):
    assert expirations.when(day, DAY) == words


def test_usual_words_have_one_spelling_and_own_words_stay():
    typed = {"expires_on": "2027-03-31", "warn_days": ""}
    assert expirations.check({"what": " INSURANCE "} | typed) == Paper("insurance", DAY, 30)
    assert expirations.check({"what": "Fire  Extinguisher"} | typed) == Paper("Fire Extinguisher", DAY, 30)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("what", ""),
        ("what", "x" * 101),
        ("expires_on", ""),
        ("expires_on", "31.03.2027"),
        ("expires_on", "0027-03-31"),
        ("expires_on", "9999-12-31"),
        ("warn_days", "-1"),
        ("warn_days", "731"),
        ("warn_days", "٣"),
        ("warn_days", "9" * 50),
    ],
)
def test_what_cannot_be_read_is_refused(field, typed):
    good = {"what": "service", "expires_on": "2027-03-31", "warn_days": "10"}
    refused = expirations.check(good | {field: typed})
    assert isinstance(refused, dict)
    assert list(refused) == [field]
