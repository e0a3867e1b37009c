"""The demo company: what it holds, and that everything in it is well-formed."""

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import phonenumbers
import pytest
import sqlalchemy as sa
from flask import Flask, current_app

from portal.accounts.models import Account, Membership, User
from portal.audit.operations import OPERATOR
from portal.config import Settings
from portal.demo import filling
from portal.demo.filling import DemoSignIn
from portal.demo.fleet import vin_check_digit
from portal.extensions import db
from portal.gate.queries import get_passcode_row, reveal_passcode
from portal.lib.clock import today_in
from portal.lib.emails import parse_email
from portal.lib.folding import fold
from portal.lib.images import PhotoStore
from portal.lib.passcodes import check_passcode
from portal.lib.passwords import check_password, verify_password
from portal.records import expirations, search
from portal.records.kinds import BY_NAME
from portal.records.models import Expiration, Record
from portal.records.operations import update_record
from portal.stickers.models import Sticker
from portal.visits.models import Scan
from portal.visits.operations import REPEAT_WITHIN
from tests.demo.filled import NOW, empty_database, fill_now, records, the_account

COUNTS = {"vehicle": 60, "equipment": 100, "location": 40, "contact": 40}
OUTCOMES = {"gate", "record", "wrong", "throttled", "retired", "revoked"}


@pytest.fixture(scope="module")
def fresh_database(_application: Flask, base_settings: Settings) -> DemoSignIn:
    """Filled once for this module in place of emptied for every test: its tests only read, or roll back."""
    with _application.app_context():
        empty_database()
        shutil.rmtree(base_settings.photo_dir, ignore_errors=True)
        return fill_now()


@pytest.fixture
def demo(app: Flask, fresh_database: DemoSignIn) -> Iterator[DemoSignIn]:
    """The demo company, inside an application context."""
    with app.app_context():
        yield fresh_database


def test_it_has_the_promised_counts_in_use(demo):
    assert Counter(record.kind for record in records(the_account())) == COUNTS
    assert all(record.archived_at is None for record in records(the_account()))


def test_the_sign_in_and_the_passcode_work(demo):
    admin = db.session.scalars(sa.select(User).where(User.email == demo.email)).one()
    assert verify_password(admin.password_hash, demo.password)
    assert check_password(demo.password, email=demo.email) is None
    assert check_passcode(demo.passcode) is None
    row = get_passcode_row(db.session(), the_account().id)
    assert reveal_passcode(current_app.extensions["portal"].key_ring, row) == demo.passcode


def test_the_admin_belongs_to_two_companies_and_a_member_to_one(demo):
    places = db.session.execute(
        sa.select(User.email, Account.name, Membership.role).join(Membership.user).join(Membership.account)
    ).all()
    assert Counter(email for email, _, _ in places) == {filling.ADMIN_EMAIL: 2, filling.MEMBER_EMAIL: 1}
    assert {role for email, _, role in places if email == filling.MEMBER_EMAIL} == {"member"}
    sister = db.session.scalars(sa.select(Account).where(Account.id != the_account().id)).one()
    assert 3 <= len(records(sister)) <= 5
    assert {record.account_id for record in records(sister)} == {sister.id}


def test_every_kind_has_papers_in_every_state(demo):
    today = today_in(the_account().timezone, NOW)
    states = {
        (record.kind, expirations.record_state(record.next_expires_on, record.next_warns_on, today))
        for record in records(the_account())
        if record.archived_at is None
    }
    for kind in COUNTS:
        assert {state for of, state in states if of == kind} >= {"valid", "due soon", "expired"}, kind


def test_the_earliest_days_kept_on_a_record_are_those_of_its_current_papers(demo):
    for record in records(the_account()):
        current = [paper for paper in record.expirations if paper.renewed_at is None]
        assert record.next_expires_on == min((paper.expires_on for paper in current), default=None)
        assert record.next_warns_on == min((paper.warns_on for paper in current), default=None)


def test_renewals_keep_their_history_in_the_past(demo):
    history = list(db.session.scalars(sa.select(Expiration).where(Expiration.renewed_at.is_not(None))))
    assert len(history) > 100
    assert all(paper.renewed_at < NOW for paper in history)
    current = {
        (paper.record_id, paper.what): paper.expires_on
        for paper in db.session.scalars(sa.select(Expiration).where(Expiration.renewed_at.is_(None)))
    }
    assert all(paper.expires_on < current[paper.record_id, paper.what] for paper in history)


def test_every_record_could_have_been_typed_and_is_found(demo):
    """Saving what is there again is accepted and changes nothing, so every value is in its normal form."""
    account = the_account()
    for record in records(account):
        values = {field.name: getattr(record, field.name) for field in BY_NAME[record.kind].fields}
        version = record.version
        saved = update_record(db.session(), record, account=account, values=values, now=NOW, actor=OPERATOR)
        assert isinstance(saved, Record), saved
        assert saved.version == version, record.name
        assert record.name_key == search.name_key(record.name)
        assert fold(record.name) in record.search_text


def test_names_are_long_and_in_many_scripts(demo):
    names = [record.name for record in records(the_account())]
    assert any(len(name) > 60 for name in names)
    assert any("ł" in name or "ś" in name for name in names)
    assert any("\u0600" <= char <= "\u06ff" for name in names for char in name)
    assert any("\u4e00" <= char <= "\u9fff" for name in names for char in name)
    assert len(set(names)) == len(names)


def test_phones_are_fictional_and_valid_and_addresses_reserved(demo):
    contacts = [record for record in records(the_account()) if record.kind == "contact"]
    numbers = [number for contact in contacts for number in (contact.phone, contact.mobile) if number]
    for number in numbers:
        assert phonenumbers.is_valid_number(phonenumbers.parse(number))
        assert number[5:10] == "55501", number
    assert len(set(numbers)) == len(numbers) > 50
    emails = [contact.email for contact in contacts if contact.email]
    assert all(parse_email(email) == email and email.endswith(".example") for email in emails)
    assert len(emails) < len(contacts)
    assert any(not contact.phone and not contact.mobile for contact in contacts)


def test_vins_have_their_check_digit_and_are_unique(demo):
    vins = [record.vin for record in records(the_account()) if record.kind == "vehicle"]
    assert all(len(vin) == 17 and vin[8] == vin_check_digit(vin) for vin in vins)
    assert len(set(vins)) == len(vins)


def test_the_check_digit_is_that_of_known_vins():
    assert vin_check_digit("11111111111111111") == "1"
    assert vin_check_digit("1M8GDM9AXKP042788") == "X"


def test_supervisors_and_places_form_trees(demo):
    for record in records(the_account()):
        for step in ("supervisor", "location"):
            seen, above = {record.id}, getattr(record, step)
            while above is not None:
                assert above.id not in seen, record.name
                seen.add(above.id)
                above = getattr(above, step)
    assert any(record.supervisor and record.supervisor.supervisor for record in records(the_account()))


def test_owners_are_missing_here_and_there(demo):
    for kind in ("vehicle", "equipment", "location"):
        owned = Counter(record.owner_id is None for record in records(the_account()) if record.kind == kind)
        assert owned[True] >= 3
        assert owned[False] > 4 * owned[True] / 3


def test_every_record_has_a_picture_and_every_contact_its_own(demo):
    photos: PhotoStore = current_app.extensions["portal"].photos
    for record in records(the_account()):
        assert photos.path(record.photo_key, "full")
        assert photos.path(record.photo_key, "thumb")
    portraits = [record.photo_key for record in records(the_account()) if record.kind == "contact"]
    assert len(set(portraits)) == len(portraits)
    assert photos.logo_path(the_account().logo_key)


def test_every_record_has_one_current_sticker(demo):
    current = db.session.scalars(sa.select(Sticker.record_id).where(Sticker.revoked_at.is_(None))).all()
    assert sorted(current) == sorted(db.session.scalars(sa.select(Record.id)))
    assert db.session.scalar(sa.select(sa.func.count()).where(Sticker.revoked_at.is_not(None))) >= 3


def test_scans_fill_ninety_days_with_weekdays_and_every_outcome(demo):
    scans = db.session.scalars(sa.select(Scan).order_by(Scan.at)).all()
    assert 1500 < len(scans) < 2600
    assert {scan.outcome for scan in scans} == OUTCOMES
    assert all(NOW - timedelta(days=91) < scan.at <= NOW for scan in scans)
    assert len({scan.at.date() for scan in scans}) > 85
    weekday = Counter(scan.at.astimezone().weekday() for scan in scans)
    assert weekday[6] < weekday[1] / 3
    assert all(scan.is_admitted == (scan.outcome == "record") for scan in scans)
    assert {scan.browser for scan in scans} >= {"iPhone, Safari", "Android, Chrome"}


def test_scans_agree_with_their_stickers(demo):
    latest: dict[int, datetime] = {}
    counted: dict[tuple[int, str], datetime] = {}
    stickers = {sticker.id: sticker for sticker in db.session.scalars(sa.select(Sticker))}
    for scan in db.session.scalars(sa.select(Scan).order_by(Scan.at, Scan.id)):
        sticker = stickers[scan.sticker_id]
        assert scan.record_id == sticker.record_id
        assert sticker.created_at <= scan.at
        assert (scan.outcome == "revoked") == (sticker.revoked_at is not None and sticker.revoked_at <= scan.at)
        last = counted.get((scan.sticker_id, scan.browser_hash))
        assert scan.is_repeat == (last is not None and scan.at - last < REPEAT_WITHIN)
        if not scan.is_repeat:
            counted[scan.sticker_id, scan.browser_hash] = scan.at
        latest[scan.sticker_id] = scan.at
    assert {sticker.id: sticker.last_scanned_at for sticker in stickers.values() if sticker.last_scanned_at} == latest
    assert len(latest) < len(stickers) * 0.9


def test_moments_of_records_are_past_and_in_order(demo):
    made = [record.created_at for record in records(the_account())]
    assert all(earlier <= later for earlier, later in pairwise(made))
    assert made[-1] < NOW
