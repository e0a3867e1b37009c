"""The standard doors: refresh by body and by cookie, revocation, introspection, metadata and keys."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from joserfc import jwt
from joserfc.jwk import KeySet

from portal.accounts.models import Account, Membership
from portal.audit.operations import OPERATOR
from portal.devices import operations, sessions
from portal.devices.models import Device, DeviceSession, RefreshToken
from portal.extensions import db
from portal.jobs.models import Mail
from tests.client import PortalClient
from tests.factories.people import make_account, make_member
from tests.factories.phones import access_token, make_phone

URL = "https://qr.example.com"
CLEAR = '"cache", "storage"'


@pytest.fixture
def phone(app):
    with app.app_context():
        account = make_account()
        make_member(account, "ada@example.com")
        mia = make_member(account, "mia@example.com", role="member")
        return make_phone(account, mia.user_id)


@pytest.fixture
def bearer(app, phone):
    with app.app_context():
        return access_token(app, phone)


def refresh(client, token: str | None = None, **more):
    form = {"grant_type": "refresh_token"} | ({"refresh_token": token} if token else {})
    return client.post("/oauth/token", data=form, **more)


def give_cookie(client, secret: str) -> None:
    client.set_cookie("__Secure-refresh", secret, domain="qr.example.com", path="/oauth", secure=True)


def held(client) -> str | None:
    cookie = client.get_cookie("__Secure-refresh", "qr.example.com", "/oauth")
    return cookie.value if cookie else None


def test_a_refresh_by_body(client, phone):
    answer = refresh(client, phone.refresh_token)
    assert answer.status_code == 200
    assert set(answer.json) == {"access_token", "token_type", "expires_in", "scope", "refresh_token"}
    assert (answer.json["token_type"], answer.json["expires_in"], answer.json["scope"]) == ("Bearer", 600, "app")
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    assert "Set-Cookie" not in answer.headers
    assert refresh(client, answer.json["refresh_token"]).status_code == 200


def test_the_access_token_verifies_by_the_published_document_alone(client, phone):
    """As an independent client does it: metadata, keys, signature, claims."""
    found = client.get("/.well-known/oauth-authorization-server").json
    token = refresh(client, phone.refresh_token).json["access_token"]
    keys = KeySet.import_key_set(client.get(found["jwks_uri"].removeprefix(URL)).json)
    read = jwt.decode(token, keys, algorithms=["ES256"])
    assert (read.header["typ"], read.header["alg"]) == ("at+jwt", "ES256")
    assert (read.claims["iss"], read.claims["aud"]) == (found["issuer"], f"{URL}/api/v1")
    assert read.claims["exp"] - read.claims["iat"] == 600
    assert {"sub", "jti", "client_id", "scope", "sid", "device_id", "gen"} <= read.claims.keys()
    assert read.claims["device_id"] == phone.public_id


def test_a_refresh_by_cookie_rotates_it_and_says_nothing_of_it(client, phone):
    give_cookie(client, phone.refresh_token)
    answer = refresh(client, headers={"Origin": URL, "Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 200
    assert set(answer.json) == {"access_token", "token_type", "expires_in", "scope"}
    [header] = answer.headers.getlist("Set-Cookie")
    assert header.startswith("__Secure-refresh=")
    for part in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/oauth", "Max-Age=31536000"):
        assert part in header.split("; ")
    assert held(client) not in (None, phone.refresh_token)
    assert held(client) not in answer.text
    assert refresh(client, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://other.qr.example.com", "Sec-Fetch-Site": "same-site"},
        {"Origin": URL, "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_the_cookie_counts_only_for_our_own_pages(app, client, phone, headers):
    give_cookie(client, phone.refresh_token)
    answer = refresh(client, headers=headers)
    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")  # as the description says
    assert "Set-Cookie" not in answer.headers
    assert refresh(client).status_code == 200, "nothing was spent"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "password", "username": "a", "password": "b"}, "unsupported_grant_type"),
        ({"grant_type": ["refresh_token", "refresh_token"], "refresh_token": "x"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": ["x", "y"]}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x", "client_id": "other"}, "invalid_client"),
        ({"grant_type": "refresh_token", "refresh_token": "x", "scope": "admin"}, "invalid_scope"),
        ({"grant_type": "refresh_token", "refresh_token": "x", "unknown": "1"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "x" * 9000}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "\0\u00e9"}, "invalid_grant"),
    ],
)
def test_errors_as_the_standard_writes_them(client, phone, form, error):
    answer = client.post("/oauth/token", data=form)
    assert (answer.status_code, answer.json["error"]) == (400, error)
    assert answer.json["error_description"]
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_scope_that_is_not_the_session_s_is_refused_and_spends_nothing(app, client, phone):
    """RFC 6749, section 6: never more than was granted. A phone without a person must sign in for more."""
    form = {"grant_type": "refresh_token", "refresh_token": phone.refresh_token}
    answer = client.post("/oauth/token", data=form | {"scope": "paired"})
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_scope")
    with app.app_context():
        assert db.session.scalar(sa.select(RefreshToken).where(RefreshToken.rotated_at.is_not(None))) is None
    assert client.post("/oauth/token", data=form | {"scope": "app"}).json["scope"] == "app"


def test_json_is_no_form(client, phone):
    answer = client.post("/oauth/token", json={"grant_type": "refresh_token", "refresh_token": phone.refresh_token})
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_a_revoked_phone_is_told_so_and_loses_its_cookies(app, client, phone):
    give_cookie(client, phone.refresh_token)
    with app.app_context():
        device = db.session.get_one(Device, phone.device_id)
        operations.revoke(db.session(), device, actor=OPERATOR, now=datetime.now(UTC))
        db.session.commit()
    answer = refresh(client)
    assert answer.status_code == 400
    assert (answer.json["error"], answer.json["reason"]) == ("invalid_grant", "revoked")
    assert answer.headers["Clear-Site-Data"] == CLEAR
    gone = sorted(re.sub(r"=;.*Max-Age=0;.*", "", header) for header in answer.headers.getlist("Set-Cookie"))
    assert gone == ["__Host-phone", "__Secure-refresh"]
    assert held(client) is None


def test_a_removed_person_is_told_so(app, client, phone):
    give_cookie(client, phone.refresh_token)
    with app.app_context():
        db.session.execute(sa.delete(Membership))
        db.session.commit()
    answer = refresh(client)
    assert (answer.status_code, answer.json["reason"]) == (400, "account_locked")
    assert answer.headers["Clear-Site-Data"] == CLEAR
    with app.app_context():
        assert db.session.get_one(DeviceSession, phone.session_id).end_reason == "account_locked"


@pytest.mark.parametrize("secret", ["unknown", "replaced"])
def test_a_losing_request_never_clears_cookies(app, client, phone, secret):
    """Another tab signed in meanwhile: its new cookie is in the jar when this answer comes."""
    if secret == "replaced":
        with app.app_context():
            device = db.session.get_one(Device, phone.device_id)
            sessions.open_session(db.session(), device=device, user_id=None, now=datetime.now(UTC))
            db.session.commit()
    give_cookie(client, phone.refresh_token if secret == "replaced" else "x" * 43)
    answer = refresh(client)
    assert (answer.status_code, answer.json["reason"]) == (400, "invalid")
    assert "Set-Cookie" not in answer.headers
    assert "Clear-Site-Data" not in answer.headers
    assert held(client) is not None


def test_a_copied_token_ends_the_phone_and_tells_those_who_manage_devices(app, client, phone):
    first = refresh(client, phone.refresh_token).json
    assert refresh(client, first["refresh_token"]).status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=61)):
        for _ in range(2):
            answer = refresh(client, phone.refresh_token)
            assert (answer.status_code, answer.json["reason"]) == (400, "revoked")
    with app.app_context():
        mails = db.session.scalars(sa.select(Mail)).all()
        assert [(mail.recipient, mail.kind, mail.state) for mail in mails] == [
            ("ada@example.com", "devices.reuse", "queued")
        ], "the member who may not manage devices is not told, and nobody twice"
        assert mails[0].subject == "Pixel 9 was signed out: its key was copied"
        assert f"{URL}/admin/devices/{phone.public_id}\n" in mails[0].text_body, "where they may go, and revoke it"
        assert "Pixel 9" in mails[0].html_body
        assert not any(phone.refresh_token in text for text in (mails[0].text_body, mails[0].html_body))
        assert db.session.get_one(DeviceSession, phone.session_id).end_reason == "rotation_reuse"


@pytest.mark.parametrize("days", [91, 366])
def test_after_a_long_time_the_phone_is_told_to_pair_again(client, phone, days):
    give_cookie(client, phone.refresh_token)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=days)):
        answer = refresh(client)
    assert (answer.status_code, answer.json["reason"]) == (400, "expired")
    assert "Clear-Site-Data" not in answer.headers, "what it has not sent yet stays"


def test_used_every_month_it_lasts_a_year_and_no_longer(client, phone):
    start, token = datetime.now(UTC), phone.refresh_token
    for days in range(30, 361, 30):
        with time_machine.travel(start + timedelta(days=days)):
            token = refresh(client, token).json["refresh_token"]
    with time_machine.travel(start + timedelta(days=366)):
        assert refresh(client, token).json["reason"] == "expired"


def test_a_refresh_notes_that_the_phone_was_seen(app, client, phone):
    refresh(client, phone.refresh_token)
    with app.app_context():
        device = db.session.get_one(Device, phone.device_id)
        assert (device.last_active_at is not None, device.last_ip) == (True, "127.0.0.1")


# Revocation


@pytest.mark.parametrize("kind", ["access", "refresh"])
def test_revoking_either_token_ends_the_session(app, client, phone, bearer, kind):
    token = bearer if kind == "access" else phone.refresh_token
    answer = client.post("/oauth/revoke", data={"token": token, "token_type_hint": "access_token"})
    assert answer.status_code == 200
    assert refresh(client, phone.refresh_token).json["error"] == "invalid_grant"
    with app.app_context():
        assert db.session.get_one(DeviceSession, phone.session_id).end_reason == "user"
    assert client.post("/oauth/revoke", data={"token": token}).status_code == 200


@pytest.mark.parametrize("kind", ["refresh", "access"])
def test_a_token_revoked_while_its_phone_is_suspended_stays_so(app, client, phone, bearer, kind):
    """The answer is 200, and whoever heard it relies on it (RFC 7009, section 2.2)."""

    def change(act):
        with app.app_context():
            act(db.session(), db.session.get_one(Device, phone.device_id), actor=OPERATOR, now=datetime.now(UTC))
            db.session.commit()

    change(operations.suspend)
    token = phone.refresh_token if kind == "refresh" else bearer
    assert client.post("/oauth/revoke", data={"token": token}).status_code == 200
    change(operations.resume)
    assert refresh(client, phone.refresh_token).json["error"] == "invalid_grant"
    assert client.get("/api/v1/app/me", headers={"Authorization": f"Bearer {bearer}"}).status_code == 401


@pytest.mark.parametrize("token", ["unknown", "a.b.c", "\0", "x" * 9000])
def test_revoking_what_is_no_token_answers_200(client, phone, token):
    assert client.post("/oauth/revoke", data={"token": token}).status_code == 200
    assert refresh(client, phone.refresh_token).status_code == 200


def test_revoking_nothing_is_no_request(client):
    answer = client.post("/oauth/revoke", data={})
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


# Introspection


def look(client, token: str, by: str = ""):
    headers = {"Authorization": f"Bearer {by}"} if by else {}
    return client.post("/oauth/introspect", data={"token": token}, headers=headers)


def test_a_phone_looks_at_its_own_tokens(client, phone, bearer):
    found = look(client, bearer, by=bearer).json
    assert found["active"] is True
    assert (found["scope"], found["client_id"], found["device_id"]) == ("app", "portal-app", phone.public_id)
    assert (found["iss"], found["aud"], found["token_type"]) == (URL, f"{URL}/api/v1", "Bearer")
    assert found["exp"] - found["iat"] == 600
    found = look(client, phone.refresh_token, by=bearer).json
    assert (found["active"], found["exp"] - found["iat"]) == (True, 90 * 86400)
    assert "jti" not in found


def test_an_admin_looks_at_the_tokens_of_the_company_and_no_other(app, client, phone, bearer):
    with app.app_context():
        sister = make_phone(make_account("Sister Company"))
        theirs = access_token(app, sister)
    client.sign_in("ada@example.com")
    assert look(client, bearer).json["active"] is True
    for token in (theirs, sister.refresh_token, "unknown", f"{bearer}x"):
        assert look(client, token).json == {"active": False}


def test_a_phone_sees_no_other_phones_tokens(app, client, phone, bearer):
    with app.app_context():
        account_id = db.session.get_one(Device, phone.device_id).account_id
        other = make_phone(db.session.get_one(Account, account_id))
        theirs = access_token(app, other)
    assert look(client, theirs, by=bearer).json == {"active": False}


def test_nobody_else_looks(app, client, phone, bearer):
    for by in ("", "forged", phone.refresh_token):
        answer = look(client, bearer, by=by)
        assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")
        sent = "Authorization" in answer.request.headers  # RFC 6750, section 3.1: no error where nothing was sent
        assert answer.headers["WWW-Authenticate"] == ('Bearer error="invalid_token"' if sent else "Bearer")
    member = PortalClient(app)
    member.sign_in("mia@example.com")
    assert look(member, bearer).status_code == 401


def test_what_is_over_is_not_active(app, client, phone, bearer):
    newer = refresh(client, phone.refresh_token).json
    client.sign_in("ada@example.com")
    assert look(client, phone.refresh_token).json["active"] is True, "its answer may have been lost"
    refresh(client, newer["refresh_token"])
    start = datetime.now(UTC)
    with time_machine.travel(start + timedelta(seconds=61)):
        assert look(client, phone.refresh_token).json == {"active": False}
        assert look(client, bearer).json["active"] is True
    with time_machine.travel(start + timedelta(seconds=601)):
        assert look(client, bearer).json == {"active": False}
    with app.app_context():
        device = db.session.get_one(Device, phone.device_id)
        operations.suspend(db.session(), device, actor=OPERATOR, now=start)
        db.session.commit()
    assert look(client, bearer).json == {"active": False}
    assert look(client, newer["refresh_token"]).json == {"active": False}


# Documents


def test_the_metadata_names_doors_that_answer(client):
    answer = client.get("/.well-known/oauth-authorization-server")
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    found = answer.json
    assert found["issuer"] == URL
    assert found["grant_types_supported"] == ["refresh_token"]
    for name in ("token_endpoint", "revocation_endpoint", "introspection_endpoint"):
        assert client.post(found[name].removeprefix(URL), data={}).status_code == 400, name
    assert client.get(found["jwks_uri"].removeprefix(URL)).status_code == 200


def test_the_keys_may_be_kept_for_five_minutes_and_are_public(client):
    answer = client.get("/.well-known/jwks.json")
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert [(key["kty"], key["crv"], key["alg"], key["use"]) for key in answer.json["keys"]] == [
        ("EC", "P-256", "ES256", "sig")
    ]
    assert "d" not in answer.json["keys"][0]


def test_a_forged_host_changes_nothing_in_the_documents(client):
    answer = client.get("/.well-known/oauth-authorization-server", headers={"Host": "evil.example"})
    assert "evil" not in answer.text
