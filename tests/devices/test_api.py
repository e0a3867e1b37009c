"""The four doors of Mobile App and their neighbours: exact shapes, who may, and what a revoked phone meets."""

from datetime import UTC, datetime

import pytest
import time_machine

from portal.accounts.models import Account
from portal.devices.models import Device
from portal.extensions import db
from tests.api.calling import bearer, make_phone, program
from tests.client import PortalClient
from tests.enrollment.pictures import read_svg
from tests.factories.devices import make_device
from tests.factories.people import make_account, make_member

LIST = "/admin/app/devices"
NEW = "/admin/app/generate-qr"
NOON = datetime(2030, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def company(app, clock):
    """Ada's own phone is signed in; Bo's tablet joined by a code; Mia may nothing but look."""
    with app.app_context():
        account = make_account()
        ada = make_member(account)
        bo = make_member(account, "bo@example.com", name="Bo Berg", role="member")
        make_member(make_account("Elsewhere"), "cleo@example.com", name="Cleo")
        tablet = make_device(
            account, bo, "Tablet", facts={"platform": "Android", "model": "Tab 5", "app_version": "1.0"}
        )
        ada_phone, ada_device = make_phone(account, ada.user_id, "Ada's phone")
        bo_phone, _ = make_phone(account, bo.user_id, "Bo's phone")
        paired, _ = make_phone(account, None, "Paired phone")
        return {
            "tablet": tablet.public_id,
            "ada": ada_phone,
            "ada's": ada_device,
            "bo": bo_phone,
            "paired": paired,
            "account": account.public_id,
        }


@pytest.fixture
def ada(app, company):
    found = program(app)
    assert found.sign_in().status_code in (200, 201)
    return found


def phone(app, token):
    client = PortalClient(app)

    def send(method, path, **more):
        return client.open(f"/api/v1{path}", method=method, headers=bearer(token), **more)

    return send


def test_generate_qr_answers_exactly_what_a_phone_needs(ada, company):
    answer = ada.send("POST", NEW)
    assert answer.status_code == 201 and answer.headers["Cache-Control"] == "no-store"
    made = answer.json
    assert set(made) == {
        *("id", "token", "payload", "svg", "code"),
        *("api_url", "site_name", "logo_url", "expires_at", "expires_in"),
    }
    assert (made["expires_in"], made["expires_at"]) == (300, "2030-03-01T12:05:00Z")
    assert made["api_url"] == "https://qr.example.com/api/v1" and made["site_name"] == "North Yard Haulage"
    assert made["logo_url"] == f"https://qr.example.com/app/logo/{company['account']}"
    assert read_svg(made["svg"]) == made["payload"]
    assert made["payload"].partition("#")[0] == "https://qr.example.com/app" and made["token"] in made["payload"]


def test_what_was_generated_can_be_exchanged_and_followed(app, ada):
    made = ada.send("POST", NEW).json
    following = f"/admin/app/grants/{made['id']}"
    assert ada.send("GET", following).json["state"] == "waiting"
    body = {"token": made["token"], "device": {"name": "Work phone"}}
    joined = PortalClient(app).post("/api/v1/admin/app/exchange-token", json=body).json
    assert ada.send("GET", following).json["device"]["name"] == "Work phone"
    assert joined["device_id"] in [one["id"] for one in ada.send("GET", LIST).json["devices"]]


def test_no_phone_generates_whoever_is_signed_in_on_it(app, company):
    for name in ("ada", "bo", "paired"):
        answer = phone(app, company[name])("POST", NEW)
        assert (answer.status_code, answer.mimetype) == (403, "application/problem+json"), name


def test_generating_asks_for_a_fresh_sign_in_and_the_csrf_token(ada, clock):
    assert ada.send("POST", NEW, headers={"X-CSRFToken": "x"}).status_code in (400, 403)
    clock.shift(15 * 60 + 1)
    assert ada.send("POST", NEW).status_code == 403


def test_the_list_says_everything_about_a_device(ada, company):
    answer = ada.send("GET", f"{LIST}?q=tablet")
    assert answer.status_code == 200
    assert answer.json == {
        "total": 1,
        "devices": [
            {
                "id": company["tablet"],
                "name": "Tablet",
                "platform": "Android",
                "model": "Tab 5",
                "app_version": "1.0",
                "status": "active",
                "person": "Bo Berg",
                "joined_by": "Mobile App",
                "last_active_at": "2030-03-01T12:00:00Z",
                "connected_at": "2030-03-01T12:00:00Z",
                "tags": [],
                "defaults": {},
                "ip": "203.0.113.7",
                "is_stale": False,
                "is_new_network": False,
                "is_signed_out": False,
                "signs_out_at": None,
            }
        ],
    }


def test_a_phone_that_gave_up_its_session_is_listed_as_signed_out(app, ada):
    token = ada.send("POST", NEW).json["token"]
    phone = PortalClient(app).post("/api/v1/admin/app/exchange-token", json={"token": token}).json
    assert ada.send("GET", f"{LIST}/{phone['device_id']}").json["is_signed_out"] is False
    PortalClient(app).post("/oauth/revoke", data={"token": phone["refresh_token"]})
    listed = ada.send("GET", f"{LIST}/{phone['device_id']}").json
    assert (listed["status"], listed["is_signed_out"]) == ("active", True)


def test_the_list_is_paged_and_holds_revoked_ones_when_asked(ada, company):
    everything = [one["name"] for one in ada.send("GET", LIST).json["devices"]]
    assert sorted(everything) == ["Ada's phone", "Bo's phone", "Paired phone", "Tablet"]
    page = ada.send("GET", f"{LIST}?limit=2&offset=1").json
    assert [one["name"] for one in page["devices"]] == everything[1:3] and page["total"] == 4
    ada.send("DELETE", f"{LIST}/{company['tablet']}")
    assert ada.send("GET", LIST).json["total"] == 3
    assert [one["name"] for one in ada.send("GET", f"{LIST}?status=revoked").json["devices"]] == ["Tablet"]
    assert ada.send("GET", f"{LIST}?status=all").json["total"] == 4


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "offset=-1", "status=gone", "user_id=1", "limit=501"])
def test_a_question_that_is_none_is_refused(ada, query):
    answer = ada.send("GET", f"{LIST}?{query}")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert list(answer.json["errors"]) == [query.partition("=")[0]]


def test_delete_revokes_at_once_and_a_second_time_changes_nothing(app, ada, company):
    send = phone(app, company["bo"])
    assert send("GET", "/app/me").status_code == 200
    bos = next(one["id"] for one in ada.send("GET", LIST).json["devices"] if one["name"] == "Bo's phone")
    for _ in range(2):
        answer = ada.send("DELETE", f"{LIST}/{bos}")
        assert (answer.status_code, answer.data) == (204, b"")
        refused = send("GET", "/app/me")
        assert refused.status_code == 401 and refused.json["reason"] == "revoked"
    with app.app_context():
        assert db.session.query(Device).filter_by(public_id=bos).one().version == 2, "changed once"


def test_another_companys_device_is_not_there(app, company):
    cleo = program(app)
    cleo.sign_in("cleo@example.com")
    for method in ("GET", "DELETE", "PATCH"):
        more = {"json": {"name": "Mine"}} if method == "PATCH" else {}
        assert cleo.send(method, f"{LIST}/{company['tablet']}", **more).status_code == 404, method
    assert cleo.send("GET", LIST).json == {"devices": [], "total": 0}
    with app.app_context():
        assert db.session.query(Device).filter_by(public_id=company["tablet"]).one().name == "Tablet"


def test_an_admins_phone_lists_renames_and_revokes(app, company):
    send = phone(app, company["ada"])
    assert send("GET", LIST).json["total"] == 4
    assert send("PATCH", f"{LIST}/{company['tablet']}", json={"name": "  Cab   tablet "}).json["name"] == "Cab tablet"
    assert send("DELETE", f"{LIST}/{company['tablet']}").status_code == 204
    assert send("GET", f"{LIST}/{company['tablet']}").json["status"] == "revoked"


def test_a_members_phone_and_a_paired_one_may_not(app, company):
    for name in ("bo", "paired"):
        send = phone(app, company[name])
        for method, path in (("GET", LIST), ("DELETE", f"{LIST}/{company['tablet']}")):
            assert send(method, path).status_code == 403, (name, method)
    with app.app_context():
        assert db.session.query(Device).filter_by(public_id=company["tablet"]).one().status == "active"


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": "   "}, {"name": "x" * 81}, {"name": 7}, {"name": "x", "status": "active"}, []]
)
def test_a_name_that_is_none_and_fields_that_are_not_there_are_refused(ada, company, body):
    answer = ada.send("PATCH", f"{LIST}/{company['tablet']}", json=body)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")


def test_a_program_without_its_csrf_token_changes_nothing(app, ada, company):
    ada.headers = {}
    assert ada.send("DELETE", f"{LIST}/{company['tablet']}").status_code in (400, 403)
    with app.app_context():
        assert db.session.query(Device).filter_by(public_id=company["tablet"]).one().status == "active"


def test_whoever_connects_own_phones_has_those_alone_by_program_and_by_phone(app, company):
    with app.app_context():
        account = db.session.query(Account).filter_by(public_id=company["account"]).one()
        dora = make_member(account, "dora@example.com", name="Dora", role="member", permissions=["mobile.app"])
        lost = make_phone(account, dora.user_id, "Lost phone")[1]
        token, kept = make_phone(account, dora.user_id, "Dora's phone")
    dora = program(app)
    dora.sign_in("dora@example.com")
    for send in (dora.send, phone(app, token)):
        assert {one["name"] for one in send("GET", LIST).json["devices"]} <= {"Lost phone", "Dora's phone"}
        assert send("GET", f"{LIST}?status=all").json["total"] == 2
        assert send("GET", f"{LIST}?q=tablet").json == {"devices": [], "total": 0}
        for method, more in (("GET", {}), ("PATCH", {"json": {"name": "Mine"}}), ("DELETE", {})):
            assert send(method, f"{LIST}/{company['tablet']}", **more).status_code == 404, method
        assert send("POST", f"{LIST}/{kept}/suspend").status_code == 403
        assert send("PATCH", f"{LIST}/{kept}", json={"name": "Dora's phone"}).status_code == 200
        assert send("DELETE", f"{LIST}/{lost}").status_code == 204
        assert send("GET", f"{LIST}/{lost}").json["status"] == "revoked"
    assert phone(app, token)("POST", NEW).status_code == 403, "it still makes no way in"
    assert dora.send("DELETE", f"{LIST}/{kept}").status_code == 204
    assert phone(app, token)("GET", LIST).status_code == 401
