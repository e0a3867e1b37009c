"""Several admins at once: each act waits for the one before it, and none of them is a fault."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

from sqlalchemy import func, select

from portal.accounts.models import Account
from portal.extensions import db
from portal.gate import operations as gate
from portal.gate.models import Passcode
from portal.stickers import operations, tokens
from portal.stickers.models import Passphrase, Sticker
from tests.factories.people import make_account
from tests.factories.things import make_record

AT_ONCE = 6
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def all_together(app, act):
    """Runs ``act`` in so many transactions at once; raises the first fault of any."""
    ready = Barrier(AT_ONCE)

    def run(number):
        with app.app_context():
            # The account has been read before, as in every request.
            db.session.scalars(select(Account)).all()
            db.session.rollback()
            ready.wait()
            act(number)
            db.session.commit()

    with ThreadPoolExecutor(AT_ONCE) as crowd:
        list(crowd.map(run, range(AT_ONCE)))


def arrange(app):
    with app.app_context():
        account = make_account()
        return account.id, make_record(account).id


def test_new_stickers_asked_for_at_once_leave_one_that_works(app):
    account_id, record_id = arrange(app)
    all_together(app, lambda _: operations.replace(db.session(), account_id=account_id, record_id=record_id, now=NOW))
    with app.app_context():
        assert db.session.scalar(select(func.count()).where(Sticker.record_id == record_id)) == AT_ONCE + 1
        assert len(db.session.scalars(select(Sticker).where(Sticker.revoked_at.is_(None))).all()) == 1


def test_rotations_at_once_leave_one_passphrase(app):
    account_id, _ = arrange(app)
    ring = app.extensions["portal"].key_ring

    def rotate(_):
        operations.set_passphrase(db.session(), ring, account_id=account_id, text=tokens.make_passphrase(), now=NOW)

    all_together(app, rotate)
    with app.app_context():
        assert len(db.session.scalars(select(Passphrase).where(Passphrase.retired_at.is_(None))).all()) == 1
        assert db.session.scalar(select(func.count()).select_from(Passphrase)) == AT_ONCE + 1


def test_each_of_several_passcodes_set_at_once_voids_the_passes_before_it(app):
    account_id, _ = arrange(app)
    ring = app.extensions["portal"].key_ring
    with app.app_context():
        before = gate.get_passcode_row(db.session(), account_id).pass_generation
    all_together(app, lambda _: gate.set_passcode(db.session(), ring, account_id=account_id, code="4821", now=NOW))
    with app.app_context():
        row = db.session.scalars(select(Passcode)).one()
        assert row.pass_generation == before + AT_ONCE
