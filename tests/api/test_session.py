"""Signing in for programs: the cookie and the CSRF token of pages, by the rules of pages."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import sqlalchemy as sa
import time_machine

from portal.accounts import second_step, totp
from portal.accounts.models import Account, AuthSession, Membership, User
from portal.accounts.permissions import DOORS
from portal.audit.operations import Actor
from portal.extensions import db
from tests.api.calling import program
from tests.client import PASSWORD, PortalClient
from tests.factories.people import make_account, make_member

PROBLEM = "application/problem+json"


@pytest.fixture
def company(app):
    with app.app_context():
        account = make_account()
        member = make_member(account)
        return {"id": account.public_id, "user": member.user.public_id, "user_id": member.user_id}


@pytest.fixture
def ada(app, company):
    return program(app)


def count_sessions(app):
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(AuthSession))


def turn_on_second_step(app, company):
    secret = totp.make_secret()
    with app.app_context():
        sealed = app.extensions["portal"].key_ring.encrypt(secret, f"totp:{company['user_id']}")
        db.session.execute(sa.update(User).values(sealed_totp=sealed))
        db.session.commit()
    return secret


def test_signs_in_and_says_who_where_and_how_to_go_on(app, ada, company):
    answer = ada.sign_in("ADA@example.com ")
    assert answer.status_code == 200
    assert answer.json["account"] == {"id": company["id"], "name": "North Yard Haulage"}
    user = answer.json["user"]
    assert (user["id"], user["name"], user["email"], user["role"]) == (
        company["user"], "Ada Admin", "ada@example.com", "admin",
    )  # fmt: skip
    assert "mobile.app" in user["permissions"]
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith("__Host-session="))
    assert "HttpOnly" in cookie and "Secure" in cookie and "SameSite=Lax" in cookie
    again = ada.send("GET", "/session")
    assert again.json["user"] == user and again.json["csrf_token"]
    assert ada.client.get("/admin/").status_code == 200, "it is the session of pages"


def test_the_token_is_asked_for_on_unsafe_methods_only(app, ada):
    token = ada.sign_in().json["csrf_token"]
    for headers in ({}, {"X-CSRFToken": ""}, {"X-CSRFToken": "x.y.z"}, {"X-CSRFToken": PortalClient(app).token()}):
        answer = ada.client.delete("/api/v1/session", headers=headers)
        assert (answer.status_code, answer.json["reason"]) == (403, "csrf_token_required")
    assert ada.client.get("/api/v1/session").status_code == 200
    assert ada.client.delete("/api/v1/session", headers={"X-CSRFToken": token}).status_code == 204
    assert ada.client.get("/api/v1/session").status_code == 401
    assert count_sessions(app) == 0


def test_a_token_counts_for_twelve_hours_and_the_session_gives_the_next_one(ada):
    with time_machine.travel(datetime(2030, 3, 1, 12, tzinfo=UTC), tick=False) as clock:
        first = ada.sign_in().json["csrf_token"]
        for _ in range(2):
            clock.shift(timedelta(hours=6, seconds=1))
            answer = ada.client.get("/api/v1/session")
        refused = ada.client.delete("/api/v1/session", headers={"X-CSRFToken": first})
        assert (refused.status_code, refused.json["reason"]) == (403, "csrf_token_required")
        headers = {"X-CSRFToken": answer.json["csrf_token"]}
        assert ada.client.delete("/api/v1/session", headers=headers).status_code == 204


def test_the_token_of_a_page_does_as_well(ada):
    ada.sign_in()
    assert ada.client.delete("/api/v1/session", headers={"X-CSRFToken": ada.client.token()}).status_code == 204


def test_wrong_and_unknown_are_answered_alike(app, ada):
    answers = [ada.sign_in("ada@example.com", "wrong"), ada.sign_in("nobody@example.com", PASSWORD)]
    for answer in answers:
        assert (answer.status_code, answer.mimetype) == (401, PROBLEM)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answers[0].json == answers[1].json
    assert answers[0].json["reason"] == "wrong_credentials"
    assert count_sessions(app) == 0


def test_too_many_tries_wait(ada):
    answers = [ada.sign_in("ada@example.com", "wrong") for _ in range(12)]
    last = answers[-1]
    assert last.status_code == 429 and last.json["status"] == 429
    assert int(last.headers["Retry-After"]) > 0 and "Wait" in last.json["detail"]
    assert ada.sign_in().status_code == 429, "the right password is not even looked at"


def test_the_limit_is_the_pages_own(app, ada):
    page = PortalClient(app)
    for _ in range(12):
        page.submit("/sign-in", {"email": "ada@example.com", "password": "wrong"})
    assert ada.sign_in().status_code == 429


def test_a_second_step_is_asked_for_and_taken_in_the_same_call(app, ada, company):
    secret = turn_on_second_step(app, company)
    asked = ada.sign_in()
    assert (asked.status_code, asked.json["reason"]) == (401, "totp_required")
    wrong = ada.sign_in(totp="000000")
    assert (wrong.status_code, wrong.json["reason"]) == (401, "wrong_totp")
    assert count_sessions(app) == 0 and ada.client.get("/api/v1/session").status_code == 401
    code = pyotp.TOTP(secret).now()
    assert ada.sign_in(totp=code).status_code == 200
    assert program(app).sign_in(totp=code).status_code == 401, "a code works once"


def test_a_recovery_code_does_as_well_once_however_it_is_typed(app, ada, company):
    turn_on_second_step(app, company)
    with app.app_context():
        account_id = db.session.scalar(sa.select(Account.id).where(Account.public_id == company["id"]))
        first, second, *_ = second_step.renew_codes(
            db.session(), user_id=company["user_id"], account_id=account_id, now=datetime.now(UTC),
            actor=Actor(company["user_id"], "Ada Admin"),
        )  # fmt: skip
        db.session.commit()
    refused = ada.sign_in(totp=second, account="nobodys")
    assert (refused.status_code, refused.json["reason"]) == (403, "no_such_company")
    assert ada.sign_in(totp=first.lower().replace("-", " ")).status_code == 200
    assert program(app).sign_in(totp=first).json["reason"] == "wrong_totp", "a code works once"
    assert program(app).sign_in(totp=second).status_code == 200, "the refusal of a company spent no code"


def test_too_many_codes_wait(app, ada, company):
    turn_on_second_step(app, company)
    answers = [ada.sign_in(totp=f"{number:06}") for number in range(11)]
    assert answers[-1].status_code == 429 and answers[-1].json["status"] == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_whoever_has_to_set_up_the_second_step_may_only_look_and_leave(app, ada):
    with app.app_context():
        db.session.execute(sa.update(Account).values(requires_totp=True))
        db.session.commit()
    ada.sign_in()
    refused = ada.send("GET", "/records")
    assert (refused.status_code, refused.json["reason"]) == (403, "second_step_required")
    assert ada.send("GET", "/session").status_code == 200
    assert ada.send("DELETE", "/session").status_code == 204


def test_chooses_the_company(app, ada, company):
    with app.app_context():
        other, foreign = make_account("Beta Yards"), make_account("Theirs")
        db.session.add(
            Membership(
                account_id=other.id, user_id=company["user_id"], role="member", permissions=[],
                created_at=datetime.now(UTC),
            )
        )  # fmt: skip
        db.session.commit()
        other_id, foreign_id = other.public_id, foreign.public_id
    answer = ada.sign_in(account=other_id)
    assert answer.json["account"]["name"] == "Beta Yards" and answer.json["user"]["role"] == "member"
    assert [one["name"] for one in answer.json["accounts"]] == ["Beta Yards", "North Yard Haulage"]
    for unknown in (foreign_id, "nothing"):
        refused = program(app).sign_in(account=unknown)
        assert (refused.status_code, refused.json["reason"]) == (403, "no_such_company")


def test_a_new_sign_in_replaces_the_session(app, ada):
    ada.sign_in()
    ada.sign_in()
    assert count_sessions(app) == 1


def test_somebody_in_no_company_is_told(app, ada):
    ada.sign_in()
    with app.app_context():
        db.session.execute(sa.delete(Membership))
        db.session.commit()
    answer = ada.send("GET", "/session")
    assert (answer.status_code, answer.json["reason"]) == (403, "no_company")


def test_an_old_session_must_prove_itself_again_at_fresh_doors(app, ada):
    fresh = [name for name, door in DOORS.items() if name.startswith("api.") and door.fresh]
    ada.sign_in()
    with app.app_context():
        db.session.execute(sa.update(AuthSession).values(fresh_at=datetime(2020, 1, 1, tzinfo=UTC)))
        db.session.commit()
    asked = 0
    for rule in app.url_map.iter_rules():
        if rule.endpoint in fresh:
            path = rule.build(dict.fromkeys(rule.arguments, "abcdefghjkmn"))[1]
            method = min(rule.methods - {"OPTIONS", "HEAD"})
            answer = ada.send(method, path.removeprefix("/api/v1"), json={})
            assert (answer.status_code, answer.json["reason"]) == (403, "fresh_sign_in_required"), path
            asked += 1
    assert asked == len(fresh)
