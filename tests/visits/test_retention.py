"""How long scans are kept, and when they forget the browser: in chunks, per company."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select

from portal.extensions import db
from portal.jobs.models import DONE, Job
from portal.stickers.models import Sticker
from portal.timetable import TIDY_SCANS, tidy_scans
from portal.visits import retention
from portal.visits.models import Scan
from portal.worker import work_once
from tests.factories.people import make_account
from tests.factories.things import make_record

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def fill(account, ages):
    """Scans so many days old."""
    record = make_record(account)
    sticker_id = db.session.scalar(select(Sticker.id).where(Sticker.record_id == record.id))
    shared = {"account_id": account.id, "sticker_id": sticker_id, "record_id": record.id, "outcome": "record"}
    more = {"is_admitted": True, "is_repeat": False, "browser": "iPhone, Safari", "browser_hash": "b" * 64}
    db.session.execute(insert(Scan), [shared | more | {"at": NOW - age * DAY} for age in ages])
    db.session.commit()


def run(now=NOW):
    """All chunks, each committed, as the worker does it."""
    counts = []
    while changed := retention.apply(db.session(), now):
        db.session.commit()
        counts.append(changed)
        assert len(counts) < 100
    db.session.commit()
    return counts


def ages(account, **columns):
    rows = db.session.scalars(select(Scan.at).filter_by(account_id=account.id, **columns).order_by(Scan.at.desc()))
    return [(NOW - at) / DAY for at in rows]


@pytest.fixture
def company(app):
    with app.app_context():
        yield make_account()


def test_without_settings_everything_stays(company):
    fill(company, [1, 5000])
    assert run() == []
    assert ages(company, browser_hash="b" * 64) == [1, 5000]


def test_scans_older_than_the_days_are_deleted_and_only_of_this_company(company):
    other = make_account("Theirs")
    company.scan_kept_days = 30
    fill(company, [0, 29, 30, 30.001, 31, 400])
    fill(other, [400])
    assert run() == [3]
    assert ages(company) == [0, 29, 30]
    assert ages(other) == [400]


def test_older_scans_forget_the_browser_and_keep_the_rest(company):
    company.scan_anonymised_days = 7
    fill(company, [0, 6, 8, 90])
    assert run() == [2]
    assert ages(company, browser="", browser_hash="") == [8, 90]
    assert ages(company, browser_hash="b" * 64) == [0, 6]
    assert ages(company, outcome="record", is_admitted=True) == [0, 6, 8, 90]
    assert run() == []
    assert run(NOW + 3 * DAY) == [1]  # those that became old meanwhile, and no others again


def test_a_company_without_old_scans_is_no_fault(company):
    company.scan_kept_days, company.scan_anonymised_days = 100, 30
    fill(company, [0, 10])
    assert run() == []
    assert run(NOW + 25 * DAY) == [1]
    assert run(NOW + 26 * DAY) == []  # the mark stands, and nothing became old since


def test_fewer_days_reach_further_and_later_scans_are_found(company):
    company.scan_anonymised_days = 30
    fill(company, [10, 20, 40])
    assert run() == [1]
    company.scan_anonymised_days = 15
    assert run() == [1]
    assert ages(company, browser_hash="") == [20, 40]


def test_it_is_done_in_chunks_and_moments_that_are_equal_stay_together(company, monkeypatch):
    monkeypatch.setattr(retention, "CHUNK", 4)
    company.scan_kept_days, company.scan_anonymised_days = 100, 10
    fill(company, [200] * 9 + [50] * 3 + [40] * 5 + [20])
    counts = run()
    assert counts == [4, 4, 1, 8, 1]
    assert ages(company, browser_hash="") == [20, *[40] * 5, *[50] * 3]
    assert db.session.scalar(select(func.count(Scan.id)).where(Scan.browser_hash != "")) == 0


def test_the_worker_does_it_when_the_timetable_says_so(app, company):
    company.scan_kept_days = 30
    fill(company, [400, 4000])
    tidy_scans(db.session(), app.extensions["portal"], datetime.now(UTC))
    db.session.commit()
    assert work_once(app.extensions["portal"], threading.Event())
    job = db.session.scalars(select(Job).where(Job.kind == TIDY_SCANS)).one()
    assert (job.state, job.result) == (DONE, {"scans": 2})
    assert ages(company) == []
