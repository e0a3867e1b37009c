"""The rule of the throttle as a table: plain values in and out."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gate import throttle
from portal.gate.throttle import (
    ACCOUNT,
    CLIENT_BURST,
    CLIENT_DAY,
    CLOSED,
    DEVICE,
    DEVICES,
    LIMITS,
    STICKER,
    UNKNOWN,
    Counter,
    Refusal,
    client_of,
    decide,
    give_back,
    is_spent,
    level_of,
    most_guesses,
    odds,
    pause,
    settle,
    spend,
)

T = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))


@pytest.mark.parametrize(
    ("limit", "most"),
    [(STICKER, 20), (ACCOUNT, 100), (CLIENT_BURST, 5), (CLIENT_DAY, 20), (DEVICE, 5), (DEVICES, 200)],
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
    ("failures", "wait"), [(0, 0), (1, 0), (2, 0), (3, 5), (4, 15), (5, 60), (6, 300), (7, 900), (12, 900)]
)
def test_a_browsers_own_pause_grows(failures, wait):
    moments = [T - number * MINUTE for number in range(failures)]
    assert pause(moments, T) == wait * SECOND
    assert pause(moments, T + wait * SECOND) == timedelta(0)


def test_the_figures_of_the_design_stand():
    assert (throttle.GRANT, throttle.STICKER_TOLD_AT, throttle.MOST_RETURNED) == (50, 10, 4)
    assert (throttle.OPEN_FOR, throttle.RETURNED_WITHIN, CLOSED) == (15 * MINUTE, 10 * MINUTE, DAY)


def test_failures_of_a_quarter_of_an_hour_ago_no_longer_lengthen_the_pause():
    assert pause([T, T - 15 * MINUTE, T - 16 * MINUTE], T) == timedelta(0)
    assert pause([T, T - SECOND, T - 15 * MINUTE], T) == timedelta(0)  # the third ends at this very moment


def test_one_refusal_spends_nothing_anywhere_and_the_longest_wait_is_told():
    counters = {limit: Counter(0, T) for limit in LIMITS}
    assert decide(counters, [], T) == {limit: Counter(1, T) for limit in LIMITS}
    assert decide(counters | {CLIENT_BURST: Counter(5, T), STICKER: Counter(20, T)}, [], T) == Refusal("sticker", DAY)
    assert decide(counters, [T, T, T], T) == Refusal("pause", 5 * SECOND)


def test_a_grant_raises_the_accounts_limit_and_no_other():
    full = {limit: Counter(limit.most if limit is ACCOUNT else 0, T) for limit in UNKNOWN}
    assert decide(full, [], T) == Refusal("account", CLOSED)
    assert decide(full, [], T, 50)[ACCOUNT] == Counter(101, T)
    assert decide(full | {ACCOUNT: Counter(149, T)}, [], T, 50)[ACCOUNT] == Counter(150, T)
    assert decide(full | {ACCOUNT: Counter(150, T)}, [], T, 50) == Refusal("account", CLOSED)
    assert decide(full | {ACCOUNT: Counter(0, T), STICKER: Counter(20, T)}, [], T, 50) == Refusal("sticker", DAY)


@pytest.mark.parametrize(
    ("own", "shared", "spent"), [(0, 0, False), (4, 199, False), (5, 0, True), (0, 200, True), (5, 200, True)]
)
def test_a_known_device_is_unknown_when_its_own_or_the_shared_budget_is_spent(own, shared, spent):
    assert is_spent({DEVICE: Counter(own, T), DEVICES: Counter(shared, T)}) is spent


@pytest.mark.parametrize(
    ("spent", "granted", "level"),
    [
        *((0, 0, 0), (24, 0, 0), (25, 0, 25), (49, 0, 25), (50, 0, 50), (75, 0, 75), (99, 0, 75), (100, 0, 100)),
        *((100, 50, 50), (112, 50, 50), (113, 50, 75), (149, 50, 75), (150, 50, 100)),
    ],
)
def test_admins_are_told_at_quarters_of_what_the_budget_is_now(spent, granted, level):
    assert level_of(spent, granted) == level


def test_the_bound_counts_known_devices_and_grants():
    assert (most_guesses(0), most_guesses(50)) == (300, 350)
    assert (odds(100, 9000), odds(10_000, 9000)) == (Fraction(1, 90), 1)


def test_giving_back_reaches_only_the_window_that_was_charged():
    assert give_back(CLIENT_BURST, Counter(1, T), T, T + MINUTE) == Counter(0, T)  # the one that began the window
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
