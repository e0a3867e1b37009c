"""The rule of the throttle as a table: plain values in and out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gate.throttle import (
    ACCOUNT,
    CLIENT_BURST,
    CLIENT_DAY,
    CLOSED,
    LIMITS,
    STICKER,
    Counter,
    Refusal,
    client_of,
    decide,
    give_back,
    pause,
    settle,
    spend,
)

T = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))


@pytest.mark.parametrize(
    ("limit", "most"),
    [(STICKER, 20), (ACCOUNT, 100), (CLIENT_BURST, 5), (CLIENT_DAY, 20)],
    ids=lambda value: str(getattr(value, "scope", value)),
)
def test_each_counter_holds_its_limit_and_not_one_more(limit, most):
    counter = Counter(0, T)
    for _ in range(most):
        counter = spend(limit, counter, T)
    assert counter == Counter(most, T)
    assert isinstance(spend(limit, counter, T), Refusal)


@pytest.mark.parametrize(
    ("limit", "count", "later", "expected"),
    [
        (CLIENT_BURST, 5, 15 * MINUTE - SECOND, Refusal("client-burst", SECOND)),
        (CLIENT_BURST, 5, 5 * MINUTE, Refusal("client-burst", 10 * MINUTE)),
        (CLIENT_BURST, 5, 15 * MINUTE, Counter(1, T + 15 * MINUTE)),
        (CLIENT_DAY, 20, 15 * MINUTE, Refusal("client-day", DAY - 15 * MINUTE)),
        (CLIENT_DAY, 20, DAY, Counter(1, T + DAY)),
        (STICKER, 20, DAY - HOUR, Refusal("sticker", HOUR)),
        (STICKER, 20, DAY, Counter(20, T + DAY)),  # one leaked, one spent
        (STICKER, 20, 3 * DAY + HOUR, Counter(18, T + 3 * DAY)),
        (STICKER, 2, 9 * DAY, Counter(1, T + 9 * DAY)),
        (ACCOUNT, 100, 4000 * DAY, Refusal("account", CLOSED)),
        (ACCOUNT, 99, 4000 * DAY, Counter(100, T)),
        (CLIENT_BURST, 5, -HOUR, Refusal("client-burst", 75 * MINUTE)),  # a clock that ran back opens nothing
    ],
)
def test_windows_end_buckets_leak_and_the_account_does_neither(limit, count, later, expected):
    assert spend(limit, Counter(count, T), T + later) == expected


@pytest.mark.parametrize(
    ("failures", "wait"), [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 60), (6, 300), (7, 900), (12, 900)]
)
def test_a_browsers_own_pause_grows(failures, wait):
    moments = [T - number * MINUTE for number in range(failures)]
    assert pause(moments, T) == wait * SECOND
    assert pause(moments, T + wait * SECOND) == timedelta(0)


def test_failures_of_a_quarter_of_an_hour_ago_no_longer_lengthen_the_pause():
    assert pause([T, T - 15 * MINUTE, T - 16 * MINUTE], T) == timedelta(0)


def test_one_refusal_spends_nothing_anywhere_and_the_longest_wait_is_told():
    counters = {limit: Counter(0, T) for limit in LIMITS}
    assert decide(counters, [], T) == {limit: Counter(1, T) for limit in LIMITS}
    assert decide(counters | {CLIENT_BURST: Counter(5, T), STICKER: Counter(20, T)}, [], T) == Refusal("sticker", DAY)
    assert decide(counters, [T] * 5, T) == Refusal("pause", MINUTE)


def test_giving_back_reaches_only_the_window_that_was_charged():
    assert give_back(CLIENT_BURST, Counter(3, T), T + MINUTE, T + 2 * MINUTE) == Counter(2, T)
    assert give_back(CLIENT_BURST, Counter(3, T), T - MINUTE, T + 2 * MINUTE) == Counter(3, T)
    assert give_back(STICKER, Counter(3, T), T - DAY, T) == Counter(2, T)
    assert give_back(ACCOUNT, Counter(0, T), T, T) == Counter(0, T)


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
    ],
)
def test_a_client_is_an_ipv4_address_or_an_ipv6_line(address, client):
    assert client_of(address) == client


@given(st.lists(st.integers(min_value=0, max_value=4 * 86_400), max_size=300))
def test_a_sticker_never_evaluates_more_than_20_and_one_a_day(steps):
    now, counter, spent = T, Counter(0, T), 0
    for step in steps:
        now += step * SECOND
        result = spend(STICKER, counter, now)
        if isinstance(result, Counter):
            counter, spent = result, spent + 1
        assert spent <= 20 + (now - T) // DAY
        assert settle(STICKER, counter, now).count <= 20
