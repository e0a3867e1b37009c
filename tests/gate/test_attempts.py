"""Attempts on a real database: what is spent, what comes back and to whom."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from portal.accounts.models import Account
from portal.extensions import db
from portal.gate import attempts
from portal.gate import operations as gate
from portal.gate.attempts import Reservation
from portal.gate.models import Attempt, AttemptCounter
from portal.gate.throttle import Refusal
from portal.stickers.models import Sticker
from tests.factories.people import make_account
from tests.factories.things import make_record

MINE, YOURS = "a" * 64, "b" * 64


@pytest.fixture
def place(app):
    """An application context with an account and one sticker in it."""
    with app.app_context():
        account = make_account()
        record = make_record(account)
        yield Place(account.id, sticker_of(record))


class Place:
    """One sticker and its account, and attempts at it."""

    def __init__(self, account_id: int, sticker_id: int) -> None:
        self.account_id = account_id
        self.sticker_id = sticker_id

    def attempt(
        self, *, client: str = "203.0.113.1", browser: str = MINE, generation: int = 2
    ) -> Reservation | Refusal:
        result = attempts.reserve(
            db.session(),
            account_id=self.account_id,
            sticker_id=self.sticker_id,
            generation=generation,
            client=client,
            browser_hash=browser,
            now=datetime.now(UTC),
        )
        db.session.commit()
        return result

    def succeed(self, **who) -> int:
        reservation = self.attempt(**who)
        assert isinstance(reservation, Reservation)
        returned = attempts.give_back(db.session(), reservation, datetime.now(UTC))
        db.session.commit()
        return returned


def sticker_of(record) -> int:
    return db.session.scalars(select(Sticker.id).where(Sticker.record_id == record.id)).one()


def counts() -> dict[str, int]:
    rows = db.session.execute(
        select(AttemptCounter.scope, func.sum(AttemptCounter.count)).group_by(AttemptCounter.scope)
    )
    return {scope: int(count) for scope, count in rows}


def test_an_attempt_is_spent_in_all_four_counters_before_anything_is_judged(place):
    assert isinstance(place.attempt(), Reservation)
    assert counts() == {"sticker": 1, "account": 1, "client-burst": 1, "client-day": 1}


def test_a_process_killed_after_the_reservation_leaves_it_spent(place):
    place.attempt()
    db.session.remove()
    assert counts()["sticker"] == 1
    assert db.session.scalar(select(func.count()).select_from(Attempt)) == 1


def test_a_refused_attempt_spends_nothing(place):
    for number in range(5):
        place.attempt(browser=f"{number:064}")
    before = counts()
    refusal = place.attempt(browser=YOURS)
    assert isinstance(refusal, Refusal) and refusal.scope == "client-burst"
    assert counts() == before


def test_a_right_code_gives_back_itself_and_its_browsers_own_failures(place):
    place.attempt()
    place.attempt()
    assert place.succeed() == 2
    assert counts() == {"sticker": 0, "account": 0, "client-burst": 0, "client-day": 0}


def test_nobody_elses_failures_come_back(place):
    place.attempt(browser=YOURS)
    place.attempt(browser=YOURS, client="203.0.113.2")
    assert place.succeed() == 0
    assert counts() == {"sticker": 2, "account": 2, "client-burst": 2, "client-day": 2}


def test_failures_come_back_once(place):
    place.attempt()
    assert (place.succeed(), place.succeed()) == (1, 0)
    assert counts()["account"] == 0


def test_at_most_four_failures_come_back(place):
    for number in range(6):
        db.session.add(
            Attempt(
                account_id=place.account_id,
                sticker_id=place.sticker_id,
                generation=2,
                client=f"203.0.113.{number}",
                browser_hash=MINE,
                at=datetime.now(UTC) - timedelta(minutes=9, seconds=number),
            )
        )
    db.session.commit()
    reservation = place.attempt(browser=YOURS)
    reservation = Reservation(reservation.attempt_id, reservation.account_id, reservation.generation, MINE)
    assert attempts.give_back(db.session(), reservation, datetime.now(UTC)) == 4


def test_failures_of_over_ten_minutes_ago_stay_spent(place):
    place.attempt()
    db.session.query(Attempt).update({"at": datetime.now(UTC) - timedelta(minutes=11)})
    db.session.commit()
    assert place.succeed() == 0
    assert counts()["account"] == 1


def test_success_at_one_company_returns_no_failure_at_another(place):
    other = make_account("Other Company")
    elsewhere = Place(other.id, sticker_of(make_record(other)))
    place.attempt()
    assert elsewhere.succeed() == 0
    assert counts()["account"] == 1


def test_the_sixth_try_of_one_browser_waits_wherever_it_comes_from_and_another_browser_does_not(place):
    for number in range(5):
        place.attempt(client=f"198.51.100.{number}")
    refusal = place.attempt(client="198.51.100.77")
    assert isinstance(refusal, Refusal) and refusal.scope == "pause" and refusal.wait <= timedelta(seconds=60)
    assert isinstance(place.attempt(client="198.51.100.77", browser=YOURS), Reservation)


def test_an_account_takes_100_guesses_per_passcode_and_a_new_passcode_opens_it_again(place, app):
    account_id = place.account_id
    stickers = [place.sticker_id]
    account = db.session.get(Account, account_id)
    stickers += [sticker_of(make_record(account, name=f"Truck {number}")) for number in range(5)]
    results = [
        Place(account_id, stickers[number % 6]).attempt(client=f"198.51.100.{number}", browser=f"{number:064}")
        for number in range(105)
    ]
    assert sum(isinstance(result, Reservation) for result in results) == 100
    assert {result.scope for result in results if isinstance(result, Refusal)} == {"account"}
    gate.set_passcode(
        db.session(), app.extensions["portal"].key_ring, account_id=account_id, code="7391", now=datetime.now(UTC)
    )
    db.session.commit()
    assert isinstance(place.attempt(generation=3, client="192.0.2.1", browser=YOURS), Reservation)


def test_failures_that_came_back_lengthen_no_pause(place):
    for _ in range(4):
        place.attempt()
    place.succeed()
    assert [type(place.attempt()) for _ in range(5)] == [Reservation] * 5
