"""Mobile App: the page with its one-time code, how far it is, taking it back, and the connected devices."""

import base64
import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
import time_machine

from portal.accounts.models import Account, Membership
from portal.audit.models import AuditEvent
from portal.devices.models import Device, DeviceSession
from portal.enrollment.models import Grant, Redemption
from portal.enrollment.views import mobile_app
from portal.extensions import db
from portal.lib.secrets import digest
from tests.client import PASSWORD, PortalClient
from tests.enrollment.pictures import read_svg
from tests.factories.devices import make_device
from tests.factories.people import make_account, make_member
from tests.factories.phones import make_phone

PAGE = "/admin/mobile-app"
EXCHANGE = "/api/v1/admin/app/exchange-token"
NOON = datetime(2030, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def company(app, clock):
    """Ada is an admin with a phone; Bo may connect own phones and has one; Cleo works elsewhere."""
    with app.app_context():
        account = make_account()
        ada = make_member(account)
        bo = make_member(account, "bo@example.com", name="Bo Berg", role="member", permissions=["mobile.app"])
        other = make_account("Elsewhere")
        make_member(other, "cleo@example.com", name="Cleo")
        return {
            "ada": make_device(account, ada, "Ada's phone").public_id,
            "bo": make_device(account, bo, "Bo's phone").public_id,
        }


@pytest.fixture
def ada(company, client):
    client.sign_in("ada@example.com")
    return client


def generate(client):
    """A new code, by the page's button. Returns the page, the link in its QR code and the code for typing."""
    answer = client.submit(f"{PAGE}/qr")
    assert answer.status_code == 303, answer.text
    return see(client)


def see(client):
    page = client.get(PAGE).text
    picture = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
    code = re.search(r'class="offer-code"[^>]*>([^<]+)<', page)
    return page, read_svg(base64.b64decode(picture[1]).decode()) if picture else "", code[1] if code else ""


def secret_of(link):
    return parse_qs(urlsplit(link).fragment)["t"][0]


def scan(app, secret, name="iPhone, Safari"):
    """A phone sends what it scanned."""
    return PortalClient(app).post(EXCHANGE, json={"token": secret, "device": {"name": name, "platform": "iOS"}})


def status_of(client, page):
    """What the page's script is told."""
    return client.get(re.search(r'data-status-url="([^"]+)"', page)[1])


def state_shown(page):
    return re.search(r'data-offer="(\w+)"', page)[1]


def one(app, model, **columns):
    with app.app_context():
        return db.session.query(model).filter_by(**columns).order_by(model.id.desc()).first()


def test_the_page_offers_to_generate_a_code_and_lists_the_devices(ada):
    page = ada.get(PAGE).text
    assert "Generate QR Code" in page and "offer-qr" not in page
    for label in ("Connected Devices", "Device Name", "Platform", "Last Active", "Connected On", "Revoke Access"):
        assert label in page
    assert "Ada&#39;s phone" in page and "Bo&#39;s phone" in page


def test_the_code_carries_token_addresses_and_name_for_five_minutes(app, ada):
    page, link, code = generate(ada)
    fields = {name: values[0] for name, values in parse_qs(urlsplit(link).fragment).items()}
    account = one(app, Grant).account_id
    with app.app_context():
        public_id = db.session.execute(
            sa.text("select public_id from account where id = :id"), {"id": account}
        ).scalar()
    assert link.startswith("https://qr.example.com/app#")
    assert fields == {
        "v": "1",
        "k": "join",
        "t": fields["t"],
        "a": "https://qr.example.com/api/v1",
        "n": "North Yard Haulage",
        "l": f"https://qr.example.com/app/logo/{public_id}",
        "c": public_id,
    }
    assert re.fullmatch(r"[\w-]{43}", fields["t"]) and re.fullmatch(
        r"[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}", code
    )
    assert "until <time" in page and ">12:05:00<" in page
    assert status_of(ada, page).json == {
        "state": "waiting",
        "seconds_left": 300,
        "undo_seconds_left": 0,
        "device": None,
    }


def test_the_secret_is_in_no_address_no_row_and_readable_in_no_cookie(app, ada):
    answer = ada.submit(f"{PAGE}/qr")
    cookies = " ".join(answer.headers.getlist("Set-Cookie"))
    _, link, code = see(ada)
    secret = secret_of(link)
    grant = one(app, Grant)
    assert grant.lookup_hash == digest(secret)
    rows = " ".join(str(value) for value in vars(grant).values())
    payload = cookies.partition("=")[2].partition(".")[0] if not cookies.startswith(".") else ""
    opened = base64.urlsafe_b64decode(payload + "===").decode(errors="replace")
    for text in (secret, code, code.replace("-", "")):
        assert text not in answer.headers["Location"] and text not in rows
        assert text not in cookies and text not in opened


def test_loading_the_page_again_shows_the_same_code_and_another_browser_shows_none(app, ada):
    _, link, code = generate(ada)
    assert see(ada)[1:] == (link, code)
    other = PortalClient(app)
    other.sign_in("ada@example.com")
    assert "offer-qr" not in other.get(PAGE).text


def test_used_it_turns_into_a_tick_that_names_the_phone(app, ada):
    page, link, _ = generate(ada)
    answer = scan(app, secret_of(link))
    assert answer.status_code == 200, answer.text
    told = status_of(ada, page).json
    assert told == {
        "state": "used",
        "seconds_left": 0,
        "undo_seconds_left": 60,
        "device": {"id": answer.json["device_id"], "name": "iPhone, Safari", "platform": "iOS", "status": "active"},
    }
    page, link, code = see(ada)
    assert state_shown(page) == "used" and (link, code) == ("", "")
    assert ">iPhone, Safari</bdi> joined" in page
    assert 'data-when="let-in">It is signed in as you.' in page and 'data-when="held-up" hidden' in page


def test_a_phone_that_waits_for_approval_is_not_said_to_be_signed_in(app, ada, company):
    with app.app_context():
        waiting = {"installation_uid": "uid-1", "status": "pending_approval"}
        db.session.query(Device).filter_by(public_id=company["ada"]).update(waiting)
        db.session.commit()
    page, link, _ = generate(ada)
    phone = {"token": secret_of(link), "device": {"installation_uid": "uid-1"}}
    assert PortalClient(app).post(EXCHANGE, json=phone).json["status"] == "pending_approval"
    assert status_of(ada, page).json["device"]["status"] == "pending_approval"
    page = ada.get(PAGE).text
    assert 'data-when="held-up">It is signed in as you as soon as an admin approves it' in page
    assert 'data-when="let-in" hidden' in page


def test_the_typed_code_does_the_same_in_any_spelling(app, ada):
    _, _, code = generate(ada)
    answer = PortalClient(app).post(EXCHANGE, json={"code": code.lower().replace("-", " ")})
    assert answer.status_code == 200, answer.text


def test_undo_signs_the_phone_out_at_once(app, ada, clock):
    page, link, _ = generate(ada)
    joined = scan(app, secret_of(link)).json
    bearer = {"Authorization": f"Bearer {joined['access_token']}"}
    assert PortalClient(app).get("/api/v1/app/me", headers=bearer).status_code == 200
    clock.shift(59)
    undo = re.search(r'action="([^"]+/undo)"', page)[1]
    assert ada.submit(undo).status_code == 303
    assert PortalClient(app).get("/api/v1/app/me", headers=bearer).status_code == 401
    assert one(app, Device, public_id=joined["device_id"]).status == "revoked"
    clock.shift(5)
    assert ada.submit(undo).status_code == 303, "a second click, and it stays as it is"
    page = ada.get(PAGE).text
    assert "The 60 seconds are over" not in page and state_shown(page) == "revoked"
    with app.app_context():
        assert db.session.query(AuditEvent).filter_by(action="device.revoke").count() == 1


def test_after_sixty_seconds_there_is_nothing_to_undo(app, ada, clock):
    page, link, _ = generate(ada)
    joined = scan(app, secret_of(link)).json
    clock.shift(61)
    ada.submit(re.search(r'action="([^"]+/undo)"', page)[1])
    assert "The 60 seconds are over" in ada.get(PAGE).text
    assert one(app, Device, public_id=joined["device_id"]).status == "active"


def test_nobody_undoes_a_colleagues_code(app, ada, company):
    page, link, _ = generate(ada)
    undo = re.search(r'action="([^"]+/undo)"', page)[1]
    scan(app, secret_of(link))
    for email in ("bo@example.com", "cleo@example.com"):
        other = PortalClient(app)
        other.sign_in(email)
        assert other.submit(undo).status_code in (403, 404)
        assert status_of(other, page).status_code in (403, 404)
    assert status_of(ada, page).json["state"] == "used"


def test_a_newer_code_takes_the_place_of_the_unspent_one(app, ada):
    page, first, _ = generate(ada)
    _, second, _ = generate(ada)
    assert second != first
    assert status_of(ada, page).json["state"] == "superseded"
    assert scan(app, secret_of(first)).status_code == 400
    assert scan(app, secret_of(second)).status_code == 200


def test_a_newer_code_does_not_touch_what_a_spent_one_connected(app, ada):
    _, first, _ = generate(ada)
    joined = scan(app, secret_of(first)).json
    generate(ada)
    assert one(app, Device, public_id=joined["device_id"]).status == "active"


def test_a_code_that_a_new_password_ended_is_not_said_to_have_a_successor(app, ada):
    _, link, _ = generate(ada)
    words = {"current_password": PASSWORD, "new_password": "brown kettle seven hats"}
    assert ada.submit("/admin/profile/password", words).status_code == 303
    assert scan(app, secret_of(link)).status_code == 400
    page, link, code = see(ada)
    assert (state_shown(page), link, code) == ("superseded", "", "")
    assert "This QR code no longer works." in page and "or your password was changed since" in page


def test_an_expired_code_says_so_and_is_shown_no_more(app, ada, clock):
    page, link, _ = generate(ada)
    clock.shift(299)
    assert status_of(ada, page).json["seconds_left"] == 1
    clock.shift(1)
    assert status_of(ada, page).json["state"] == "expired"
    assert scan(app, secret_of(link)).status_code == 400
    page, link, code = see(ada)
    assert "This QR code has expired" in page and "Generate QR Code" in page and (link, code) == ("", "")
    assert state_shown(page) == "expired"
    assert "data-offer" not in ada.get(PAGE).text, "said once"


def test_used_expired_and_unknown_answer_alike(app, ada, clock):
    _, used, _ = generate(ada)
    scan(app, secret_of(used))
    _, expired, _ = generate(ada)
    clock.shift(301)
    answers = [scan(app, secret) for secret in (secret_of(used), secret_of(expired), "x" * 43)]
    assert {(answer.status_code, answer.mimetype) for answer in answers} == {(400, "application/problem+json")}
    assert {answer.json["detail"] for answer in answers} == {
        "This QR code is expired or already used, generate a new one."
    }


def test_who_may_no_longer_connect_phones_gets_none_in_with_an_earlier_code(app, company, client):
    client.sign_in("bo@example.com")
    _, link, code = generate(client)
    with app.app_context():
        db.session.execute(sa.update(Membership).where(Membership.role == "member").values(permissions=[]))
        db.session.commit()
    for secret in (secret_of(link), code):
        refused = scan(app, secret)
        assert refused.status_code == 400 and refused.json["detail"].startswith("This QR code is expired")
    with app.app_context():
        assert {
            one.reason for one in db.session.scalars(sa.select(Redemption).where(Redemption.outcome == "refused"))
        } == {"not_permitted"}


def test_looking_how_far_it_is_writes_nothing(app, ada):
    page, _, _ = generate(ada)

    def rows():
        with app.app_context():
            return [
                db.session.execute(sa.text(f"select * from {table} order by id")).all()
                for table in ("enrollment_grant", "grant_redemption", "device", "device_session", "audit_event")
            ]

    before = rows()
    for _ in range(3):
        assert status_of(ada, page).status_code == 200
        ada.get(PAGE)
    assert rows() == before


def test_generating_asks_for_the_password_when_it_was_typed_long_ago(app, ada, clock):
    clock.shift(15 * 60 + 1)
    answer = ada.submit(f"{PAGE}/qr")
    assert answer.status_code == 403 and 'name="confirm_password"' in answer.text
    assert "offer-qr" not in ada.get(PAGE).text
    assert ada.submit(f"{PAGE}/qr", {"confirm_password": PASSWORD}).status_code == 303
    assert "offer-qr" in ada.get(PAGE).text


def test_what_a_member_sees_in_the_list_is_what_they_can_act_on(app, company, client):
    """Signed in on a phone of nobody's it is theirs; on a colleague's phone it stays the colleague's."""
    with app.app_context():
        account = db.session.query(Account).order_by(Account.id).first()
        people = {one.role: one.user_id for one in db.session.query(Membership).filter_by(account_id=account.id)}
        paired = make_phone(account, people["member"], name="Paired by Mobile Setup").public_id
        lent = make_phone(account, people["member"], name="Lent phone").public_id
        db.session.query(Device).filter_by(public_id=lent).update({"user_id": people["admin"]})
        db.session.commit()
    client.sign_in("bo@example.com")
    page = client.get(PAGE).text
    assert "Paired by Mobile Setup" in page and "Lent phone" not in page
    assert client.submit(f"{PAGE}/devices/{paired}/name", {"name": "Mine now"}).status_code == 303
    assert "Mine now" in client.get(PAGE).text
    assert client.submit(f"{PAGE}/devices/{paired}/revoke").status_code == 303
    assert client.submit(f"{PAGE}/devices/{lent}/revoke").status_code == 404


def test_a_member_sees_renames_and_revokes_own_devices_only(app, company, client):
    client.sign_in("bo@example.com")
    page = client.get(PAGE).text
    assert "Bo&#39;s phone" in page and "Ada&#39;s phone" not in page and "All devices" not in page
    for path in (f"devices/{company['ada']}/revoke", f"devices/{company['ada']}/name"):
        assert client.submit(f"{PAGE}/{path}", {"name": "Mine"}).status_code == 404
    assert client.get(f"{PAGE}/devices/{company['ada']}/revoke").status_code == 404
    client.submit(f"{PAGE}/devices/{company['bo']}/name", {"name": " Tablet  in the cab "})
    assert one(app, Device, public_id=company["bo"]).name == "Tablet in the cab"
    client.submit(f"{PAGE}/devices/{company['bo']}/revoke")
    assert one(app, Device, public_id=company["bo"]).status == "revoked"
    assert one(app, Device, public_id=company["ada"]).status == "active"


def test_revoking_says_what_follows_and_then_ends_the_session(app, ada, company):
    path = f"{PAGE}/devices/{company['bo']}/revoke"
    page = ada.get(path).text
    assert "Revoke Access of Bo&#39;s phone?" in page and "Its next request is refused" in page
    assert one(app, Device, public_id=company["bo"]).status == "active", "asking changes nothing"
    for _ in range(2):
        assert ada.submit(path).status_code == 303
    device = one(app, Device, public_id=company["bo"])
    assert device.status == "revoked"
    assert one(app, DeviceSession, device_id=device.id).end_reason == "admin"
    with app.app_context():
        events = db.session.query(AuditEvent).filter_by(action="device.revoke", target_public_id=company["bo"])
        assert events.count() == 1
    ada.get(PAGE)
    assert "Bo&#39;s phone" not in ada.get(PAGE).text


def test_a_name_of_nothing_is_refused(app, ada, company):
    ada.submit(f"{PAGE}/devices/{company['bo']}/name", {"name": " \t "})
    assert one(app, Device, public_id=company["bo"]).name == "Bo's phone"
    assert "A device needs a name." in ada.get(PAGE).text


def test_a_key_file_that_was_replaced_leaves_the_page_standing(app, ada, monkeypatch):
    from dataclasses import replace

    from portal.lib.sealing import make_key_ring

    generate(ada)
    own = app.extensions["portal"]
    with monkeypatch.context() as patch:
        patch.setitem(app.extensions, "portal", replace(own, key_ring=make_key_ring()))
        assert "offer-qr" not in ada.get(PAGE).text


def test_of_very_many_the_last_are_shown_and_only_who_may_open_the_rest_is_led_there(app, company, client, monkeypatch):
    monkeypatch.setattr(mobile_app, "SHOWN", 1)
    with app.app_context():
        account = db.session.query(Account).order_by(Account.id).first()
        bo = db.session.query(Membership).filter_by(account_id=account.id, role="member").one()
        make_device(account, bo, "Bo's tablet")
    for email, words, is_led in (("ada@example.com", "All 3", True), ("bo@example.com", "The last 1 of 2", False)):
        client.sign_in(email)
        page = client.get(PAGE).text
        assert words in page and ('href="/admin/devices"' in page) == is_led
        client.submit("/sign-out")
