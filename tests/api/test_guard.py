"""Who may knock at the doors for programs, with what, and what everybody else is told."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from portal.accounts.models import Membership
from portal.accounts.permissions import DOORS
from portal.devices import tokens
from portal.devices.models import ACTIVE, REVOKED, SUSPENDED, Device, DeviceSession
from portal.extensions import db
from tests.api.calling import bearer, make_phone, program
from tests.factories.people import make_account, make_member
from tests.factories.things import make_record

PROBLEM = "application/problem+json"


@pytest.fixture
def company(app):
    with app.app_context():
        account = make_account()
        ada = make_member(account)
        mia = make_member(account, "mia@example.com", role="member", name="Mia")
        make_record(account)
        return {
            "admin": make_phone(account, ada.user_id)[0],
            "member": make_phone(account, mia.user_id)[0],
            "paired": make_phone(account)[0],
        }


def api_doors(app):
    """(endpoint, method, path) of every door under /api."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("api."):
            path = rule.build(dict.fromkeys(rule.arguments, "abcdefghjkmn"))[1]
            for method in sorted(rule.methods - {"OPTIONS", "HEAD"}):
                yield rule.endpoint, method, path


def send(client, method, path, **more):
    return client.open(path, method=method, json={} if method in ("POST", "PUT", "PATCH") else None, **more)


def test_without_credentials_every_door_that_is_not_open_is_401(app, client, company):
    walked = [door for door in api_doors(app) if not DOORS[door[0]].open]
    assert len(walked) > 5
    for _, method, path in walked:
        answer = send(client, method, path)
        assert (answer.status_code, answer.mimetype) == (401, PROBLEM), f"{method} {path}"
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer x", "Bearer x.y.z", "Basic YWRhOng=", "Digest x", "Bearer \u00e9", "", "é"]
)
def test_no_token_of_ours_is_401_at_every_door_even_beside_a_session(app, company, header):
    ada = program(app)
    ada.sign_in()
    for endpoint, method, path in api_doors(app):
        if not DOORS[endpoint].open:
            answer = send(ada.client, method, path, headers=ada.headers | {"Authorization": header})
            assert answer.status_code == 401, f"{method} {path}"
            assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
            assert answer.json["reason"] == "invalid"


def test_a_phone_passes_no_door_that_makes_ways_in_nor_one_that_is_not_for_phones(app, client, company):
    closed = [
        (endpoint, method, path)
        for endpoint, method, path in api_doors(app)
        for door in [DOORS[endpoint]]
        if not door.open and not door.paired and (not door.phone or door.permission.mints or door.fresh)
    ]
    assert len(closed) >= 2
    for _, method, path in closed:
        answer = send(client, method, path, headers=bearer(company["admin"]))
        assert (answer.status_code, answer.json["reason"]) == (403, "not_for_phones"), f"{method} {path}"


def test_a_paired_phone_without_a_person_may_only_what_is_for_paired_phones(app, client, company):
    for endpoint, method, path in api_doors(app):
        door = DOORS[endpoint]
        if not door.open and not door.paired:
            answer = send(client, method, path, headers=bearer(company["paired"]))
            assert answer.status_code == 403, f"{method} {path}"
            assert answer.json["reason"] in ("person_required", "not_for_phones")


def test_a_person_without_the_permission_is_told_which_is_missing(app, client, company):
    mia = program(app)
    mia.sign_in("mia@example.com")
    walked = 0
    for endpoint, method, path in api_doors(app):
        door = DOORS[endpoint]
        if door.permission is None or door.permission.for_members:
            continue
        answers = [send(mia.client, method, path, headers=mia.headers)]
        if door.phone and not door.permission.mints and not door.fresh:
            answers.append(send(client, method, path, headers=bearer(company["member"])))
        for answer in answers:
            assert (answer.status_code, answer.json["reason"]) == (403, "permission_missing"), f"{method} {path}"
            assert answer.json["permission"] == door.permission.name
            assert door.permission.label in answer.json["detail"]
        walked += 1
    assert walked > 0


def test_the_token_counts_when_a_cookie_comes_too(app, company):
    ada = program(app)
    ada.sign_in()
    answer = ada.send("GET", "/session", headers=bearer(company["admin"]))
    assert (answer.status_code, answer.json["reason"]) == (403, "not_for_phones")
    assert ada.send("GET", "/records", headers=bearer(company["paired"])).status_code == 403


def test_a_token_needs_no_csrf_token(client, company):
    answer = client.post("/api/v1/app/scan", json={"text": "nothing"}, headers=bearer(company["member"]))
    assert answer.status_code == 404 and answer.json["reason"] == "unknown"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": REVOKED}, "revoked"),
        ({"status": SUSPENDED}, "suspended"),
        ({"status": "pending_approval"}, "pending_approval"),
        ({"pairing_ends_at": datetime(2020, 1, 1, tzinfo=UTC)}, "key_rotated"),
    ],
)
def test_a_device_that_lost_its_access_hears_why_at_its_next_request(app, client, company, change, reason):
    headers = bearer(company["member"])
    assert client.get("/api/v1/records", headers=headers).status_code == 200
    with app.app_context():
        db.session.execute(sa.update(Device).values(**change))
        db.session.commit()
    answer = client.get("/api/v1/records", headers=headers)
    assert (answer.status_code, answer.json["reason"]) == (401, reason)
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert answer.headers.get("Clear-Site-Data") == ('"cache", "storage"' if reason == "revoked" else None)
    with app.app_context():
        db.session.execute(sa.update(Device).values(status=ACTIVE, pairing_ends_at=None))
        db.session.commit()
    assert client.get("/api/v1/records", headers=headers).status_code == 200


def test_whoever_was_removed_from_the_company_is_out(app, client, company):
    with app.app_context():
        db.session.execute(sa.delete(Membership).where(Membership.role == "member"))
        db.session.commit()
    answer = client.get("/api/v1/records", headers=bearer(company["member"]))
    assert (answer.status_code, answer.json["reason"]) == (401, "account_locked")


def test_rights_are_those_of_now(app, client, company):
    with app.app_context():
        db.session.execute(sa.update(Membership).values(role="member", permissions=[]))
        db.session.commit()
    for endpoint, method, path in api_doors(app):
        door = DOORS[endpoint]
        if door.phone and not door.permission.for_members and not door.permission.mints and not door.fresh:
            assert send(client, method, path, headers=bearer(company["admin"])).json["reason"] == "permission_missing"


def test_a_token_that_is_over_is_told_apart(app, client, company):
    with app.app_context():
        parts = app.extensions["portal"]
        url, now = parts.settings.public_url, datetime.now(UTC)
        claims = tokens.read(parts.key_ring, url, company["member"], now)
        old = tokens.mint(parts.key_ring, url, claims, now - timedelta(hours=1))
    answer = client.get("/api/v1/records", headers=bearer(old))
    assert (answer.status_code, answer.json["reason"]) == (401, "expired")


def test_a_forged_token_is_logged_without_the_token(client, company, capsys):
    forged = company["member"][:-4] + "AAAA"
    assert client.get("/api/v1/records", headers=bearer(forged)).status_code == 401
    lines = [line for line in capsys.readouterr().out.splitlines() if "refused" in line]
    assert len(lines) == 1 and forged not in lines[0]


def test_a_call_is_noted_on_the_device(app, client, company):
    with app.app_context():
        db.session.execute(sa.update(Device).values(last_active_at=None))
        db.session.commit()
    client.get("/api/v1/records", headers=bearer(company["member"]))
    with app.app_context():
        noted = [moment for moment in db.session.scalars(sa.select(Device.last_active_at)) if moment]
        assert len(noted) == 1 and datetime.now(UTC) - noted[0] < timedelta(minutes=1)


def test_an_ended_session_does_not_call_any_more(app, client, company):
    with app.app_context():
        db.session.execute(sa.update(DeviceSession).values(ended_at=datetime.now(UTC), end_reason="admin"))
        db.session.commit()
    assert client.get("/api/v1/records", headers=bearer(company["member"])).json["reason"] == "revoked"


def test_options_tell_the_methods_to_anybody(app, client, company):
    answer = client.open("/api/v1/records", method="OPTIONS")
    assert answer.status_code == 200 and "GET" in answer.headers["Allow"]


def test_a_foreign_site_cannot_use_the_cookie(app, company):
    ada = program(app)
    ada.sign_in()
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = ada.send("DELETE", "/session", headers=headers)
        assert (answer.status_code, answer.mimetype) == (403, PROBLEM)
    assert ada.send("GET", "/session").status_code == 200


def test_problems_are_json_that_says_the_same_as_the_status(client):
    answer = client.get("/api/v1/nowhere")
    body = json.loads(answer.data)
    assert (answer.status_code, body["status"], body["type"], answer.mimetype) == (404, 404, "about:blank", PROBLEM)
