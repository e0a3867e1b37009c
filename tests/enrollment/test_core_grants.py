"""Making, showing, editing and ending grants."""

import json
import re
import secrets
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from portal.accounts.models import Membership
from portal.audit.models import AuditEvent
from portal.devices.models import EXPECTED, REVOKED, SUSPENDED, Device
from portal.enrollment import grants, queries
from portal.enrollment.code_filters import STATES
from portal.enrollment.models import (
    CREATE_ACCOUNT_AND_DEVICE,
    CREATE_DEVICE,
    INSTALLATION_CODE,
    INSTALLATION_KEY,
    PROVISIONING,
    USE_EXISTING_DEVICE,
    Grant,
)
from portal.errors import NotFound
from portal.extensions import db
from portal.lib import typed_codes
from portal.lib.secrets import digest
from tests.enrollment.ways import (
    ADMIN,
    DAY,
    HOUR,
    NOW,
    draft,
    make_code,
    make_key,
    make_onboarding,
    make_token,
    redeem,
    ring,
)
from tests.factories.devices import make_device
from tests.factories.people import make_account, make_member


@pytest.fixture
def company(app):
    with app.app_context():
        account = make_account()
        yield account, make_member(account)


def test_an_onboarding_code_is_256_bits_for_300_seconds_and_one_use(company):
    _, member = company
    made = make_onboarding(member)
    assert re.fullmatch(r"[\w-]{43}", made.secret)
    assert re.fullmatch(f"[{typed_codes.ALPHABET}]{{4}}-[{typed_codes.ALPHABET}]{{4}}", made.typed_code)
    assert (made.grant.expires_at - made.grant.created_at).total_seconds() == 300
    assert (made.grant.max_uses, made.grant.lookup_hash) == (1, digest(made.secret))
    assert grants.reveal(ring(), made.grant) == ""


def test_an_installation_code_has_twelve_characters_and_can_be_shown_again(company):
    account, member = company
    made = make_code(account, user_id=member.user_id)
    assert re.fullmatch(f"[{typed_codes.ALPHABET}]{{12}}", made.secret)
    assert made.typed_code == typed_codes.grouped(made.secret)
    assert grants.reveal(ring(), made.grant) == made.secret
    assert made.grant.lookup_hash is None
    assert made.secret not in made.grant.sealed_secret + made.grant.typed_hash
    assert made.secret.startswith(made.grant.hint) and len(made.grant.hint) == 4


def test_a_provisioning_token_is_named_and_shown_once(company):
    account, member = company
    made = make_token(account, member.user_id)
    assert re.fullmatch(rf"prov_[{typed_codes.ALPHABET}]{{8}}\.[\w-]{{43}}", made.secret)
    assert (made.grant.lookup_hash, made.grant.typed_hash) == (digest(made.secret), None)
    assert made.grant.hint == made.secret[:13]
    assert grants.reveal(ring(), made.grant) == ""


def test_an_installation_key_is_made_once_and_lasts(company):
    account, _ = company
    key = make_key(account)
    assert re.fullmatch(r"[\w-]{43}", key)
    assert make_key(account, NOW + 900 * DAY) == key
    row = queries.current_key(db.session(), account.id)
    assert (row.generation, row.max_uses, row.expires_at) == (1, None, None)
    assert grants.state(row, NOW + 900 * DAY) == grants.ACTIVE


def test_a_new_onboarding_code_supersedes_the_unspent_one_of_the_same_person_only(company):
    account, member = company
    other = make_member(account, "bob@example.com", name="Bob")
    first, bobs, second = make_onboarding(member), make_onboarding(other), make_onboarding(member)
    for made in (first, bobs, second):
        db.session.refresh(made.grant)
    assert [grants.state(made.grant, NOW) for made in (first, bobs, second)] == [
        grants.SUPERSEDED,
        grants.ACTIVE,
        grants.ACTIVE,
    ]
    redeem(second.secret)
    third = make_onboarding(member)
    assert grants.state(second.grant, NOW) == grants.EXHAUSTED
    assert grants.state(third.grant, NOW) == grants.ACTIVE


def test_nobody_outside_the_company_gets_an_onboarding_code(company):
    account, _ = company
    eve = make_member(make_account("Other"), "eve@example.com", name="Eve")
    with pytest.raises(NotFound):
        grants.make_onboarding(db.session(), ring(), account_id=account.id, user_id=eve.user_id, actor=ADMIN, now=NOW)


@pytest.mark.parametrize(
    ("columns", "state"),
    [
        ({}, grants.ACTIVE),
        ({"not_before": NOW + HOUR}, grants.SCHEDULED),
        ({"not_before": NOW}, grants.ACTIVE),
        ({"expires_at": NOW}, grants.EXPIRED),
        ({"use_count": 25}, grants.EXHAUSTED),
        ({"use_count": 25, "expires_at": NOW}, grants.EXHAUSTED),
        ({"superseded_at": NOW, "use_count": 25}, grants.SUPERSEDED),
        ({"superseded_at": NOW + HOUR}, grants.ACTIVE),
        ({"revoked_at": NOW, "superseded_at": NOW}, grants.REVOKED),
    ],
)
def test_states_are_derived_and_the_database_agrees(company, columns, state):
    account, member = company
    made = make_code(account, user_id=member.user_id)
    db.session.execute(update(Grant).where(Grant.id == made.grant.id).values(version=2, **columns))
    db.session.commit()
    db.session.refresh(made.grant)
    assert grants.state(made.grant, NOW) == state
    found = db.session.scalar(select(Grant.id).where(Grant.id == made.grant.id, *grants.is_active(NOW)))
    assert (found is not None) == (state == grants.ACTIVE)


def edit(made, version=None, **columns):
    wanted = draft(made.grant.action, **({"user_id": made.grant.user_id} | columns))
    done = grants.edit_installation_code(
        db.session(),
        account_id=made.grant.account_id,
        public_id=made.grant.public_id,
        version=made.grant.version if version is None else version,
        draft=wanted,
        actor=ADMIN,
        now=NOW,
    )
    db.session.commit()
    return done


def test_editing_opens_an_exhausted_and_an_expired_code_again(company):
    account, member = company
    made = make_code(account, user_id=member.user_id, max_uses=1)
    redeem(made.secret)
    assert grants.state(made.grant, NOW) == grants.EXHAUSTED
    assert grants.state(edit(made, max_uses=2), NOW) == grants.ACTIVE
    assert grants.state(edit(made, max_uses=2, expires_at=NOW + 30 * DAY), NOW + 29 * DAY) == grants.ACTIVE


def test_uses_that_are_spent_are_not_taken_back(company):
    account, member = company
    made = make_code(account, user_id=member.user_id, max_uses=3)
    for _ in range(2):
        redeem(made.secret)
    refused = edit(made, max_uses=1)
    assert isinstance(refused, grants.Faults)
    assert refused.errors == {
        "max_uses": "It was used 2 times already. Type 2 to allow no more uses, or a larger number."
    }
    assert grants.state(edit(made, max_uses=2), NOW) == grants.EXHAUSTED


def test_nothing_revives_a_revoked_code(company):
    account, member = company
    made = make_code(account, user_id=member.user_id)
    gone = grants.revoke(db.session(), account_id=account.id, public_id=made.grant.public_id, actor=ADMIN, now=NOW)
    db.session.commit()
    assert isinstance(edit(made, max_uses=50, expires_at=NOW + 30 * DAY), grants.Faults)
    assert grants.state(gone, NOW) == grants.REVOKED
    version = gone.version
    again = grants.revoke(
        db.session(), account_id=account.id, public_id=made.grant.public_id, actor=ADMIN, now=NOW + HOUR
    )
    assert (again.revoked_at, again.version) == (NOW, version)


def test_of_two_admins_who_edit_at_once_the_second_is_told_what_the_first_changed(company):
    account, member = company
    made = make_code(account, user_id=member.user_id)
    assert isinstance(edit(made, version=1, max_uses=30), Grant)
    conflict = edit(made, version=1, max_uses=40)
    assert isinstance(conflict, grants.Conflict)
    assert conflict.version == 2
    assert [(one.actor_name, one.field, one.value) for one in conflict.changes] == [("Ada Admin", "max_uses", "30")]
    assert edit(made, version=2, max_uses=40).max_uses == 40


def test_saving_without_a_change_is_no_change(company):
    account, member = company
    made = make_code(account, user_id=member.user_id)
    assert edit(made).version == 1


def test_rows_of_other_companies_are_refused_in_drafts_and_not_found(company):
    account, _ = company
    other = make_account("Other")
    eve = make_member(other, "eve@example.com", name="Eve")
    device = make_device(other, eve)
    for wanted, field in (
        (draft(CREATE_DEVICE, user_id=eve.user_id), "user_id"),
        (draft(USE_EXISTING_DEVICE, device_id=device.id), "device_id"),
    ):
        done = grants.make_installation_code(
            db.session(), ring(), account_id=account.id, draft=wanted, actor=ADMIN, now=NOW
        )
        assert list(done.errors) == [field]
    made = make_code(other, user_id=eve.user_id)
    for call in (
        lambda: queries.get_grant(db.session(), account.id, made.grant.public_id, kinds=(INSTALLATION_CODE,)),
        lambda: grants.revoke(
            db.session(), account_id=account.id, public_id=made.grant.public_id, actor=ADMIN, now=NOW
        ),
        lambda: queries.get_grant(db.session(), other.id, "\0", kinds=(INSTALLATION_CODE,)),
    ):
        with pytest.raises(NotFound):
            call()


def test_a_key_is_rotated_and_never_revoked(company):
    account, _ = company
    make_key(account)
    key = queries.current_key(db.session(), account.id)
    with pytest.raises(NotFound):
        grants.revoke(db.session(), account_id=account.id, public_id=key.public_id, actor=ADMIN, now=NOW)


@pytest.mark.parametrize(
    "columns",
    [{"expires_at": NOW + 366 * DAY}, {"expires_at": NOW}, {"max_uses": 0}, {"max_uses": None}, {"expires_at": None}],
)
def test_no_code_lasts_longer_than_a_year_or_has_no_end(company, columns):
    account, member = company
    wanted = replace(draft(CREATE_DEVICE, user_id=member.user_id), **columns)
    for done in (
        grants.make_installation_code(db.session(), ring(), account_id=account.id, draft=wanted, actor=ADMIN, now=NOW),
        grants.make_provisioning(db.session(), account_id=account.id, draft=wanted, actor=ADMIN, now=NOW),
    ):
        assert list(done.errors) == list(columns)


def test_a_taken_code_is_drawn_again(company, monkeypatch):
    account, member = company
    first = make_code(account, user_id=member.user_id)
    other = "B" * 12 if first.secret != "B" * 12 else "C" * 12
    drawn = iter(first.secret * 2 + other)
    with monkeypatch.context() as patch:
        patch.setattr(secrets, "choice", lambda _: next(drawn))
        second = make_code(account, user_id=member.user_id)
    assert second.secret == other
    assert grants.reveal(ring(), second.grant) == other
    assert redeem(second.secret).grant.id == second.grant.id
    assert redeem(first.secret).grant.id == first.grant.id


def test_every_change_is_audited_and_no_secret_is(company):
    account, member = company
    key = make_key(account)
    onboarding, token = make_onboarding(member), make_token(account, member.user_id)
    code = make_code(account, user_id=member.user_id)
    edit(code, max_uses=30)
    grants.revoke(db.session(), account_id=account.id, public_id=code.grant.public_id, actor=ADMIN, now=NOW)
    db.session.commit()
    events = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    actions = [one.action for one in events if one.target_kind in grants.NOUNS.values()]
    assert actions == [
        "installation_key.create",
        "onboarding_code.create",
        "provisioning_token.create",
        "installation_code.create",
        "installation_code.update",
        "installation_code.revoke",
    ]
    told = json.dumps([[one.target_name, one.before, one.after] for one in events])
    for secret in (key, onboarding.secret, onboarding.typed_code, token.secret, code.secret, code.typed_code):
        assert secret not in told


def test_lists_are_sorted_searched_and_of_one_company(company):
    account, member = company
    bob = make_member(account, "bob@example.com", name="Bob Brown", role="member")
    make_code(make_account("Other"), CREATE_ACCOUNT_AND_DEVICE, description="Foreign")
    one = make_code(account, description="Winter crew", user_id=member.user_id, expires_at=NOW + 2 * DAY)
    two = make_code(account, description="summer 100%", user_id=bob.user_id, expires_at=NOW + 3 * DAY)
    three = make_code(account, CREATE_ACCOUNT_AND_DEVICE, description="Autumn", username_prefix="yard-")
    make_token(account, member.user_id)
    redeem(two.secret)

    def names(**options):
        listed = queries.list_grants(db.session(), account.id, kinds=(INSTALLATION_CODE,), **options)
        return [row.grant.description for row in listed]

    assert names() == ["Autumn", "summer 100%", "Winter crew"]
    assert names(order="description", is_descending=False) == ["Autumn", "summer 100%", "Winter crew"]
    assert names(order="expires", is_descending=False)[:2] == ["Winter crew", "summer 100%"]
    assert names(order="used")[0] == "summer 100%"
    assert names(order="account", is_descending=False) == ["Winter crew", "summer 100%", "Autumn"]
    assert names(order="nonsense") == names()
    assert names(search="BOB") == ["summer 100%"]
    assert names(search="100%") == ["summer 100%"]
    assert names(search="%") == ["summer 100%"]
    assert names(search="yard") == ["Autumn"]
    assert names(search="\0") == names()
    listed = queries.list_grants(db.session(), account.id, kinds=(INSTALLATION_CODE,), search="winter")
    assert (listed[0].user.id, listed[0].device) == (member.user_id, None)
    grants.revoke(db.session(), account_id=account.id, public_id=one.grant.public_id, actor=ADMIN, now=NOW)
    assert names() == ["Autumn", "summer 100%"]
    assert "Winter crew" in names(with_revoked=True)
    assert len(queries.list_grants(db.session(), account.id, kinds=(PROVISIONING, INSTALLATION_KEY))) == 1
    assert three.grant.expires_at - NOW == 7 * DAY


def test_the_database_sorts_grants_into_the_same_states_as_their_rows_say(company):
    account, _ = company
    past, later = NOW - DAY, NOW + DAY
    for number, terms in enumerate(
        (
            {},
            {"not_before": later},
            {"not_before": later, "use_count": 25},
            {"expires_at": past},
            {"expires_at": NOW},
            {"expires_at": past, "use_count": 25},
            {"expires_at": past, "not_before": later},
            {"use_count": 26},
            {"max_uses": None, "use_count": 26},
            {"expires_at": None},
            {"revoked_at": past},
            {"revoked_at": past, "use_count": 25, "expires_at": past},
        )
    ):
        made = make_code(account, CREATE_ACCOUNT_AND_DEVICE, description=str(number))
        db.session.execute(update(Grant).where(Grant.id == made.grant.id).values(terms or {"use_count": 0}))
    left = make_member(account, "left@example.com", name="Left", role="member")
    db.session.add(
        Membership(account_id=make_account("Other").id, user=left.user, role="member", permissions=[], created_at=NOW)
    )
    for description, terms in (("left", {}), ("left and spent", {"use_count": 25}), ("left", {"revoked_at": past})):
        made = make_code(account, description=description, user_id=left.user_id)
        db.session.execute(update(Grant).where(Grant.id == made.grant.id).values(terms or {"use_count": 0}))
    db.session.delete(left)
    for status in (EXPECTED, SUSPENDED, REVOKED):
        device = Device(account_id=account.id, status=status, name=status, created_at=NOW)
        db.session.add(device)
        db.session.flush()
        grants.make_expected_device_code(db.session(), ring(), device=device, actor=ADMIN, now=NOW)
    db.session.expire_all()
    rows = db.session.scalars(select(Grant).where(Grant.kind == INSTALLATION_CODE)).all()
    for wanted in STATES:
        of_rows = [row.id for row in rows if grants.standing(db.session(), row, NOW) == wanted]
        assert sorted(db.session.scalars(select(Grant.id).where(*grants.is_in(wanted, NOW)))) == sorted(of_rows), wanted
        assert of_rows
        listed = queries.list_grants(
            db.session(), account.id, kinds=(INSTALLATION_CODE,), where=grants.is_in(wanted, NOW), with_revoked=True
        )
        assert {grants.state(one.grant, NOW, one.gone) for one in listed} == {wanted}
        assert len(listed) == len(of_rows)
