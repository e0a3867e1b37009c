"""The scan log: one row per answered look, batches in the database, repeats told apart."""

import threading
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, update

from portal.extensions import db
from portal.gate import operations as gate
from portal.records.models import Record
from portal.stickers.models import Sticker
from portal.visits import queries
from portal.visits.models import Scan
from portal.visits.operations import NewScan, write_scans
from tests.client import PortalClient
from tests.factories.people import PASSCODE, make_account
from tests.factories.things import make_record, scan_path

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Safari/604.1"
T = datetime(2026, 3, 1, 12, tzinfo=UTC)


def logged(app):
    """(outcome, admitted, repeat) of every row, the oldest first."""
    app.extensions["scan_log"].flush()
    with app.app_context():
        return [
            tuple(row)
            for row in db.session.execute(select(Scan.outcome, Scan.is_admitted, Scan.is_repeat).order_by(Scan.id))
        ]


def test_one_row_per_answered_get_and_per_refused_post(app, client):
    with app.app_context():
        path = scan_path(make_record(make_account()))
    client.get(path)
    client.post(path, data={"passcode": "0000"})
    client.post(path, data={"passcode": PASSCODE})
    client.get(path)
    client.head(path)
    client.get("/q/0000000000000000")
    assert logged(app) == [("gate", False, False), ("wrong", False, True), ("record", True, True)]


def test_a_row_knows_the_kind_of_browser_and_no_address(app, client):
    with app.app_context():
        path = scan_path(make_record(make_account()))
    client.get(path, headers={"User-Agent": IPHONE}, environ_overrides={"REMOTE_ADDR": "198.51.100.77"})
    logged(app)
    with app.app_context():
        scan = db.session.scalars(select(Scan)).one()
        assert scan.browser == "iPhone, Safari" and len(scan.browser_hash) == 64
        assert "198.51.100.77" not in str(vars(scan))
        sticker = db.session.get(Sticker, scan.sticker_id)
        assert sticker.last_scanned_at == scan.at and scan.record_id == sticker.record_id


def test_throttled_and_closed_answers_are_logged_by_their_outcome(app):
    with app.app_context():
        account = make_account()
        path = scan_path(make_record(account))
        account_id = account.id
    for _ in range(6):
        PortalClient(app).post(path, data={"passcode": "0000"})
    with app.app_context():
        gate.set_passcode(
            db.session(), app.extensions["portal"].key_ring, account_id=account_id, code="", now=datetime.now(UTC)
        )
        db.session.commit()
    PortalClient(app).post(path, data={"passcode": PASSCODE})
    with app.app_context():
        db.session.execute(update(Record).values(archived_at=datetime.now(UTC)))
        db.session.commit()
    PortalClient(app).get(path)
    assert [outcome for outcome, _, _ in logged(app)] == ["wrong"] * 5 + ["throttled", "no-passcode", "archived"]


def look(sticker, at=T, browser="a", **columns):
    return NewScan(
        **{
            "account_id": sticker.account_id,
            "sticker_id": sticker.id,
            "at": at,
            "outcome": "record",
            "is_admitted": True,
            "browser": "Android, Chrome",
            "browser_hash": browser * 64,
        }
        | columns
    )


def make_sticker(account, name="Truck 7"):
    return db.session.scalars(select(Sticker).where(Sticker.record_id == make_record(account, name=name).id)).one()


@pytest.mark.parametrize("is_one_batch", [True, False])
def test_one_browser_and_sticker_count_once_in_30_minutes(app, is_one_batch):
    minute = timedelta(minutes=1)
    with app.app_context():
        account = make_account()
        one, other = make_sticker(account), make_sticker(account, "Truck 8")
        scans = [
            look(one),
            look(one, T + 29 * minute),
            look(one, T + 29 * minute, "b"),
            look(other, T + 29 * minute),
            look(one, T + 30 * minute),
        ]
        for batch in [scans] if is_one_batch else [[scan] for scan in scans]:
            write_scans(db.session(), batch)
            db.session.commit()
        repeats = list(db.session.scalars(select(Scan.is_repeat).order_by(Scan.at, Scan.id)))
        assert repeats == [False, True, False, False, False]
        assert queries.count_scans(db.session(), account.id, since=T) == 4
        assert queries.count_scans(db.session(), account.id, since=T, record_id=one.record_id) == 3
        assert queries.count_scanned_stickers(db.session(), account.id, since=T) == 2
        assert queries.count_scans(db.session(), make_account("Other").id, since=T) == 0


def test_a_late_batch_does_not_turn_last_scanned_back(app):
    with app.app_context():
        sticker = make_sticker(make_account())
        for at in (T, T - timedelta(hours=1)):
            write_scans(db.session(), [look(sticker, at)])
            db.session.commit()
        db.session.refresh(sticker)
        assert sticker.last_scanned_at == T


def test_looks_at_what_was_deleted_meanwhile_break_nothing(app):
    with app.app_context():
        account = make_account()
        kept, gone = make_sticker(account), make_sticker(account, "Truck 8")
        scans = [look(kept), look(gone)]
        db.session.execute(delete(Sticker).where(Sticker.id == gone.id))
        db.session.execute(update(Sticker).values(record_id=None, revoked_at=T))
        db.session.execute(delete(Record))
        db.session.commit()
        assert len(write_scans(db.session(), scans)) == 1
        assert write_scans(db.session(), scans[1:]) == []
        db.session.commit()
        assert db.session.scalars(select(Scan.record_id)).all() == [None]


def test_the_last_scans_of_a_record_come_newest_first_and_stay_in_their_account(app):
    with app.app_context():
        account = make_account()
        sticker = make_sticker(account)
        write_scans(db.session(), [look(sticker, T + timedelta(hours=hour)) for hour in range(5)])
        db.session.commit()
        found = queries.list_recent_for_record(db.session(), account.id, sticker.record_id, 3)
        assert [scan.at.hour for scan in found] == [16, 15, 14]
        assert queries.list_recent_for_record(db.session(), make_account("Other").id, sticker.record_id, 3) == []


def test_the_thread_writes_by_itself(app, client):
    with app.app_context():
        path = scan_path(make_record(make_account()))
    client.get(path)
    for _ in range(200):
        with app.app_context(), db.engine.connect() as connection:
            if connection.scalar(select(func.count()).select_from(Scan)):
                return
        threading.Event().wait(0.05)
    raise AssertionError("the log's thread never wrote")


def test_what_is_queued_is_written_before_the_process_ends(live, live_app):
    with live_app.app_context():
        path = scan_path(make_record(make_account()))
    for _ in range(3):
        urllib.request.urlopen(f"{live.url}{path}").read()
    live.stop()
    with live_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Scan)) == 3
