"""portal admin create, portal admin password."""

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from portal.accounts.cli import admin
from portal.accounts.models import ADMIN, MEMBER, Account, Membership
from portal.audit.models import AuditEvent
from portal.extensions import db
from tests.client import PASSWORD, PortalClient
from tests.factories.people import make_account, make_member

NEW = "brown kettle seven hats"


def run(app, *words, given=NEW + "\n"):
    with app.app_context():
        return CliRunner().invoke(admin, [*words, "--password-stdin"], input=given)


def create(app, company="Acme", email="Ann@Example.com", *more, given=NEW + "\n"):
    return run(app, "create", "--account", company, "--email", email, *more, given=given)


def test_creates_company_and_admin_who_can_sign_in(app, client):
    answer = create(app, "Acme", "Ann@Example.com", "--name", "Ann")
    assert answer.exit_code == 0
    assert answer.output.startswith("ann@example.com is an admin of Acme now. Acme is a new company;")
    client.sign_in("ann@example.com", NEW)
    assert client.get("/admin/settings/people").status_code == 200
    with app.app_context():
        events = {event.action: event.actor_name for event in db.session.scalars(sa.select(AuditEvent))}
        assert events["member.appoint"] == "operator (command line)"
        assert events["installation_key.create"] == "portal"


def test_adds_to_the_company_of_that_name(app):
    with app.app_context():
        make_account("Acme")
    assert create(app).exit_code == 0
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Account)) == 1


def test_member_becomes_admin_and_keeps_the_password(app):
    with app.app_context():
        make_member(make_account("Acme"), "ann@example.com", role=MEMBER, permissions=["records.edit"])
    answer = create(app)
    assert answer.exit_code == 0 and "They sign in with the password that they had." in answer.output
    with app.app_context():
        assert db.session.scalars(sa.select(Membership.role)).all() == [ADMIN]
    PortalClient(app).sign_in("ann@example.com", PASSWORD)


@pytest.mark.parametrize(
    ("words", "given", "sentence"),
    [
        (("Acme", "ann"), NEW, "--email: Type the e-mail address in full"),
        ((" ", "ann@example.com"), NEW, "--account must be the company's name."),
        (("\udcff\n", "ann@example.com"), NEW, "--account must be the company's name."),
        (("A" * 201, "ann@example.com"), NEW, "--account may have at most 200 characters; this has 201."),
        (("Acme", "ann@example.com", "--name", "A" * 201), NEW, "--name may have at most 200 characters"),
        (("Acme", "ann@example.com"), "", "The input holds no password."),
        (("Acme", "ann@example.com"), "short\n", "Use 12 characters or more"),
        (("Acme", "ann@example.com"), "password1234\n", "among the first to be guessed"),
    ],
)
def test_refuses_with_one_sentence_and_makes_nothing(app, words, given, sentence):
    answer = create(app, *words, given=given)
    assert answer.exit_code == 2
    assert sentence in answer.output and "Traceback" not in answer.output
    with app.app_context():
        assert db.session.scalar(sa.select(Account.id)) is None


def test_refuses_who_is_an_admin_already(app):
    create(app)
    answer = create(app)
    assert (answer.exit_code, answer.output) == (2, "Error: ann@example.com is an admin of Acme already.\n")


def test_refuses_a_name_that_several_companies_carry(app):
    with app.app_context():
        make_account("Acme"), make_account("Acme")
    answer = create(app)
    assert answer.exit_code == 2 and "Several companies are called 'Acme'." in answer.output


def test_password_is_never_an_argument(app):
    with app.app_context():
        answer = CliRunner().invoke(admin, ["create", "--account", "Acme", "--email", "ann@example.com"])
    assert answer.exit_code == 2 and "--password-stdin" in answer.output


def test_password_ends_all_sessions(app, client):
    with app.app_context():
        make_member(make_account())
    client.sign_in("ada@example.com")
    answer = run(app, "password", "--email", "ADA@example.com")
    assert (answer.exit_code, answer.output) == (0, "The password of ada@example.com is set; 1 session ended.\n")
    assert client.get("/admin/profile").status_code == 303
    client.sign_in("ada@example.com", NEW)


@pytest.mark.parametrize(
    ("email", "given", "sentence"),
    [
        ("eve@example.com", NEW, "Nobody signs in with eve@example.com."),
        ("ada@example.com", "short", "Use 12 characters or more"),
        ("ada@example.com", "\n", "The input holds no password."),
    ],
)
def test_password_refusals_change_nothing(app, client, email, given, sentence):
    with app.app_context():
        make_member(make_account())
    answer = run(app, "password", "--email", email, given=given)
    assert answer.exit_code == 2 and sentence in answer.output
    client.sign_in("ada@example.com", PASSWORD)
