"""The rule of sign-in limits, over plain values."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.accounts.counting import Counter, Refusal, give_back, spend
from portal.accounts.throttle import CLIENT, CODE, FAMILIAR, PERSON, SITE

NOW = datetime(2030, 3, 1, 8, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def spent(limit, times, at=NOW):
    counter = Counter(0, at)
    for _ in range(times):
        counter = spend(limit, counter, at)
        assert isinstance(counter, Counter)
    return counter


@pytest.mark.parametrize("limit", [CLIENT, SITE])
def test_a_window_lets_through_its_number_and_opens_at_its_end(limit):
    full = spent(limit, limit.most)
    assert limit.most == {CLIENT: 10, SITE: 1_000}[limit]
    assert spend(limit, full, NOW) == Refusal(limit.scope, 5 * MINUTE)
    assert spend(limit, full, NOW + 5 * MINUTE - SECOND) == Refusal(limit.scope, SECOND)
    assert spend(limit, full, NOW + 5 * MINUTE) == Counter(1, NOW + 5 * MINUTE)


@pytest.mark.parametrize("limit", [PERSON, FAMILIAR, CODE])
def test_waits_double_up_to_an_hour(limit):
    counter, at, waits = Counter(0, NOW), NOW, []
    for _ in range(7):
        for _ in range(10):
            counter = spend(limit, counter, at)
            assert isinstance(counter, Counter)
        refusal = spend(limit, counter, at)
        assert isinstance(refusal, Refusal)
        waits.append(refusal.wait // MINUTE)
        assert isinstance(spend(limit, counter, at + refusal.wait - SECOND), Refusal)
        at += refusal.wait
    assert waits == [5, 10, 20, 40, 60, 60, 60]


def test_silence_forgets_failures_of_a_person_but_never_codes():
    later = NOW + timedelta(hours=2)
    assert spend(PERSON, spent(PERSON, 9), later) == Counter(1, later)
    assert spend(CODE, spent(CODE, 9), later) == Counter(10, later)
    assert spend(PERSON, spent(PERSON, 9), later - SECOND) == Counter(10, later - SECOND)


def test_time_that_ran_back_opens_nothing():
    assert isinstance(spend(CLIENT, spent(CLIENT, 10), NOW - timedelta(days=1)), Refusal)
    assert isinstance(spend(PERSON, spent(PERSON, 10), NOW - timedelta(days=1)), Refusal)


def test_one_comes_back_unless_it_is_forgotten():
    assert give_back(CLIENT, Counter(10, NOW), NOW + MINUTE, NOW + MINUTE) == Counter(9, NOW)
    fresh = Counter(3, NOW + 6 * MINUTE)
    assert give_back(CLIENT, fresh, NOW, NOW + 6 * MINUTE) == fresh
    assert give_back(PERSON, Counter(10, NOW), NOW, NOW) == Counter(9, NOW)
    assert give_back(CLIENT, Counter(0, NOW), NOW, NOW) == Counter(0, NOW)
