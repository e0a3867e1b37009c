"""Everything that programs and phones do, done by a client that knows the description and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.devices.models import Device
from portal.extensions import db
from tests.api.independent import Client, scanned
from tests.client import PASSWORD
from tests.factories.people import make_account, make_member
from tests.factories.things import make_record, scan_path

EMAIL = "ada@example.com"
PHONE = {"name": "Ada's phone", "platform": "iOS", "model": "iPhone 15", "installation_uid": "u-1", "app_version": "1"}
CLAIMS = {"iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope", "sid", "device_id", "gen"}


@pytest.fixture
def sticker(live_app):
    """A company with an admin and a truck: what stands on the truck."""
    with live_app.app_context():
        account = make_account()
        make_member(account)
        return scan_path(make_record(account, "vehicle", "Truck 7", tag="T-7"))


@pytest.fixture
def address(sticker, live):
    return f"{live.url}/api/v1/openapi.json"


@pytest.fixture
def admin(address):
    program = Client(address)
    answer = program.call("session_sign_in", {"email": EMAIL, "password": PASSWORD})
    assert answer.status == 200
    program.csrf = answer["csrf_token"]
    return program


@pytest.fixture
def phone(address):
    return Client(address)


def joined(phone, answer):
    """A phone that came in, with its token."""
    assert answer.status == 200, answer.content
    phone.bearer = answer["access_token"]
    return answer


def onboarded(admin, phone):
    link = scanned(admin.call("mobile_app_generate_qr")["payload"])
    return joined(phone, phone.call("joining_exchange_token", {"token": link["t"], "device": PHONE}))


def test_a_session_is_begun_shown_and_ended(admin):
    shown = admin.call("session_show")
    assert shown["user"]["email"] == EMAIL and shown["account"]["name"] == "North Yard Haulage"
    token, admin.csrf = admin.csrf, ""
    refused = admin.call("session_sign_out")
    assert (refused.status, refused["reason"]) == (403, "csrf_token_required")
    admin.csrf = token
    assert admin.call("session_sign_out").status == 204
    assert admin.call("session_show").status == 401


def test_a_phone_pairs_and_a_person_signs_in_and_out_on_it(admin, phone):
    drawn = admin.call("mobile_setup_make_pairing_qr", {"username": EMAIL})
    link = scanned(drawn["payload"])
    assert (link["k"], link["u"], link["a"]) == ("pair", EMAIL, f"{phone.base}/api/v1")
    body = {"key": link["t"], "device": PHONE, "username": link["u"]}
    paired = joined(phone, phone.call("joining_pair", body))
    assert (paired["scope"], paired["username"], paired["site"]["account_id"]) == ("paired", EMAIL, link["c"])
    assert phone.call("phone_me")["person"] is None
    assert phone.call("records_index").status == 403
    claims = phone.claims(phone.bearer)
    assert (claims["sub"], claims["scope"], claims["gen"]) == (f"device:{paired['device_id']}", "paired", 1)
    wrong = phone.call("phone_sign_in", {"username": EMAIL, "password": "not the password"})
    assert (wrong.status, wrong["reason"]) == (401, "wrong_credentials")
    came = joined(phone, phone.call("phone_sign_in", {"username": paired["username"], "password": PASSWORD}))
    assert came["scope"] == "app" and phone.call("phone_me")["person"]["username"] == EMAIL
    assert joined(phone, phone.call("phone_sign_out", {}))["scope"] == "paired"


def test_a_one_time_code_is_exchanged_once_by_scan_and_once_by_typing(admin, phone, address):
    made = admin.call("mobile_app_generate_qr")
    assert made.status == 201 and made["expires_in"] == 300
    link = scanned(made["payload"])
    assert (link["k"], link["t"], link["n"]) == ("join", made["token"], made["site_name"])
    assert admin.call("mobile_app_grant", public_id=made["id"])["state"] == "waiting"
    came = joined(phone, phone.call("joining_exchange_token", {"token": link["t"], "device": PHONE}))
    followed = admin.call("mobile_app_grant", public_id=made["id"])
    assert (followed["state"], followed["device"]["id"]) == ("used", came["device_id"])
    again = phone.call("joining_exchange_token", {"token": link["t"]})
    assert again.status == 400
    assert again["detail"] == "This QR code is expired or already used, generate a new one."
    typed = Client(address)
    code = admin.call("mobile_app_generate_qr")["code"]
    joined(typed, typed.call("joining_exchange_token", {"code": code.lower().replace("-", " ")}))
    assert typed.call("phone_me")["person"]["username"] == EMAIL
    late = admin.call("mobile_app_generate_qr")
    joined(Client(address), typed.call("joining_exchange_token", {"token": late["token"]}))
    assert admin.call("mobile_app_undo", public_id=late["id"])["state"] == "revoked"


def test_each_action_of_an_installation_code(admin, phone, address):
    me = admin.call("session_show")["user"]["id"]
    added = admin.call("expected_devices_add", {"name": "Gate tablet"})
    device_id = added["device"]["id"]
    for action, more, needs, newcomer in (
        ("create_account_and_device", {"username_prefix": "crew-"}, ["name", "password"],
         {"name": "Nina New", "password": "seven blue kettles sing"}),
        ("create_device", {"user_id": me}, [], None),
        ("use_existing_device", {"device_id": device_id, "max_uses": 1}, [], None),
    ):  # fmt: skip
        made = admin.call("installation_codes_make", {"description": action, "action": action} | more)
        assert made.status == 201, made.content
        link = scanned(made["link"])
        assert (link["k"], link["t"]) == ("code", made["code"])
        seen = phone.call("joining_inspect", {"code": made["code"]})
        assert (seen["action"], seen["needs"], seen["site"]["account_id"]) == (action, needs, link["c"])
        body = {"code": link["t"], "device": PHONE | {"installation_uid": action}}
        carrier = Client(address)
        came = joined(carrier, carrier.call("joining_redeem", body | ({"newcomer": newcomer} if newcomer else {})))
        assert carrier.claims(came["access_token"])["device_id"] == came["device_id"]
        if newcomer:
            signed = carrier.call("phone_sign_in", {"username": came["sign_in_name"], "password": newcomer["password"]})
            assert signed.status == 200 and came["sign_in_name"] == "crew-001"
        if action == "use_existing_device":
            assert came["device_id"] == device_id and came["device_name"] == "Gate tablet"
        assert admin.call("installation_codes_show", public_id=made["id"])["use_count"] == 1
        tries = admin.call("installation_codes_redemptions", public_id=made["id"])["redemptions"]
        assert [(one["outcome"], one["device_id"]) for one in tries] == [("redeemed", came["device_id"])]
    listed = admin.call("installation_codes_index", query={"sort": "-created"})["installation_codes"]
    assert len(listed) == 4
    made = listed[-1]
    changed = admin.call("installation_codes_edit", {"max_uses": 9, "version": made["version"]}, public_id=made["id"])
    assert changed.status == 200, changed.content
    assert admin.call("installation_codes_edit", {"tags": [], "version": 77}, public_id=made["id"]).status == 409
    assert admin.call("installation_codes_qr", public_id=listed[1]["id"]).kind == "image/svg+xml"
    assert admin.call("installation_codes_suspend_devices", public_id=listed[1]["id"])["count"] == 1
    assert admin.call("installation_codes_revoke_devices", public_id=listed[1]["id"])["count"] == 1
    assert admin.call("installation_codes_remove", public_id=listed[1]["id"]).status == 204


def test_a_fleet_joins_by_a_provisioning_token(admin, phone):
    wanted = {"description": "Tablets", "tags": ["yard"], "defaults": {"name": "Tablet {n}", "language": "pl"}}
    made = admin.call("provisioning_make", wanted)
    assert made.status == 201 and scanned(made["link"])["k"] == "fleet"
    file = admin.call("provisioning_config", public_id=made["id"])
    assert (file["token"], file["hint"], file["tags"]) == (None, made["hint"], ["yard"])
    assert made["config"]["token"] == made["token"] == scanned(made["link"])["t"]
    came = joined(phone, phone.call("joining_redeem", {"token": made["config"]["token"]}))
    device = admin.call("devices_show", public_id=came["device_id"])
    assert (device["name"], device["tags"], device["defaults"]["language"]) == ("Tablet 1", ["yard"], "pl")
    assert admin.call("provisioning_index")["provisioning_tokens"][0]["use_count"] == 1


def test_tokens_are_refreshed_verified_shown_and_revoked(admin, phone):
    came = onboarded(admin, phone)
    claims = phone.claims(came["access_token"])
    assert set(claims) >= CLAIMS
    assert claims["sub"] == admin.call("session_show")["user"]["id"]
    assert claims["exp"] - claims["iat"] == came["expires_in"]
    body = {"grant_type": "refresh_token", "refresh_token": came["refresh_token"]}
    fresh = phone.call("oauth_token", body)
    assert fresh.status == 200 and fresh["refresh_token"] != came["refresh_token"]
    phone.bearer = fresh["access_token"]
    for asking in (phone, admin):
        shown = asking.call("oauth_introspect", {"token": fresh["access_token"]})
        assert shown["active"] is True and shown["sid"] == claims["sid"] and shown["device_id"] == came["device_id"]
    told = phone.call("oauth_metadata")
    assert told["issuer"] == claims["iss"] and told["jwks_uri"].startswith(phone.base)
    assert phone.call("oauth_revoke", {"token": fresh["refresh_token"]}).status == 200
    assert admin.call("oauth_introspect", {"token": fresh["access_token"]}).content == {"active": False}
    over = phone.call("phone_me")
    assert over.status == 401 and "invalid_token" in over.headers["WWW-Authenticate"]
    ended = phone.call("oauth_token", body | {"refresh_token": fresh["refresh_token"]})
    assert (ended.status, ended["error"]) == (400, "invalid_grant")


def test_records_are_listed_shown_and_scanned(admin, phone, sticker):
    onboarded(admin, phone)
    for reader in (phone, admin):
        (line,) = reader.call("records_index", query={"q": "truck", "kind": "vehicle", "limit": "1"})["records"]
        whole = reader.call("records_show", public_id=line["id"])
        assert (whole["name"], whole["tag"]) == ("Truck 7", "T-7")
        found = reader.call("scanning_scan", {"text": f"{reader.base}{sticker}"})
        assert found["record"]["id"] == line["id"]
        assert reader.call("records_photo", public_id=line["id"]).status == 404


def test_devices_are_listed_renamed_suspended_and_revoked(admin, phone):
    came = onboarded(admin, phone)
    for caller in (admin, phone):
        (device,) = caller.call("devices_index", query={"q": "phone"})["devices"]
        assert (device["id"], device["platform"], device["person"]) == (came["device_id"], "iOS", "Ada Admin")
    assert phone.call("mobile_app_generate_qr").status == 403
    assert admin.call("devices_rename", {"name": "Van 3"}, public_id=device["id"])["name"] == "Van 3"
    assert admin.call("device_acts_suspend", public_id=device["id"])["status"] == "suspended"
    assert phone.call("phone_me")["reason"] == "suspended"
    assert admin.call("device_acts_resume", public_id=device["id"])["status"] == "active"
    assert [admin.call("devices_revoke", public_id=device["id"]).status for _ in range(2)] == [204, 204]
    gone = phone.call("phone_me")
    assert (gone.status, gone["reason"], gone.headers["Clear-Site-Data"]) == (401, "revoked", '"cache", "storage"')
    assert admin.call("devices_revoke", public_id="nothing").status == 404


def test_the_key_is_rotated_and_phones_move(admin, phone, live_app):
    link = scanned(admin.call("mobile_setup_make_pairing_qr", {})["payload"])
    joined(phone, phone.call("joining_pair", {"key": link["t"], "device": PHONE}))
    turned = admin.call("mobile_setup_rotate", {"overlap_hours": 24})
    assert (turned["generation"], turned["moved"], turned["total"], turned["left"]) == (2, 0, 1, ["Ada's phone"])
    newest = scanned(admin.call("mobile_setup_make_pairing_qr", {})["payload"])
    assert newest["t"] != link["t"]
    joined(phone, phone.call("joining_pair", {"key": newest["t"], "device": PHONE}))
    assert admin.call("mobile_setup_show_progress")["moved"] == 1
    assert admin.call("mobile_setup_rotate", {"cut_now": True})["generation"] == 3
    assert phone.call("phone_me")["reason"] == "key_rotated"
    assert phone.call("joining_pair", {"key": newest["t"]}).status == 400
    at = (datetime.now(UTC) + timedelta(days=9)).isoformat(timespec="seconds")
    assert admin.call("key_plans_save", {"next_at": at, "every_days": 90})["plan"]["overlap_hours"] == 0
    assert admin.call("key_plans_cancel").status == 204
    assert admin.call("key_plans_send", {"recipient": EMAIL}).status == 202
    with live_app.app_context():
        assert db.session.query(Device).count() == 1, "the same phone came back"
