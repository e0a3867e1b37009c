"""Many phones at once: exactly the allowed number get in, every newcomer has a number of their own."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from portal.accounts.models import Membership
from portal.devices.models import Device, DeviceSession
from portal.enrollment import grants, redemption
from portal.enrollment.models import CREATE_ACCOUNT_AND_DEVICE, USE_EXISTING_DEVICE, Grant, Redemption
from portal.extensions import db
from portal.jobs.models import Job
from tests.client import PASSWORD, PortalClient
from tests.enrollment.arriving import post
from tests.enrollment.ways import make_code, make_key, make_onboarding, newcomer, redeem, ring
from tests.factories.devices import make_device
from tests.factories.people import make_account, make_member

PHONES = 32


def all_together(app, act):
    """Runs ``act`` with each number in a transaction of its own, all at once; raises the first fault of any."""
    ready = Barrier(PHONES)

    def run(number):
        with app.app_context():
            # Before any connection is taken: there are fewer of them than phones.
            ready.wait()
            try:
                done = act(number)
                return done.reason if isinstance(done, redemption.Refusal) else done.sign_in_name or "in"
            finally:
                db.session.remove()

    with ThreadPoolExecutor(PHONES) as crowd:
        return list(crowd.map(run, range(PHONES)))


def arrange(app, make):
    with app.app_context():
        account = make_account()
        made = make(account, make_member(account))
        return made if isinstance(made, str) else made.secret


@pytest.mark.parametrize("allowed", [1, 5])
def test_exactly_the_allowed_number_of_redeemers_win(app, allowed):
    text = arrange(app, lambda account, member: make_code(account, user_id=member.user_id, max_uses=allowed))
    answers = Counter(all_together(app, lambda number: redeem(text, name=f"Phone {number}")))
    assert answers == {"in": allowed, grants.EXHAUSTED: PHONES - allowed}
    with app.app_context():
        assert db.session.scalars(select(Grant.use_count)).one() == allowed
        assert db.session.scalar(select(func.count()).select_from(Device)) == allowed
        assert db.session.scalar(select(func.count()).select_from(DeviceSession)) == allowed
        rows = db.session.execute(select(Redemption.outcome, func.count()).group_by(Redemption.outcome)).all()
        assert dict(rows) == {"redeemed": allowed, "refused": PHONES - allowed}
        assert db.session.scalar(select(func.count()).select_from(Job)) == (1 if allowed == 1 else 0)


def test_one_phone_wins_a_scanned_onboarding_code(app):
    text = arrange(app, lambda _, member: make_onboarding(member))
    answers = Counter(all_together(app, lambda number: redeem(text, name=f"Phone {number}")))
    assert answers == {"in": 1, grants.EXHAUSTED: PHONES - 1}


def test_an_unlimited_key_lets_all_in_and_counts_each(app):
    text = arrange(app, lambda account, _: make_key(account))
    assert all_together(app, lambda number: redeem(text, name=f"Phone {number}")) == ["in"] * PHONES
    with app.app_context():
        assert db.session.scalars(select(Grant.use_count)).one() == PHONES
        assert db.session.scalar(select(func.count()).select_from(Device)) == PHONES


def test_newcomers_at_once_get_different_numbers(app):
    text = arrange(app, lambda account, _: make_code(account, CREATE_ACCOUNT_AND_DEVICE, max_uses=PHONES))
    answers = all_together(app, lambda number: redeem(text, newcomer=newcomer(f"Person {number}")))
    assert sorted(answers) == [f"crew-{number:03d}" for number in range(1, PHONES + 1)]
    with app.app_context():
        names = db.session.scalars(select(Membership.sign_in_name).where(Membership.sign_in_name.is_not(None)))
        assert sorted(names) == sorted(answers)


def test_a_crew_behind_one_address_registers_at_the_same_moment(app):
    """While their passwords are hashed, none of their right codes counts as a wrong one."""
    code = arrange(app, lambda account, _: make_code(account, CREATE_ACCOUNT_AND_DEVICE, max_uses=PHONES))
    ready = Barrier(PHONES)

    def register(number):
        body = {"code": code, "newcomer": {"name": f"Person {number}", "password": PASSWORD}}
        ready.wait()
        return post(PortalClient(app), "/enroll/redeem", body).status_code

    with ThreadPoolExecutor(PHONES) as crowd:
        assert Counter(crowd.map(register, range(PHONES))) == {200: PHONES}


def test_newcomers_by_two_codes_of_one_prefix_get_different_numbers(app):
    with app.app_context():
        account = make_account()
        texts = [make_code(account, CREATE_ACCOUNT_AND_DEVICE, max_uses=PHONES).secret for _ in range(2)]
    answers = all_together(app, lambda number: redeem(texts[number % 2], newcomer=newcomer(f"Person {number}")))
    assert sorted(answers) == [f"crew-{number:03d}" for number in range(1, PHONES + 1)]


def test_one_installation_that_sends_twice_is_one_device(app):
    text = arrange(app, lambda account, member: make_code(account, user_id=member.user_id, max_uses=PHONES))
    assert all_together(app, lambda _: redeem(text, installation_uid="u-1")) == ["in"] * PHONES
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Device)) == 1
        assert (
            db.session.scalar(select(func.count()).select_from(DeviceSession).where(DeviceSession.ended_at.is_(None)))
            == 1
        )


def test_of_two_who_take_over_a_device_one_wins(app):
    def make(account, member):
        device = make_device(account, member)
        return make_code(account, USE_EXISTING_DEVICE, device_id=device.id, max_uses=1)

    text = arrange(app, make)
    answers = Counter(all_together(app, lambda number: redeem(text, installation_uid=f"u-{number}")))
    assert answers == {"in": 1, grants.EXHAUSTED: PHONES - 1}
    with app.app_context():
        assert db.session.scalars(select(DeviceSession.ended_at).where(DeviceSession.ended_at.is_(None))).all() == [
            None
        ]


def test_one_key_is_made_for_a_company_that_has_none(app):
    with app.app_context():
        account_id = make_account().id

    def ensure(_):
        key = grants.ensure_installation_key(db.session(), ring(), account_id, made_at)
        db.session.commit()
        return redemption.Refusal(key.public_id)

    with app.app_context():
        made_at = make_member(make_account("Other")).created_at
    assert len(set(all_together(app, ensure))) == 1
