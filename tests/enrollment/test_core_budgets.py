"""Budgets of tries: typed codes by address and by installation, tokens by address, in one database for all nodes."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.accounts.counting import Refusal
from portal.enrollment import budgets
from portal.enrollment.budgets import Spent
from portal.enrollment.models import EnrollmentCounter
from portal.extensions import db
from tests.enrollment.ways import MINUTE, NOW

TOKEN = "t" * 43
WRONG = "BCDF-GHJK"


@pytest.fixture
def database(app):
    with app.app_context():
        yield


def spend(text=WRONG, ip="203.0.113.1", **options):
    done = budgets.spend(db.session(), text=text, ip=ip, now=NOW, **options)
    db.session.commit()
    return done


def back(by):
    """Makes all windows that much older: the database's clock cannot be set."""
    for row in db.session.scalars(select(EnrollmentCounter).execution_options(populate_existing=True)):
        row.since_at -= by
    db.session.commit()


def test_the_sixth_wrong_code_of_an_address_waits(database):
    assert all(isinstance(spend(), Spent) for _ in range(5))
    refusal = spend()
    assert isinstance(refusal, Refusal)
    assert refusal.scope == budgets.TYPED_CLIENT.scope
    assert timedelta(0) < refusal.wait <= 10 * MINUTE
    assert isinstance(spend(ip="203.0.113.2"), Spent)
    assert isinstance(spend(TOKEN), Spent), "a scanned token has a budget of its own"
    back(10 * MINUTE)
    assert isinstance(spend(), Spent)


def test_one_line_of_ipv6_is_one_address(database):
    assert all(isinstance(spend(ip=f"2001:db8::{n}"), Spent) for n in range(1, 6))
    assert isinstance(spend(ip="2001:db8::ffff"), Refusal)
    assert isinstance(spend(ip="2001:db8:0:1::1"), Spent)


def test_right_codes_cost_nothing_so_forty_people_behind_one_address_get_in(database):
    for _ in range(40):
        spent = spend()
        assert isinstance(spent, Spent)
        budgets.give_back(db.session(), spent, NOW)
        db.session.commit()
    assert set(db.session.scalars(select(EnrollmentCounter.count))) == {0}


def test_a_refused_try_costs_nothing(database):
    for _ in range(20):
        spend()
    assert sorted(db.session.scalars(select(EnrollmentCounter.count))) == [5, 5, 5]


def test_sixty_wrong_codes_from_anywhere_pause_typed_codes_for_whoever_is_not_signed_in(database):
    assert all(isinstance(spend(ip=f"203.0.113.{n}"), Spent) for n in range(60))
    refusal = spend(ip="198.51.100.1")
    assert isinstance(refusal, Refusal)
    assert refusal.scope == budgets.TYPED_SITE.scope
    assert isinstance(spend(ip="198.51.100.1", is_proven=True), Spent)
    assert isinstance(spend(TOKEN, ip="198.51.100.1"), Spent)
    assert isinstance(spend(ip="203.0.113.1", is_proven=True), Spent)
    back(10 * MINUTE)
    assert isinstance(spend(ip="198.51.100.1"), Spent)


def test_being_signed_in_does_not_lift_the_limit_of_an_address(database):
    assert all(isinstance(spend(is_proven=True), Spent) for _ in range(5))
    assert isinstance(spend(is_proven=True), Refusal)


def test_thirty_wrong_tokens_a_minute(database):
    assert all(isinstance(spend(TOKEN), Spent) for _ in range(30))
    refusal = spend(TOKEN)
    assert isinstance(refusal, Refusal)
    assert (refusal.scope, refusal.wait <= MINUTE) == (budgets.SECRET_CLIENT.scope, True)
    assert isinstance(spend(), Spent)
    back(MINUTE)
    assert isinstance(spend(TOKEN), Spent)


def test_a_crew_joins_behind_one_address_and_a_script_does_not_for_ever(database):
    for _ in range(300):
        spent = spend(TOKEN)
        assert isinstance(spent, Spent)
        budgets.give_back(db.session(), spent, NOW)
        db.session.commit()
    refusal = spend(TOKEN)
    assert isinstance(refusal, Refusal)
    assert refusal.scope == budgets.ARRIVAL_CLIENT.scope
    back(10 * MINUTE)
    assert isinstance(spend(TOKEN), Spent)


@pytest.mark.parametrize("text", ["", "é!", "0000-0000", "x" * 40])
def test_what_cannot_be_a_code_counts_as_a_try_too(database, text):
    assert budgets.is_typed(text)
    for _ in range(5):
        spend(text)
    assert isinstance(spend(text), Refusal)


def test_counters_whose_windows_are_over_are_forgotten(database):
    spend()
    spend(TOKEN)
    assert budgets.prune(db.session(), NOW, 10) == 0
    back(timedelta(hours=2))
    spend(ip="203.0.113.9")
    # The installation's counter is in use again: it stays, and its address.
    assert [budgets.prune(db.session(), NOW, 1) for _ in range(5)] == [1, 1, 1, 1, 0]
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(EnrollmentCounter)) == 3
