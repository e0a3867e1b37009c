"""Provisioning tokens: shown once, carried in a file, with tags and defaults for each device."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from portal.accounts.models import Account, Membership, User
from portal.devices.models import Device
from portal.devices.sessions import DeviceFacts
from portal.enrollment import redemption
from portal.enrollment.models import CREATE_DEVICE, PROVISIONING, Grant
from portal.extensions import db
from portal.lib.secrets import digest
from tests.factories.people import make_account, make_member

TOKENS = "/admin/provisioning-tokens"
TOKEN = re.compile(r"prov_[B-Z]{8}\.[\w-]{43}")


def typed(**fields) -> dict[str, str]:
    later = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M")
    return {
        "description": "Tablets of the warehouse",
        "expires_at": later,
        "max_uses": "100",
        "tags": "warehouse, ground floor",
        "defaults": "name=Tablet {n}\nlanguage = pl",
    } | fields


@pytest.fixture
def ada(app, client):
    with app.app_context():
        make_member(make_account())
    client.sign_in("ada@example.com")
    return client


def grant(app) -> Grant:
    with app.app_context():
        return db.session.query(Grant).filter_by(kind=PROVISIONING).one()


def make(ada, **fields) -> str:
    """Makes a token; what the one page shows."""
    answer = ada.submit(f"{TOKENS}/new", typed(**fields))
    assert answer.status_code == 303, answer.text
    return ada.get(answer.location).get_data(as_text=True)


def redeem(app, token: str, uid: str):
    with app.app_context():
        facts = DeviceFacts(
            name="SM-T500", platform="Android", model="", app_version="", installation_uid=uid, browser="Chrome",
            ip="203.0.113.9",
        )  # fmt: skip
        done = redemption.redeem(
            db.session(), app.extensions["portal"].key_ring, text=token, kinds=(PROVISIONING,), facts=facts,
            now=datetime.now(UTC),
        )  # fmt: skip
        db.session.commit()
        assert isinstance(done, redemption.Redeemed), done


def test_the_token_is_shown_once_and_kept_as_a_digest(app, ada):
    page = make(ada)
    token = TOKEN.search(page)[0]
    assert "shown only this once" in page and "data:image/svg+xml" in page
    assert not TOKEN.search(ada.get(TOKENS).get_data(as_text=True)), "the next page shows it no more"
    row = grant(app)
    assert row.lookup_hash == digest(token) and row.sealed_secret == ""
    assert (row.action, row.max_uses, row.user_id) == (CREATE_DEVICE, 100, None)
    stored = " ".join(str(getattr(row, column.name)) for column in Grant.__table__.columns)
    assert token not in stored and token.partition(".")[2] not in stored


def test_the_file_holds_the_token_once_and_later_everything_else(app, ada):
    page = make(ada)
    token = TOKEN.search(page)[0]
    path = re.search(r'action="([^"]+/config\.json)"', page)[1]
    answer = ada.submit(path, {"token": token})
    config = json.loads(answer.data)
    assert config | {"account_id": "", "expires_at": ""} == {
        "version": 1,
        "api_url": "https://qr.example.com/api/v1",
        "token": token,
        "hint": token[:13],
        "company": "North Yard Haulage",
        "account_id": "",
        "tags": ["warehouse", "ground floor"],
        "defaults": {"name": "Tablet {n}", "language": "pl"},
        "expires_at": "",
    }
    assert datetime.fromisoformat(config["expires_at"]) > datetime.now(UTC)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="portal-{token[:13]}.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    later = json.loads(ada.get(path).data)
    assert later == config | {"token": None}
    assert ada.submit(path, {"token": token[:-1]}).status_code == 400


def test_tags_defaults_and_the_numbered_name_are_carried_to_each_device(app, ada):
    token = TOKEN.search(make(ada))[0]
    for uid in ("a", "b"):
        redeem(app, token, uid)
    with app.app_context():
        first, second = db.session.query(Device).order_by(Device.id)
        assert (first.name, second.name) == ("Tablet 1", "Tablet 2")
        assert first.tags == ["warehouse", "ground floor"] and first.defaults["language"] == "pl"
    assert "2 of 100" in ada.get(TOKENS).get_data(as_text=True)
    page = ada.get(f"{TOKENS}/{grant(app).public_id}").get_data(as_text=True)
    assert "Tablet 1" in page and "Tablet 2" in page and not TOKEN.search(page)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"defaults": "name"}, "has no ="),
        ({"defaults": "a key=1"}, "is no key"),
        ({"defaults": "a=1\na=2"}, "stands there twice"),
        ({"defaults": "a=" + "x" * 201}, "more than 200 characters"),
        ({"user_id": "nobody000000"}, "Choose somebody of this company."),
        ({"description": ""}, "Describe"),
        ({"max_uses": "10001"}, "from 1 to 10,000"),
    ],
)
def test_a_wrong_field_is_named_and_what_was_typed_stays(app, ada, fields, sentence):
    answer = ada.submit(f"{TOKENS}/new", typed(**fields))
    assert answer.status_code == 422 and sentence in unescape(answer.text)
    assert "warehouse, ground floor" in answer.text
    with app.app_context():
        assert db.session.query(Grant).count() == 0


def test_edit_and_delete_as_with_codes(app, ada):
    make(ada)
    public_id = grant(app).public_id
    page = unescape(ada.get(f"{TOKENS}/{public_id}/edit").get_data(as_text=True))
    assert "name=Tablet {n}\nlanguage=pl" in page
    saved = ada.submit(f"{TOKENS}/{public_id}/edit", typed(defaults="", tags="", version="1"))
    assert saved.status_code == 303
    assert (grant(app).defaults, grant(app).tags) == ({}, [])
    assert ada.submit(f"{TOKENS}/{public_id}/edit", typed(version="1")).status_code == 409
    assert "No device is connected by it." in ada.get(f"{TOKENS}/{public_id}/delete").get_data(as_text=True)
    ada.submit(f"{TOKENS}/{public_id}/delete")
    assert grant(app).revoked_at is not None


def test_a_code_is_no_token_and_a_token_no_code(app, ada):
    make(ada)
    public_id = grant(app).public_id
    assert ada.get(f"/admin/installation-codes/{public_id}").status_code == 404
    assert ada.get(f"/admin/installation-codes/{public_id}/edit").status_code == 404


def test_a_new_token_waits_for_the_list_of_its_own_company(app, ada):
    with app.app_context():
        here, there = db.session.query(Account).one(), make_account("South Yard")
        ids = here.public_id, there.public_id
        db.session.add(
            Membership(
                account_id=there.id, user_id=db.session.query(User).one().id, role="admin", permissions=[],
                created_at=datetime.now(UTC),
            )
        )  # fmt: skip
        db.session.commit()
    assert ada.submit(f"{TOKENS}/new", typed()).status_code == 303
    ada.submit("/admin/switch-account", {"account": ids[1]})
    elsewhere = ada.get(TOKENS)
    assert elsewhere.status_code == 200 and not TOKEN.search(elsewhere.text)
    ada.submit("/admin/switch-account", {"account": ids[0]})
    assert TOKEN.search(ada.get(TOKENS).text)
