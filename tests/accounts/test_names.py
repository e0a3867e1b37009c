"""People without an e-mail: what stands for one is shown nowhere and mailed nowhere, and an admin can help them."""

import re

import pytest
import sqlalchemy as sa

from portal.accounts.models import ADMIN, MEMBER, Account, Membership, User
from portal.accounts.names import address_of, has_email, name_key, shown
from portal.audit.models import AuditEvent
from portal.extensions import db
from portal.jobs.models import Mail
from portal.lib.passwords import verify_password
from portal.records.reminders import _fallback
from tests.client import PASSWORD, PortalClient
from tests.enrollment.arriving import installation_key, paired
from tests.factories.people import make_account, make_member
from tests.factories.things import make_record, scan_path

PEOPLE = "/admin/settings/people"


@pytest.fixture
def crew(app):
    """A company with Ada (admin), Bob (a member who manages people) and Cy, who has no e-mail. Cy's public id."""
    with app.app_context():
        account = make_account()
        make_member(account)
        make_member(account, "bob@example.com", name="Bob", role=MEMBER, permissions=["settings.people"])
        member = make_member(account, address_of("crew-014", account.public_id), name="Cy Crew", role=MEMBER)
        member.sign_in_name = "crew-014"
        db.session.commit()
        return member.public_id


@pytest.fixture
def ada(client, crew):
    client.sign_in("ada@example.com")
    return client


def test_what_stands_for_an_email():
    address = address_of("Crew-014", "0abc1def2ghj")
    assert address == "crew-014@0abc1def2ghj.invalid"
    assert not has_email(address) and not has_email(f" {address.upper()} ") and has_email("ada@example.com")
    assert has_email("invalid@example.com") and has_email("ada@invalid.example.com")
    assert shown(address, "crew-014") == "crew-014" and shown(address, None) == ""
    assert shown("ada@example.com", None) == "ada@example.com"
    assert name_key(" CREW-014 ") == "crew-014"


def test_people_shows_the_sign_in_name(ada, crew):
    for path in (PEOPLE, f"{PEOPLE}/{crew}", f"{PEOPLE}/{crew}/remove"):
        page = ada.get(path).text
        assert ".invalid" not in page
    assert "crew-014" in ada.get(PEOPLE).text and "crew-014" in ada.get(f"{PEOPLE}/{crew}").text


def test_the_audit_does_not_name_the_address(app, ada, crew):
    ada.submit(f"{PEOPLE}/{crew}", {"role": MEMBER, "permissions": "messages.answer"})
    ada.submit(f"{PEOPLE}/{crew}/password")
    assert ".invalid" not in ada.get("/admin/audit").text
    with app.app_context():
        assert not [one for one in db.session.scalars(sa.select(AuditEvent)) if ".invalid" in str(vars(one))]


def test_an_admin_without_an_email_gets_no_mail(app, crew):
    with app.app_context():
        account = db.session.scalar(sa.select(Account))
        db.session.execute(sa.update(Membership).values(role=ADMIN))
        db.session.commit()
        assert sorted(_fallback(db.session(), account)) == ["ada@example.com", "bob@example.com"]


def test_of_an_attack_those_are_told_who_have_an_email(app, crew):
    with app.app_context():
        db.session.execute(sa.update(Membership).values(role=ADMIN))
        db.session.commit()
    with app.app_context():
        path = scan_path(make_record(db.session.scalar(sa.select(Account))))
    for number in range(60):
        PortalClient(app).post(
            path, data={"passcode": "5000"}, environ_overrides={"REMOTE_ADDR": f"198.51.100.{number}"}
        )
    with app.app_context():
        told = set(db.session.scalars(sa.select(Mail.recipient)))
    assert told == {"ada@example.com", "bob@example.com"}


class TestTheSignInPage:
    @pytest.mark.parametrize("typed", ["crew-014", "crew-999", "CREW-014", "nobody"])
    def test_a_name_is_sent_to_a_phone_whether_there_is_one_or_not(self, app, crew, typed):
        client = PortalClient(app)
        answer = client.submit("/sign-in", {"email": typed, "password": PASSWORD})
        assert answer.status_code == 422
        assert "works on a phone that is paired with its company" in answer.text
        assert client.get("/admin/").status_code == 303

    def test_names_that_are_and_are_not_answer_alike(self, app, crew):
        pages = [
            re.sub(r'(value|nonce|name="csrf_token"[^>]*value)="[^"]*"', "", answer.text)
            for answer in (
                PortalClient(app).submit("/sign-in", {"email": typed, "password": PASSWORD})
                for typed in ("crew-014", "crew-999")
            )
        ]
        assert pages[0] == pages[1]

    def test_what_stands_for_the_email_signs_nobody_in(self, app, crew):
        with app.app_context():
            email = db.session.scalar(sa.select(User.email).where(User.name == "Cy Crew"))
        answer = PortalClient(app).submit("/sign-in", {"email": email, "password": PASSWORD})
        assert answer.status_code == 401 and "E-mail or password is not right." in answer.text


class TestNewPassword:
    def test_an_admin_makes_one_that_is_shown_once_and_works_on_a_phone(self, app, ada, crew):
        assert ada.submit(f"{PEOPLE}/{crew}/password").status_code == 303
        page = ada.get(PEOPLE).text
        password = re.search(r"[a-z]{4}(-[a-z]{4}){3}", page)[0]
        assert "crew-014" in page and password not in ada.get(PEOPLE).text
        with app.app_context():
            key = installation_key(db.session.scalar(sa.select(Account)))
        phone = paired(app, key)
        assert phone.sign_in("crew-014").status_code == 401
        assert phone.sign_in("crew-014", password).status_code == 200

    def test_it_is_in_the_audit_without_the_password(self, app, ada, crew):
        ada.submit(f"{PEOPLE}/{crew}/password")
        password = re.search(r"[a-z]{4}(-[a-z]{4}){3}", ada.get(PEOPLE).text)[0]
        with app.app_context():
            events = list(db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "member.new_password")))
            assert [(one.actor_name, one.target_name) for one in events] == [("Ada Admin", "Cy Crew")]
            assert password not in str([vars(one) for one in events])

    def test_nobody_sets_the_password_of_somebody_with_an_email(self, app, ada):
        with app.app_context():
            bob = db.session.scalar(sa.select(Membership).join(Membership.user).where(User.name == "Bob"))
            public_id, before = bob.public_id, bob.user.password_hash
        assert "Make a new password" not in ada.get(f"{PEOPLE}/{public_id}").text
        assert ada.submit(f"{PEOPLE}/{public_id}/password").status_code == 403
        with app.app_context():
            assert db.session.scalar(sa.select(User.password_hash).where(User.name == "Bob")) == before

    def test_who_may_less_than_the_person_cannot_become_them(self, app, crew):
        with app.app_context():
            cy = db.session.scalar(sa.select(Membership).where(Membership.public_id == crew))
            cy.permissions = ["records.delete"]
            db.session.commit()
        bob = PortalClient(app)
        bob.sign_in("bob@example.com")
        assert bob.submit(f"{PEOPLE}/{crew}/password").status_code == 403
        with app.app_context():
            kept = db.session.scalar(sa.select(User.password_hash).where(User.name == "Cy Crew"))
        assert verify_password(kept, PASSWORD)

    def test_another_companys_person_is_not_found(self, app, crew):
        with app.app_context():
            make_member(make_account("South Yard", passcode="7391"), "sue@example.com")
        sue = PortalClient(app)
        sue.sign_in("sue@example.com")
        assert sue.submit(f"{PEOPLE}/{crew}/password").status_code == 404
