"""The installation key: rotation at once and with an overlap, how far it is, plans."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from portal import timetable
from portal.accounts.cli import admin
from portal.accounts.operations import make_setup_token
from portal.audit.models import AuditEvent
from portal.demo.filling import fill
from portal.enrollment import grants, installation_keys, queries, redemption
from portal.enrollment.models import INSTALLATION_KEY, Grant, KeyRotation
from portal.extensions import db
from portal.jobs import mails
from portal.jobs.models import DEAD, QUEUED, Mail
from tests.enrollment.ways import ADMIN, DAY, HOUR, MINUTE, NOW, make_key, make_onboarding, reason, redeem, ring
from tests.factories.people import make_account, make_member


@pytest.fixture
def account(app):
    with app.app_context():
        yield make_account()


def rotate(account, hours=0, now=NOW):
    key = installation_keys.rotate(
        db.session(), ring(), account_id=account.id, overlap_hours=hours, actor=ADMIN, now=now
    )
    db.session.commit()
    db.session.expire_all()
    return grants.reveal(ring(), key)


def progress(account, now=NOW):
    return installation_keys.progress(db.session(), account.id, now)


def test_cut_now_ends_the_key_and_every_phone_of_it_at_once(account):
    old = make_key(account)
    phone = redeem(old, installation_uid="u-1").device
    new = rotate(account)
    assert new != old
    assert reason(redeem(old)) == grants.SUPERSEDED
    assert (phone.pairing_generation, phone.pairing_next, phone.pairing_ends_at) == (1, 2, NOW)
    again = redeem(new, installation_uid="u-1").device
    assert again.id == phone.id
    assert (again.pairing_generation, again.pairing_next, again.pairing_ends_at) == (2, None, None)


def test_during_an_overlap_both_keys_pair_and_the_old_ones_phones_know_their_end(account):
    old = make_key(account)
    before = redeem(old, name="Before").device
    new = rotate(account, hours=48)
    ends_at = NOW + 48 * HOUR
    assert (before.pairing_next, before.pairing_ends_at) == (2, ends_at)
    late = redeem(old, name="Late", now=ends_at - MINUTE).device
    assert (late.pairing_generation, late.pairing_next, late.pairing_ends_at) == (1, 2, ends_at)
    assert redeem(new, name="New").device.pairing_ends_at is None
    assert reason(redeem(old, now=ends_at)) == grants.SUPERSEDED
    assert queries.current_key(db.session(), account.id).generation == 2


def test_progress_counts_and_names_who_is_left(account):
    old = make_key(account)
    phones = [redeem(old, name=f"Phone {n}").device for n in range(4)]
    make_other = make_account("Other")
    redeem(make_key(make_other), name="Foreign")
    redeem(make_onboarding(make_member(account)).secret, name="Joined otherwise")
    assert progress(account) == installation_keys.Progress(4, 4, (), None)
    new = rotate(account, hours=24)
    phones[0].installation_uid = "u-0"
    db.session.commit()
    redeem(new, installation_uid="u-0")
    found = progress(account)
    assert (found.moved, found.total, found.ends_at) == (1, 4, NOW + DAY)
    assert found.names_left == ("Phone 1", "Phone 2", "Phone 3")
    assert progress(account, NOW + 2 * DAY).ends_at is None
    phones[1].status = "revoked"
    db.session.commit()
    assert progress(account).total == 3


def test_a_second_rotation_makes_no_earlier_end_later(account):
    first = make_key(account)
    one = redeem(first, name="One").device
    second = rotate(account, hours=24)
    two = redeem(second, name="Two").device
    third = rotate(account, hours=240)
    assert (one.pairing_next, one.pairing_ends_at) == (3, NOW + DAY)
    assert (two.pairing_next, two.pairing_ends_at) == (3, NOW + 10 * DAY)
    assert reason(redeem(first, now=NOW + DAY)) == grants.SUPERSEDED
    assert isinstance(redeem(second, now=NOW + DAY), redemption.Redeemed)
    fourth = rotate(account, now=NOW + 2 * DAY)
    db.session.expire_all()
    assert (one.pairing_ends_at, two.pairing_ends_at) == (NOW + DAY, NOW + 2 * DAY)
    for text in (first, second, third):
        assert reason(redeem(text, now=NOW + 2 * DAY)) == grants.SUPERSEDED
    assert redeem(fourth).device.pairing_generation == 4


@pytest.mark.parametrize(("hours", "kept"), [(-5, 0), (90 * 24, 90 * 24), (10_000, 90 * 24)])
def test_an_overlap_is_neither_negative_nor_endless(account, hours, kept):
    make_key(account)
    rotate(account, hours=hours)
    old = db.session.scalars(select(Grant).where(Grant.generation == 1)).one()
    assert old.superseded_at == NOW + kept * HOUR


@pytest.mark.parametrize(("hours", "state"), [(0, DEAD), (1, QUEUED)])
def test_a_mail_that_waits_with_a_key_that_is_cut_is_held_back(account, hours, state):
    make_key(account)
    other = make_account("Other")
    for one, kind in (
        (account, installation_keys.PAIRING_MAIL),
        (account, "reminders"),
        (other, "enrollment.pairing_qr"),
    ):
        mails.post(
            db.session(), account_id=one.id, kind=kind, recipient="tom@example.com", subject="QR", text_body="QR",
            html_body="", now=NOW,
        )  # fmt: skip
    rotate(account, hours=hours)
    held, *rest = db.session.scalars(select(Mail).order_by(Mail.id)).all()
    assert (held.state, "The key was rotated" in held.fault) == (state, state == DEAD)
    assert [(one.state, one.fault) for one in rest] == [(QUEUED, "")] * 2


def test_a_rotation_is_audited_without_the_key(account):
    keys = {make_key(account), rotate(account, hours=5)}
    events = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "installation_key.rotate")).all()
    assert [(one.actor_name, one.before, one.after) for one in events] == [
        ("Ada Admin", {"generation": 1}, {"generation": 2, "overlap_hours": 5})
    ]
    assert not [key for key in keys if key in str([one.target_name for one in events])]


def plan(account, *, next_at=NOW + DAY, every_days=None, overlap_hours=0):
    done = installation_keys.plan(
        db.session(),
        account_id=account.id,
        next_at=next_at,
        every_days=every_days,
        overlap_hours=overlap_hours,
        actor=ADMIN,
        now=NOW,
    )
    db.session.commit()
    return done


def run_due(now):
    done = installation_keys.run_due_plans(db.session(), ring(), now)
    db.session.commit()
    db.session.expire_all()
    return done


def generation(account):
    return queries.current_key(db.session(), account.id).generation


def test_a_plan_is_done_once_at_its_moment(account):
    make_key(account)
    plan(account, overlap_hours=3)
    assert (run_due(NOW + DAY - MINUTE), generation(account)) == (0, 1)
    assert (run_due(NOW + DAY), generation(account)) == (1, 2)
    assert run_due(NOW + 100 * DAY) == 0
    assert installation_keys.find_plan(db.session(), account.id) is None
    old = db.session.scalars(select(Grant).where(Grant.generation == 1)).one()
    assert old.superseded_at == NOW + DAY + 3 * HOUR
    events = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "installation_key.rotate")).all()
    assert [one.actor_name for one in events] == ["worker, planned by Ada Admin"]


def test_a_plan_that_repeats_goes_on_and_a_long_pause_costs_one_rotation(account):
    make_key(account)
    plan(account, every_days=30)
    assert run_due(NOW + DAY) == 1
    assert installation_keys.find_plan(db.session(), account.id).next_at == NOW + 31 * DAY
    assert run_due(NOW + 100 * DAY) == 1
    assert installation_keys.find_plan(db.session(), account.id).next_at == NOW + 121 * DAY
    assert generation(account) == 3


@pytest.mark.parametrize("pause_days", [0, 64])
def test_a_plan_that_repeats_keeps_its_time_of_the_companys_clock(account, pause_days):
    """In Detroit the clocks go back on 3 November 2030 and forth on 10 March 2031."""
    account.timezone = "America/Detroit"
    detroit = ZoneInfo(account.timezone)
    first = datetime(2030, 10, 20, 3, tzinfo=detroit)
    make_key(account)
    plan(account, every_days=30, next_at=first.astimezone(UTC))
    assert run_due(first.astimezone(UTC) + pause_days * DAY) == 1
    wanted = datetime(2030, 11, 19, 3, tzinfo=detroit) if not pause_days else datetime(2031, 1, 18, 3, tzinfo=detroit)
    assert installation_keys.find_plan(db.session(), account.id).next_at == wanted.astimezone(UTC)


def test_a_plan_is_replaced_and_cancelled(account):
    make_key(account)
    plan(account)
    plan(account, next_at=NOW + 5 * DAY, every_days=90)
    assert [one.next_at for one in db.session.scalars(select(KeyRotation))] == [NOW + 5 * DAY]
    for expected in (True, False):
        done = installation_keys.cancel_plan(db.session(), account_id=account.id, actor=ADMIN, now=NOW)
        db.session.commit()
        assert done is expected
    assert (run_due(NOW + 50 * DAY), generation(account)) == (0, 1)


def test_the_timetable_gives_every_company_its_key_and_does_plans(app, account):
    other = make_account("Other")
    make_key(other)
    plan(other, next_at=NOW - MINUTE)
    for _ in range(2):
        timetable.TASKS["installation keys"].work(db.session(), app.extensions["portal"], NOW)
        db.session.commit()
    assert (generation(account), generation(other)) == (1, 2)
    assert len(db.session.scalars(select(Grant).where(Grant.kind == INSTALLATION_KEY)).all()) == 3


def test_a_planned_rotation_is_at_most_a_minute_late():
    assert timetable.TASKS["installation keys"].every <= MINUTE


def test_a_company_made_at_setup_by_command_or_as_demo_has_its_key(app, client):
    with app.app_context():
        token = make_setup_token(db.session(), NOW)
        db.session.commit()
    person = {"name": "Ann", "email": "ann@example.com", "password": "brown kettle seven hats"}
    form = {"token": token, "company": "Acme", "country": "US", "timezone": "UTC"} | person
    answer = client.submit("/setup", form)
    assert answer.status_code == 303
    with app.app_context():
        words = ["create", "--account", "Beta", "--email", "ann@example.com", "--password-stdin"]
        assert CliRunner().invoke(admin, words, input="brown kettle seven hats\n").exit_code == 0
        assert len(db.session.scalars(select(Grant).where(Grant.kind == INSTALLATION_KEY)).all()) == 2


def test_the_demo_companies_have_their_keys(app):
    with app.app_context():
        parts = app.extensions["portal"]
        fill(db.session(), parts.key_ring, parts.photos, now=NOW)
        db.session.commit()
        assert len(db.session.scalars(select(Grant).where(Grant.kind == INSTALLATION_KEY)).all()) == 2
