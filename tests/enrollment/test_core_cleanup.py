"""What enrolment forgets, by the timetable and by command."""

import threading

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import func, select, update

from portal.accounts.models import Account
from portal.devices.models import Device
from portal.enrollment import cleanup, grants, queries
from portal.enrollment.cli import devices_group
from portal.enrollment.models import EnrollmentCounter, Grant, Redemption
from portal.extensions import db
from portal.jobs.models import DONE, Job
from portal.timetable import TASKS, TIDY_DEVICES
from portal.worker import work_once
from tests.enrollment.ways import DAY, HOUR, MINUTE, NOW, make_code, make_key, make_onboarding, redeem
from tests.factories.people import make_account, make_member


@pytest.fixture
def company(app):
    with app.app_context():
        account = make_account()
        yield account, make_member(account)


def tidy(now):
    done = cleanup.tidy(db.session(), now)
    db.session.commit()
    db.session.expire_all()
    return done


def count(model):
    return db.session.scalar(select(func.count()).select_from(model))


def test_one_time_codes_go_a_day_after_their_end_and_leave_their_tries(company):
    account, member = company
    spent, _ = make_onboarding(member), make_onboarding(make_member(account, "bob@example.com", name="Bob"))
    done = redeem(spent.secret)
    redeem(spent.secret)
    ends_at = NOW + 5 * MINUTE
    assert tidy(ends_at + DAY).onboarding_grants == 0
    assert tidy(ends_at + DAY + MINUTE).onboarding_grants == 2
    assert (count(Grant), count(Redemption)) == (0, 2)
    device = db.session.scalars(select(Device)).one()
    assert (device.id, device.grant_id, device.status) == (done.device.id, None, "active")
    # SQLite gives the highest id again: a new code must not inherit the old one's phones.
    fresh = make_onboarding(member)
    assert queries.devices_of(db.session(), account.id, fresh.grant.id) == []
    assert queries.list_redemptions(db.session(), account.id, fresh.grant.id) == []


def test_codes_keys_and_tokens_stay_however_old(company):
    account, member = company
    make_key(account)
    made = make_code(account, user_id=member.user_id)
    tidy(NOW + 1_000 * DAY)
    assert count(Grant) == 2
    assert grants.state(made.grant, NOW + 1_000 * DAY) == grants.EXPIRED


def test_tries_are_kept_for_400_days(company):
    account, _ = company
    redeem(make_key(account))
    assert tidy(NOW + 400 * DAY).redemptions == 0
    assert tidy(NOW + 400 * DAY + MINUTE).redemptions == 1
    assert (count(Redemption), count(Device)) == (0, 1)


def test_addresses_are_kept_as_long_as_each_company_says(company):
    account, _ = company
    other = make_account("Other")
    for one in (account, other):
        redeem(make_key(one), ip="203.0.113.5")
    db.session.execute(update(Account).where(Account.id == other.id).values(device_address_days=5))
    db.session.commit()
    kept = select(Redemption.account_id).where(Redemption.ip != "")
    assert tidy(NOW + 5 * DAY - MINUTE).addresses == 0
    assert tidy(NOW + 5 * DAY).addresses == 1
    assert list(db.session.scalars(kept)) == [account.id]
    assert tidy(NOW + 30 * DAY).addresses == 1
    assert tidy(NOW + 30 * DAY).addresses == 0


def test_a_company_that_keeps_none_any_more_forgets_all(company):
    account, _ = company
    redeem(make_key(account), ip="203.0.113.5")
    db.session.execute(update(Account).values(device_address_days=0))
    assert tidy(NOW).addresses == 1


def test_the_hourly_task_does_both_rooms(app, company):
    _, member = company
    done = redeem(make_onboarding(member).secret)
    task = TASKS["tidy devices"]
    assert task.every == HOUR
    with time_machine.travel(NOW + 500 * DAY, tick=False):
        task.work(db.session(), app.extensions["portal"], NOW + 500 * DAY)
        db.session.commit()
        while work_once(app.extensions["portal"], threading.Event()):
            pass
    db.session.expire_all()
    job = db.session.scalars(select(Job).where(Job.kind == TIDY_DEVICES)).one()
    assert (job.state, job.result) == (DONE, {"rows": 4})
    assert (count(Grant), count(Redemption)) == (0, 0)
    assert done.device_session.ended_at == NOW + 500 * DAY


def test_the_command_does_the_same_and_prints_what(app, company):
    _, member = company
    done = redeem(make_onboarding(member, now=NOW - 2 * DAY).secret, now=NOW - 2 * DAY)
    done.device_session.idle_expires_at = NOW - HOUR
    db.session.add(EnrollmentCounter(scope="typed-site", subject="all", count=1, since_at=NOW - 2 * HOUR))
    db.session.commit()
    answer = CliRunner().invoke(devices_group, ["cleanup"])
    assert answer.exit_code == 0, answer.output
    assert answer.output.splitlines() == [
        "1 sessions of phones ended",
        "0 sessions of long ago deleted",
        "0 dead tokens and cookies of phones deleted",
        "1 one-time codes deleted",
        "0 old tries at codes deleted",
        "0 addresses forgotten",
        "1 counters of tries deleted",
    ]
    db.session.expire_all()
    assert (count(Grant), count(EnrollmentCounter)) == (0, 0)


def test_each_transaction_does_a_chunk(company, monkeypatch):
    _, member = company
    monkeypatch.setattr(cleanup, "CHUNK", 2)
    for _ in range(3):
        redeem(make_onboarding(member).secret, ip="203.0.113.5")
    later = NOW + 40 * DAY
    assert [tidy(later).rows for _ in range(3)] == [4, 2, 0]
    assert (count(Grant), count(Redemption)) == (0, 3)
    assert [tidy(NOW + 401 * DAY).redemptions for _ in range(3)] == [2, 1, 0]
