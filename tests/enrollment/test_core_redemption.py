"""What a redemption does for each action, what it refuses, and what it writes down."""

import pytest
from sqlalchemy import delete, func, select, update

from portal.accounts.models import MEMBER, Account, Membership, User
from portal.accounts.names import has_email
from portal.audit.models import AuditEvent
from portal.devices import operations as devices
from portal.devices.models import (
    ACTIVE,
    APP,
    EXPECTED,
    PAIRED,
    PENDING,
    REPLACED,
    REVOKED,
    SUSPENDED,
    Device,
    DeviceSession,
)
from portal.enrollment import enrolled, expected, grants, queries, redemption
from portal.enrollment.models import (
    CREATE_ACCOUNT_AND_DEVICE,
    CREATE_DEVICE,
    INSTALLATION_CODE,
    INSTALLATION_KEY,
    ONBOARDING,
    USE_EXISTING_DEVICE,
    Grant,
    Redemption,
)
from portal.extensions import db
from portal.lib import typed_codes
from tests.enrollment.ways import (
    ADMIN,
    DAY,
    HOUR,
    MINUTE,
    NOW,
    make_code,
    make_key,
    make_onboarding,
    make_token,
    newcomer,
    reason,
    redeem,
    ring,
)
from tests.factories.people import make_account, make_member


@pytest.fixture
def company(app):
    with app.app_context():
        account = make_account()
        yield account, make_member(account)


def count(model, *where):
    return db.session.scalar(select(func.count()).select_from(model).where(*where))


def tries():
    return [(one.outcome, one.reason) for one in db.session.scalars(select(Redemption).order_by(Redemption.id))]


def use_count(made):
    return db.session.scalar(select(Grant.use_count).where(Grant.id == made.grant.id))


# The actions


def test_an_onboarding_code_signs_its_person_in_at_once(company):
    account, member = company
    made = make_onboarding(member)
    done = redeem(made.secret, platform="iOS", model="iPhone 19", app_version="1.2", installation_uid="u-1")
    assert (done.device_session.scope, done.device_session.user_id) == (APP, member.user_id)
    assert (done.device.account_id, done.device.user_id, done.device.status) == (account.id, member.user_id, ACTIVE)
    told = (done.device.name, done.device.platform, done.device.model, done.device.app_version)
    assert told == ("Phone 1", "iOS", "iPhone 19", "1.2")
    assert (done.device.connected_at, done.device.last_active_at, done.device.last_ip) == (NOW, NOW, "203.0.113.7")
    assert (done.grant.use_count, done.grant.last_used_at, done.grant.last_used_device_id) == (1, NOW, done.device.id)
    assert done.device.pairing_generation is None
    assert tries() == [("redeemed", "")]


def test_the_typed_fallback_opens_the_same_once(company):
    _, member = company
    made = make_onboarding(member)
    assert isinstance(redeem(f" {made.typed_code.lower().replace('-', ' ')} "), redemption.Redeemed)
    assert reason(redeem(made.secret)) == grants.EXHAUSTED


def test_the_installation_key_pairs_without_a_person_and_without_end(company):
    account, member = company
    key = make_key(account)
    phones = [redeem(key, name=f"Phone {n}", now=NOW + n * 300 * DAY) for n in range(3)]
    for done in phones:
        assert (done.device_session.scope, done.device_session.user_id) == (PAIRED, None)
        assert (done.device.user_id, done.device.pairing_generation, done.device.pairing_next) == (None, 1, None)
    assert count(Device) == 3
    assert member.role != MEMBER


def test_the_last_time_used_does_not_go_back_when_an_earlier_caller_had_to_wait(company):
    account, member = company
    made = make_code(account, user_id=member.user_id)
    redeem(made.secret, name="Came second, went first", now=NOW + MINUTE)
    grant = redeem(made.secret, name="Waited", now=NOW).grant
    assert (grant.use_count, grant.last_used_at) == (2, NOW + MINUTE)


def test_a_device_is_registered_to_the_account_of_its_code_and_nobody_is_signed_in(company):
    account, member = company
    made = make_code(account, user_id=member.user_id, tags=["yard", "night"], defaults={"site": "North"})
    done = redeem(made.typed_code)
    assert (done.device.user_id, done.device_session.user_id) == (member.user_id, None)
    assert done.device_session.scope == PAIRED
    assert (done.device.tags, done.device.defaults) == (["yard", "night"], {"site": "North"})
    assert [one.id for one in queries.devices_of(db.session(), account.id, made.grant.id)] == [done.device.id]


def test_a_fleet_gets_tags_defaults_and_counted_names(company):
    account, member = company
    made = make_token(account, member.user_id, tags=["fleet"], defaults={"name": "Scanner {n}", "volume": "3"})
    names = [redeem(made.secret, name="?").device.name for _ in range(3)]
    assert names == ["Scanner 1", "Scanner 2", "Scanner 3"]
    assert all(one.tags == ["fleet"] for one in db.session.scalars(select(Device)))


def test_a_newcomer_with_a_prefix_becomes_a_member_with_the_next_number(company):
    account, _ = company
    made = make_code(account, CREATE_ACCOUNT_AND_DEVICE, username_prefix="Crew-")
    done = redeem(made.secret, newcomer=newcomer("Nina"))
    assert done.sign_in_name == "crew-001"
    assert redeem(made.secret, newcomer=newcomer("Olaf")).sign_in_name == "crew-002"
    member = db.session.scalars(select(Membership).where(Membership.sign_in_name == "crew-001")).one()
    assert (member.role, member.permissions, member.user.name) == (MEMBER, [], "Nina")
    assert member.user.email == f"crew-001@{account.public_id}.invalid"
    assert not has_email(member.user.email)
    assert (done.device.user_id, done.device_session.user_id) == (member.user_id, None)


def test_numbers_that_somebody_has_already_are_left_out(company):
    account, member = company
    member.sign_in_name = "crew-002"
    first = make_code(account, CREATE_ACCOUNT_AND_DEVICE)
    second = make_code(account, CREATE_ACCOUNT_AND_DEVICE, username_prefix="CREW-")
    assert redeem(first.secret, newcomer=newcomer()).sign_in_name == "crew-001"
    assert redeem(second.secret, newcomer=newcomer()).sign_in_name == "crew-003"
    assert redeem(first.secret, newcomer=newcomer()).sign_in_name == "crew-004"
    assert count(Membership, Membership.account_id == account.id) == 4


def test_a_prefix_of_which_a_thousand_numbers_are_taken_goes_on_behind_them(company):
    """Of people who left, too: their names are not given to others."""
    account, _ = company
    names = [f"crew-{number:03}@{account.public_id}.invalid" for number in range(1, 1206) if number != 2]
    db.session.add_all([User(email=name, name="Gone", password_hash="", created_at=NOW) for name in names])
    made = make_code(account, CREATE_ACCOUNT_AND_DEVICE, username_prefix="Crew-")
    assert [redeem(made.secret, newcomer=newcomer()).sign_in_name for _ in range(2)] == ["crew-002", "crew-1206"]


def test_two_companies_have_the_same_names(company):
    for name in ("North", "South"):
        made = make_code(make_account(name), CREATE_ACCOUNT_AND_DEVICE)
        assert redeem(made.secret, newcomer=newcomer()).sign_in_name == "crew-001"


def without_prefix(made):
    db.session.execute(update(Grant).where(Grant.id == made.grant.id).values(username_prefix=""))
    db.session.commit()
    return made


def test_a_newcomer_without_a_prefix_comes_with_an_e_mail(company):
    account, _ = company
    made = without_prefix(make_code(account, CREATE_ACCOUNT_AND_DEVICE))
    seen = redemption.inspect(db.session(), ring(), made.secret, NOW)
    assert (seen.needs, seen.sign_in_prefix) == (("name", "email", "password"), "")
    done = redeem(made.secret, newcomer=newcomer("Nina", "Nina@Example.com"))
    assert (done.sign_in_name, db.session.get(User, done.device.user_id).email) == ("", "nina@example.com")


@pytest.mark.parametrize(
    "who",
    [None, newcomer("", "n@example.com"), newcomer("Nina", ""), newcomer("Nina", "crew-001@abc.invalid")],
)
def test_half_a_newcomer_is_refused_and_costs_no_use(company, who):
    account, _ = company
    made = without_prefix(make_code(account, CREATE_ACCOUNT_AND_DEVICE))
    done = redeem(made.secret, newcomer=who)
    assert (reason(done), done.is_correctable) == (redemption.NEWCOMER_NEEDED, True)
    assert (use_count(made), count(User), count(Device)) == (0, 1, 0)


def test_a_taken_e_mail_is_refused_and_costs_no_use(company):
    account, member = company
    made = without_prefix(make_code(account, CREATE_ACCOUNT_AND_DEVICE))
    done = redeem(made.secret, newcomer=newcomer("Not Ada", member.user.email.upper()))
    assert (reason(done), done.is_correctable) == (redemption.EMAIL_TAKEN, True)
    assert (use_count(made), count(User), count(Device), tries()) == (0, 1, 0, [("refused", "email_taken")])


def add_device(account, member=None):
    done = expected.add_device(
        db.session(),
        ring(),
        account_id=account.id,
        name="Cab 7",
        user_id=member.user_id if member else None,
        life=7 * DAY,
        actor=ADMIN,
        now=NOW,
    )
    db.session.commit()
    return done.device, done.code


def test_an_expected_device_becomes_active_by_its_own_code_once(company):
    account, member = company
    device, made = add_device(account, member)
    assert (device.status, made.grant.max_uses, made.grant.expires_at - NOW) == (EXPECTED, 1, 7 * DAY)
    seen = redemption.inspect(db.session(), ring(), made.secret, NOW)
    assert (seen.action, seen.device_name, seen.uses_left) == (USE_EXISTING_DEVICE, "Cab 7", 1)
    done = redeem(made.secret, name="SM-G991B", platform="Android")
    assert (done.device.id, done.device.status, done.device.name) == (device.id, ACTIVE, "Cab 7")
    assert (done.device.user_id, done.device.platform) == (member.user_id, "Android")
    assert reason(redeem(made.secret)) == grants.EXHAUSTED


def test_replacing_a_device_keeps_what_it_is_and_ends_its_old_session(company):
    account, member = company
    device, first = add_device(account, member)
    device.tags = ["north"]
    old = redeem(first.secret, installation_uid="old").device_session
    made = make_code(account, USE_EXISTING_DEVICE, device_id=device.id, max_uses=1, tags=["new"])
    new = redeem(made.secret, name="Another", installation_uid="new")
    db.session.refresh(old)
    assert (old.ended_at, old.end_reason) == (NOW, REPLACED)
    assert (new.device.id, new.device.name, new.device.tags) == (device.id, "Cab 7", ["north", "new"])
    assert (new.device.user_id, new.device.installation_uid) == (member.user_id, "new")
    assert new.device_session.ended_at is None


def test_an_installation_that_takes_over_a_device_is_its_former_one_no_more(company):
    account, member = company
    former = redeem(make_onboarding(member).secret, installation_uid="u-1")
    device, made = add_device(account)
    done = redeem(made.secret, installation_uid="u-1")
    db.session.refresh(former.device_session)
    assert (done.device.id, former.device.installation_uid) == (device.id, "")
    assert former.device_session.end_reason == REPLACED


def test_an_app_that_comes_back_has_its_device_again(company):
    account, member = company
    first = redeem(make_onboarding(member).secret, installation_uid="u-1")
    devices.rename(db.session(), first.device, name="Ada's phone", actor=ADMIN, now=NOW)
    again = redeem(make_key(account), installation_uid="u-1", name="iPhone")
    db.session.refresh(first.device_session)
    assert (again.device.id, again.device.name, again.device.user_id) == (
        first.device.id,
        "Ada's phone",
        member.user_id,
    )
    assert (again.device.pairing_generation, first.device_session.end_reason) == (1, REPLACED)
    other = redeem(make_key(make_account("Other")), installation_uid="u-1")
    assert other.device.id != first.device.id
    devices.revoke(db.session(), again.device, actor=ADMIN, now=NOW)
    assert redeem(make_key(account), installation_uid="u-1").device.id != first.device.id
    assert redeem(make_key(account), installation_uid="").device.id != redeem(make_key(account)).device.id


def test_a_code_with_approval_leaves_the_device_waiting(company):
    account, member = company
    made = make_code(account, user_id=member.user_id, requires_approval=True)
    assert redemption.inspect(db.session(), ring(), made.secret, NOW).requires_approval
    done = redeem(made.secret, installation_uid="u-1")
    assert done.device.status == PENDING
    assert redeem(made.secret, installation_uid="u-1").device.status == PENDING
    devices.approve(db.session(), done.device, actor=ADMIN, now=NOW)
    assert redeem(made.secret, installation_uid="u-1").device.status == ACTIVE


def test_a_code_with_approval_lets_no_other_phone_take_over_an_approved_device_unasked(company):
    account, member = company
    device, first = add_device(account, member)
    assert redeem(first.secret, installation_uid="old").device.status == ACTIVE
    made = make_code(account, USE_EXISTING_DEVICE, device_id=device.id, max_uses=1, requires_approval=True)
    assert redeem(made.secret, installation_uid="new").device.status == PENDING


# What is refused


def test_a_suspended_device_cannot_come_back_by_scanning_again(company):
    account, member = company
    done = redeem(make_onboarding(member).secret, installation_uid="u-1")
    devices.suspend(db.session(), done.device, actor=ADMIN, now=NOW)
    named = make_code(account, USE_EXISTING_DEVICE, device_id=done.device.id, max_uses=1)
    for text in (make_key(account), make_onboarding(member).secret, named.secret):
        assert reason(redeem(text, installation_uid="u-1")) == redemption.DEVICE_SUSPENDED
    assert (done.device.status, use_count(named)) == (SUSPENDED, 0)


def test_a_revoked_device_is_not_installed_again(company):
    account, _ = company
    device, made = add_device(account)
    devices.revoke(db.session(), device, actor=ADMIN, now=NOW)
    assert redemption.inspect(db.session(), ring(), made.secret, NOW) is None
    assert reason(redeem(made.secret)) == redemption.DEVICE_GONE
    assert device.status == REVOKED


def test_whoever_left_the_company_lets_nobody_in(company):
    account, _ = company
    bob = make_member(account, "bob@example.com", name="Bob")
    onboarding, made = make_onboarding(bob), make_code(account, user_id=bob.user_id)
    db.session.execute(delete(Membership).where(Membership.id == bob.id))
    for text in (onboarding.secret, made.secret):
        assert redemption.inspect(db.session(), ring(), text, NOW) is None
        assert reason(redeem(text)) == redemption.PERSON_GONE
    assert (count(Device), use_count(onboarding), use_count(made)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("ip", "is_inside"),
    [
        ("203.0.113.9", True),
        ("::ffff:203.0.113.9", True),
        ("2001:db8::5", True),
        ("203.0.114.1", False),
        ("2001:db9::5", False),
        ("", False),
        ("unknown", False),
    ],
)
def test_a_code_for_some_networks_works_only_there(company, ip, is_inside):
    account, member = company
    made = make_code(account, user_id=member.user_id, allowed_networks=["203.0.113.0/24", "2001:db8::/32"])
    done = redeem(made.secret, ip=ip)
    if is_inside:
        assert isinstance(done, redemption.Redeemed)
    else:
        assert reason(done) == redemption.WRONG_NETWORK
    assert (use_count(made), tries()) == ((1, [("redeemed", "")]) if is_inside else (0, [("refused", "wrong_network")]))


def test_a_code_works_from_its_beginning_to_its_end(company):
    account, member = company
    made = make_code(account, user_id=member.user_id, not_before=NOW + HOUR, expires_at=NOW + DAY)
    for moment, why in (
        (NOW + HOUR - MINUTE, grants.SCHEDULED),
        (NOW + HOUR, None),
        (NOW + DAY - MINUTE, None),
        (NOW + DAY, grants.EXPIRED),
    ):
        seen = redemption.inspect(db.session(), ring(), made.secret, moment)
        done = redeem(made.secret, now=moment)
        assert (reason(done) if why else None) == why
        assert (seen is None) == bool(why)
    assert use_count(made) == 2


def test_what_is_over_is_refused_with_its_reason_in_the_log_alone(company):
    account, member = company
    expired = make_onboarding(member, now=NOW - 301 * MINUTE / 60)
    superseded, fresh = make_onboarding(member), make_onboarding(member)
    revoked = make_code(account, user_id=member.user_id)
    grants.revoke(db.session(), account_id=account.id, public_id=revoked.grant.public_id, actor=ADMIN, now=NOW)
    texts = (expired.secret, superseded.secret, revoked.secret, revoked.typed_code)
    found = [reason(redeem(text)) for text in texts]
    assert found == [grants.EXPIRED, grants.SUPERSEDED, grants.REVOKED, grants.REVOKED]
    assert tries() == [("refused", one) for one in found]
    assert not any(redemption.Refusal(one).is_correctable for one in found)
    assert all(redemption.inspect(db.session(), ring(), text, NOW) is None for text in texts)
    assert isinstance(redeem(fresh.secret), redemption.Redeemed)


@pytest.mark.parametrize(
    "text", ["", "x" * 43, "BCDFGHJKLMNP", "BCDFGHJK", "prov_BCDFGHJK." + "x" * 43, "é" * 43, "\0"]
)
def test_what_no_grant_has_is_unknown_and_writes_nothing(company, text):
    done = redeem(text)
    assert (reason(done), done.is_correctable, tries()) == (redemption.UNKNOWN, False, [])
    assert redemption.inspect(db.session(), ring(), text, NOW) is None


def test_a_door_takes_only_its_own_kinds(company):
    account, member = company
    key, onboarding = make_key(account), make_onboarding(member)
    assert reason(redeem(key, kinds=(ONBOARDING, INSTALLATION_CODE))) == redemption.UNKNOWN
    assert reason(redeem(onboarding.secret, kinds=(INSTALLATION_KEY,))) == redemption.UNKNOWN
    assert use_count(onboarding) == 0


def test_a_typed_code_hidden_in_a_long_text_is_not_looked_up(company):
    account, member = company
    made = make_code(account, user_id=member.user_id)
    assert reason(redeem(typed_codes.grouped(made.secret) + "-" * 40)) == redemption.UNKNOWN


# What is written


def test_looking_consumes_and_writes_nothing(company):
    account, member = company
    made = make_code(account, user_id=member.user_id, max_uses=2)
    redeem(made.secret)
    for _ in range(50):
        seen = redemption.inspect(db.session(), ring(), made.typed_code, NOW)
        assert (seen.kind, seen.action, seen.uses_left) == (INSTALLATION_CODE, CREATE_DEVICE, 1)
        assert (seen.account_name, seen.account_public_id) == (account.name, account.public_id)
        assert not db.session.dirty and not db.session.new
    assert (use_count(made), len(tries())) == (1, 1)


@pytest.mark.parametrize("days", [0, 30])
def test_addresses_are_kept_only_where_the_company_keeps_any(company, days):
    _, member = company
    db.session.execute(update(Account).values(device_address_days=days))
    db.session.commit()
    db.session.expire_all()
    made = make_onboarding(member)
    redeem(made.secret, ip="203.0.113.77")
    redeem(made.secret, ip="203.0.113.78")
    kept = list(db.session.scalars(select(Redemption.ip).order_by(Redemption.id)))
    assert kept == (["203.0.113.77", "203.0.113.78"] if days else ["", ""])
    assert db.session.scalars(select(Device.last_ip)).one() == ("203.0.113.77" if days else "")


def test_everything_is_cut_to_its_column(company):
    account, _ = company
    long = "é" * 5_000
    done = redeem(
        make_key(account),
        name=long,
        platform=long,
        model=long,
        app_version=long,
        installation_uid=long,
        browser=long,
        ip=long,
    )
    db.session.refresh(done.device)
    assert (len(done.device.name), len(done.device.installation_uid)) == (80, 64)
    again = redeem(make_key(account), installation_uid=long)
    assert again.device.id == done.device.id


def test_an_enrolment_is_audited_with_its_person(company):
    account, member = company
    redeem(make_onboarding(member).secret)
    redeem(make_key(account))
    events = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "device.enrol").order_by(AuditEvent.id))
    assert [(one.actor_id, one.actor_name, one.after["by"]) for one in events] == [
        (member.user_id, "Ada Admin", ONBOARDING),
        (None, "Phone 1", INSTALLATION_KEY),
    ]


def test_the_devices_of_a_leaked_code_are_suspended_and_revoked_together(company):
    account, member = company
    made, other = make_code(account, user_id=member.user_id), make_code(account, user_id=member.user_id)
    chosen = [redeem(made.secret, name=f"Phone {n}") for n in range(3)]
    spared = redeem(other.secret)
    touched = [
        enrolled.act_on_devices(db.session(), made.grant, act, actor=ADMIN, now=NOW)
        for act in ("suspend", "revoke", "revoke")
    ]
    assert touched == [3, 3, 0]
    db.session.commit()
    db.session.expire_all()
    assert {one.device.status for one in chosen} == {REVOKED}
    assert spared.device.status == ACTIVE
    assert count(DeviceSession, DeviceSession.ended_at.is_(None)) == 1
    listed = queries.list_redemptions(db.session(), account.id, made.grant.id)
    assert [one.device.name for one in listed] == ["Phone 2", "Phone 1", "Phone 0"]


def test_what_a_device_says_of_itself_is_one_printable_line(company):
    account, _ = company
    done = redeem(make_key(account), name=" \0Crew\n\u202ephone ", model="\0", installation_uid="u\0-1")
    db.session.refresh(done.device)
    assert (done.device.name, done.device.model, done.device.installation_uid) == ("Crew phone", "", "u -1")
    assert redeem(make_key(account), name="\0", browser="").device.name == "Phone"
