"""Clients that do things a little differently: each is understood, or told what to do."""

import gzip
import json

import pytest

from tests.api.calling import bearer, make_phone, program
from tests.client import PASSWORD, PortalClient
from tests.factories.people import make_account, make_member

NEW = "/admin/app/generate-qr"
EXCHANGE = "/api/v1/admin/app/exchange-token"


@pytest.fixture
def token(app):
    with app.app_context():
        account = make_account()
        return make_phone(account, make_member(account).user_id)[0]


@pytest.fixture
def ada(app, token):
    found = program(app)
    found.sign_in()
    return found


@pytest.mark.parametrize("header", ["X-CSRFToken", "X-CSRF-Token", "x-csrf-token"])
def test_the_csrf_token_is_read_by_both_names(ada, header):
    token = ada.headers.pop("X-CSRFToken")
    assert ada.send("POST", NEW).status_code == 403
    assert ada.send("POST", NEW, headers={header: token}).status_code == 201


def test_a_door_without_a_body_takes_an_empty_one_and_no_fields(ada):
    assert ada.send("POST", NEW, json={}).status_code == 201
    refused = ada.send("POST", NEW, json={"user_id": "somebody", "ttl": 9})
    assert (refused.status_code, refused.mimetype) == (422, "application/problem+json")
    assert refused.json["errors"] == {name: ["There is no such field."] for name in ("user_id", "ttl")}
    assert ada.send("POST", NEW, json=[1]).status_code == 422
    assert ada.send("POST", NEW, data=b"{", content_type="application/json").status_code == 400


@pytest.mark.parametrize(
    "device",
    [
        {}, {"device": None}, {"device": {}}, {"device": {"name": "", "platform": "Android"}},
        {"device": {"name": None, "platform": "iOS", "model": None, "installation_uid": None, "app_version": None}},
    ],
)  # fmt: skip
def test_a_phone_that_says_little_of_itself_comes_in(app, ada, device):
    made = ada.send("POST", NEW).json
    answer = PortalClient(app).post(EXCHANGE, json={"token": made["token"]} | device)
    assert answer.status_code == 200, answer.text
    (found,) = [one for one in ada.send("GET", "/admin/app/devices").json["devices"] if one["name"] == "Phone"]
    assert found["platform"] == ((device.get("device") or {}).get("platform") or "")


@pytest.mark.parametrize("more", [{"totp": None}, {"totp": ""}, {"account": None}, {"totp": None, "account": None}])
def test_what_is_not_there_may_be_null(app, token, more):
    assert program(app).sign_in(**more).status_code == 200


def test_a_code_as_a_number_has_lost_its_zeros_and_is_refused(app, token):
    refused = program(app).sign_in(totp=12345)
    assert (refused.status_code, refused.json["errors"]) == (422, {"totp": ["Send a text."]})


def test_the_e_mail_may_stand_in_capitals(app, token):
    assert program(app).sign_in("  ADA@Example.COM ", PASSWORD).status_code == 200


def test_a_packed_body_is_a_415(client, token):
    body = gzip.compress(json.dumps({"token": "x"}).encode())
    answer = client.post(EXCHANGE, data=body, headers={"Content-Type": "application/json", "Content-Encoding": "gzip"})
    assert (answer.status_code, answer.mimetype) == (415, "application/problem+json")


@pytest.mark.parametrize("scheme", ["bearer", "Bearer", "BEARER"])
def test_the_scheme_is_read_in_any_letter_case(client, token, scheme):
    assert client.get("/api/v1/app/me", headers={"Authorization": f"{scheme} {token}"}).status_code == 200


def test_two_authorizations_are_none(client, token):
    headers = [("Authorization", f"Bearer {token}"), ("Authorization", "Bearer x")]
    assert client.get("/api/v1/app/me", headers=headers).status_code == 401
    assert client.get(f"/api/v1/app/me?access_token={token}").status_code == 401


@pytest.mark.parametrize("path", [f"{NEW}/", "/session/", "/admin/app/devices/", "", "/nothing"])
def test_an_address_with_a_slash_too_much_is_a_404(ada, path):
    answer = ada.send("GET", path)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_head_and_options_say_what_there_is(client, token):
    head = client.head("/api/v1/admin/app/devices", headers=bearer(token))
    assert (head.status_code, head.data, head.mimetype) == (200, b"", "application/json")
    asked = client.options(EXCHANGE)
    assert asked.status_code == 200 and set(asked.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}
    wrong = client.get(EXCHANGE)
    assert wrong.status_code == 405 and "POST" in wrong.headers["Allow"]
