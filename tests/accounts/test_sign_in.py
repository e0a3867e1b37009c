"""Sign-in, sign-out and setup, through the real forms."""

import re
import threading
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from portal.accounts import operations, queries
from portal.accounts.models import Account, AuthSession, Membership, SetupToken, User
from portal.audit.models import AuditEvent
from portal.extensions import db
from portal.lib.clock import utc_now
from portal.lib.passwords import hash_password
from tests.client import PASSWORD, PortalClient
from tests.factories.people import make_account, make_member, make_user

NEW = "brown kettle seven hats"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"


@pytest.fixture
def ada(app):
    with app.app_context():
        make_member(make_account())


@pytest.fixture
def token(app):
    with app.app_context():
        secret = operations.make_setup_token(db.session(), utc_now())
        db.session.commit()
        return secret


def setup_form(token, **fields):
    return {"token": token, "company": "Acme", "name": "Ann", "email": "Ann@Example.com", "password": NEW} | fields


def without_tokens(page):
    """The page without what differs in every answer, and without the e-mail that was typed."""
    page = re.sub(r'name="csrf_token"[^>]*', "", page)
    return re.sub(r'nonce="[^"]*"|value="[^"]*@[^"]*"', "", page)


def test_wrong_password_and_unknown_email_answer_alike(client, ada):
    wrong = client.submit("/sign-in", {"email": "ada@example.com", "password": "not the password"})
    unknown = client.submit("/sign-in", {"email": "eve@example.com", "password": "not the password"})
    assert wrong.status_code == unknown.status_code == 401
    assert "E-mail or password is not right." in wrong.text
    assert without_tokens(wrong.text) == without_tokens(unknown.text)
    assert set(dict(wrong.headers)) == set(dict(unknown.headers))


@pytest.mark.parametrize("email", ["ada@example.com", " ADA@Example.COM ", "ada@example.com\x00"])
def test_email_is_found_in_any_letter_case(client, ada, email):
    answer = client.submit("/sign-in", {"email": email, "password": PASSWORD})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/admin/"


@pytest.mark.parametrize(
    "fields", [{}, {"email": "ada@example.com"}, {"password": PASSWORD}, {"email": "", "password": ""}]
)
def test_missing_fields_are_named(client, ada, fields):
    answer = client.submit("/sign-in", fields)
    assert answer.status_code == 422
    assert "Please correct" in answer.text


@pytest.mark.parametrize("password", ["x" * 20_000, "\x00", "\ud800".encode("utf-8", "surrogatepass"), "🔑" * 300])
def test_strange_passwords_are_only_wrong(client, ada, password):
    assert client.submit("/sign-in", {"email": "ada@example.com", "password": password}).status_code == 401


def test_form_needs_its_token(client, ada):
    answer = client.post("/sign-in", data={"email": "ada@example.com", "password": PASSWORD})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/admin/profile", "/admin/profile"),
        ("/admin/records?kind=vehicle&q=a%20b", "/admin/records?kind=vehicle&q=a%20b"),
        ("//evil.example", "/admin/"),
        ("/\\evil.example", "/admin/"),
        ("\\\\evil.example", "/admin/"),
        ("https://evil.example", "/admin/"),
        ("javascript:alert(1)", "/admin/"),
        ("/\t/evil.example", "/admin/"),
        ("/\n/evil.example", "/admin/"),
        (" //evil.example", "/admin/"),
        ("evil.example", "/admin/"),
        ("/ok\r\nSet-Cookie: a=b", "/admin/"),
        ("", "/admin/"),
    ],
)
def test_goes_on_only_to_paths_of_this_site(client, ada, target, location):
    page = client.get("/sign-in", query_string={"next": target})
    assert page.status_code == 200
    answer = client.submit("/sign-in", {"email": "ada@example.com", "password": PASSWORD, "next": target})
    assert (answer.status_code, answer.headers["Location"]) == (303, location)
    assert client.get("/sign-in", query_string={"next": target}).headers["Location"] == location


def test_signed_in_person_still_gets_the_form_when_asked_again(client, ada):
    client.sign_in("ada@example.com")
    assert client.get("/sign-in").headers["Location"] == "/admin/"
    assert 'name="csrf_token"' in client.get("/sign-in?again=1").text


def test_guarded_page_comes_back_after_sign_in(client, ada):
    answer = client.get("/admin/profile")
    assert answer.headers["Location"] == "/sign-in?next=%2Fadmin%2Fprofile"
    assert 'value="/admin/profile"' in client.get(answer.headers["Location"]).text


def test_sign_in_changes_cookie_and_token_and_replaces_the_old_session(app, client, ada):
    before = client.token()
    client.sign_in("ada@example.com")
    middle = client.token()
    client.sign_in("ada@example.com")
    assert len({before, middle, client.token()}) == 3
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(AuthSession)) == 1


def test_old_cookie_is_worthless_after_sign_out(app, client, ada):
    client.sign_in("ada@example.com")
    name = app.config["SESSION_COOKIE_NAME"]
    kept = client.get_cookie(name, domain="qr.example.com").value
    assert client.submit("/sign-out").headers["Location"] == "/sign-in"
    assert "You are signed out." in client.get("/sign-in").text
    client.set_cookie(name, kept, domain="qr.example.com", secure=True)
    assert client.get("/admin/profile").status_code == 303
    with app.app_context():
        assert db.session.scalar(sa.select(AuthSession.id)) is None


def test_signing_out_twice_is_no_fault(client, ada):
    client.sign_in("ada@example.com")
    assert client.submit("/sign-out").status_code == 303
    assert client.submit("/sign-out").status_code == 303


def test_session_ends_after_idling(client, ada):
    with time_machine.travel("2030-03-01T08:00:00Z", tick=False) as traveller:
        client.sign_in("ada@example.com")
        traveller.shift(11 * 3600)
        assert client.get("/admin/profile").status_code == 200
        traveller.shift(11 * 3600)
        assert client.get("/admin/profile").status_code == 200
        traveller.shift(12 * 3600 + 1)
        assert client.get("/admin/profile").status_code == 303


def test_over_sessions_are_swept_at_the_next_sign_in(app, client, ada):
    with time_machine.travel("2030-03-01T08:00:00Z", tick=False) as traveller:
        client.sign_in("ada@example.com")
        traveller.shift(13 * 3600)
        PortalClient(app).sign_in("ada@example.com")
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(AuthSession)) == 1


def test_password_hash_with_old_cost_is_renewed(app, client, ada):
    from argon2 import PasswordHasher

    cheap = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    with app.app_context():
        db.session.execute(sa.update(User).values(password_hash=cheap))
        db.session.commit()
    client.sign_in("ada@example.com")
    with app.app_context():
        renewed = db.session.scalar(sa.select(User.password_hash))
    assert renewed != cheap
    client.submit("/sign-out")
    client.sign_in("ada@example.com")


def test_password_changed_between_check_and_session_lets_nobody_in(app, ada):
    with app.app_context():
        found = queries.find_credentials(db.session(), "ada@example.com")
        db.session.execute(sa.update(User).values(password_hash=hash_password(NEW)))
        db.session.commit()
        secret = operations.sign_in(
            db.session(), credentials=found, browser="Test", replaced_session_id=None, now=utc_now()
        )
        assert secret is None


def test_last_worked_in_company_is_where_the_next_sign_in_begins(app, client):
    with app.app_context():
        first, second = make_account("Alpha"), make_account("Beta")
        member = make_member(first)
        db.session.add(Membership(account_id=second.id, user_id=member.user_id, role="admin", created_at=utc_now()))
        db.session.commit()
        second_id = second.public_id
    client.sign_in("ada@example.com")
    assert client.submit("/admin/switch-account", {"account": second_id}).status_code == 303
    other = PortalClient(app)
    other.sign_in("ada@example.com")
    assert "<bdi>Beta</bdi>" in other.get("/admin/profile").text


def test_sign_in_is_an_event_without_secrets(app, client, ada):
    client.submit("/sign-in", {"email": "ada@example.com", "password": PASSWORD}, headers={"User-Agent": CHROME})
    with app.app_context():
        event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "user.sign_in")).one()
        assert event.after == {"browser": "Linux, Chrome"}
        assert event.actor_name == "Ada Admin"


def test_person_in_no_company_reads_why_and_can_sign_in_as_somebody_else(app, client):
    with app.app_context():
        make_user()
    client.sign_in("ada@example.com")
    answer = client.get("/admin/profile")
    assert answer.status_code == 403
    assert "You are in no company" in answer.text
    assert client.get("/sign-in").status_code == 200


class TestSetup:
    def test_makes_company_and_admin_and_signs_in(self, app, client, token):
        assert client.get("/setup").status_code == 200
        answer = client.submit("/setup", setup_form(token, country="PL", timezone="Europe/Warsaw"))
        assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/")
        page = client.get("/admin/profile").text
        assert "<bdi>Ann</bdi>" in page and "<bdi>Acme</bdi>" in page and "ann@example.com" in page
        with app.app_context():
            account = db.session.scalars(sa.select(Account)).one()
            assert (account.country, account.timezone) == ("PL", "Europe/Warsaw")
            assert db.session.scalars(sa.select(Membership.role)).all() == ["admin"]
            assert db.session.scalar(sa.select(SetupToken.id)) is None
            actions = db.session.scalars(sa.select(AuditEvent.action)).all()
            assert {"account.setup", "user.sign_in"} <= set(actions)
            texts = str([(e.before, e.after, e.target_name) for e in db.session.scalars(sa.select(AuditEvent))])
            assert token not in texts and NEW not in texts

    def test_country_and_time_zone_may_be_left_out(self, app, client, token):
        assert client.submit("/setup", setup_form(token)).status_code == 303
        with app.app_context():
            account = db.session.scalars(sa.select(Account)).one()
            assert (account.country, account.timezone) == ("US", "UTC")

    def test_is_gone_afterwards(self, client, token):
        client.submit("/setup", setup_form(token))
        assert client.get("/setup").status_code == 404
        assert client.submit("/setup", setup_form(token)).status_code == 404

    def test_wrong_token_makes_nothing_and_keeps_what_was_typed(self, app, client, token):
        answer = client.submit("/setup", setup_form("x" + token))
        assert answer.status_code == 403
        assert "That is not the setup token." in answer.text
        assert 'value="Acme"' in answer.text and NEW not in answer.text
        with app.app_context():
            assert not queries.has_users(db.session())
        assert client.submit("/setup", setup_form(token)).status_code == 303

    @pytest.mark.parametrize(
        "case",
        [
            ("company", " \t ", "Type the company&#39;s name."),
            ("email", "ann", "Type the e-mail address in full"),
            ("password", "short", "Use 12 characters or more"),
            ("password", "password1234", "among the first to be guessed"),
            ("password", "Ann@Example.com", "do not point to you"),
            ("timezone", "Mars/Olympus", "Not a valid choice"),
            ("country", "XX", "Not a valid choice"),
            ("company", "x" * 201, "longer than 200"),
        ],
    )
    def test_mistakes_are_named_and_nothing_is_used_up(self, app, client, token, case):
        field, value, sentence = case
        answer = client.submit("/setup", setup_form(token, **{field: value}))
        assert answer.status_code == 422
        assert sentence in answer.text
        with app.app_context():
            assert not queries.has_users(db.session())
            assert db.session.scalar(sa.select(SetupToken.id)) is not None

    def test_newer_token_replaces_the_older(self, app, client, token):
        with app.app_context():
            newer = operations.make_setup_token(db.session(), utc_now())
            db.session.commit()
        assert client.submit("/setup", setup_form(token)).status_code == 403
        assert client.submit("/setup", setup_form(newer)).status_code == 303

    def test_of_two_who_consume_it_at_once_one_wins(self, app, token):
        won, gate = [], threading.Barrier(2)

        def consume():
            with app.app_context(), Session(db.engine) as session:
                gate.wait()
                won.append(operations.consume_setup_token(session, token))
                session.commit()

        threads = [threading.Thread(target=consume) for _ in range(2)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert sorted(won) == [False, True]


class TestSomebodySignedInLongAgo:
    """Signing in over a session whose last look is due to be noted: that note has a transaction of its own."""

    QUICK = 10  # seconds; two writers that wait for each other give up after 30

    @pytest.fixture
    def returning(self, app, client, ada):
        client.sign_in("ada@example.com")
        token = client.token()
        with app.app_context():
            db.session.execute(sa.update(AuthSession).values(last_seen_at=utc_now() - timedelta(hours=1)))
            db.session.commit()
        return token

    def test_does_not_wait_for_itself(self, app, client, returning):
        began = time.perf_counter()
        form = {"email": "ada@example.com", "password": PASSWORD, "csrf_token": returning}
        assert client.post("/sign-in", data=form).status_code == 303
        assert time.perf_counter() - began < self.QUICK
        with app.app_context():
            assert db.session.scalar(sa.select(sa.func.count()).select_from(AuthSession)) == 1
