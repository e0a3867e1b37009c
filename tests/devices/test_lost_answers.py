"""A phone that never heard whether its sign-in or sign-out worked: it says so and is paired again, nothing more."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from portal.accounts.models import Account
from portal.audit.operations import OPERATOR
from portal.devices import operations, sessions
from portal.devices.models import Device
from portal.extensions import db
from tests.factories.people import make_account, make_member
from tests.factories.phones import Paired, make_phone

LATER = timedelta(minutes=3)
FORM = {"grant_type": "refresh_token", "answer": "lost"}


@pytest.fixture
def phone(app) -> Paired:
    with app.app_context():
        return make_phone(make_account(), now=datetime.now(UTC) - LATER)


@pytest.fixture
def signed_in(app, phone) -> sessions.Opened:
    """Mia has signed in on it."""
    with app.app_context():
        mia = make_member(db.session.scalars(db.select(Account)).one(), "mia@example.com", role="member")
        opened = sessions.sign_in_person(
            db.session(), device_session_id=phone.session_id, user_id=mia.user_id, now=datetime.now(UTC)
        )
        db.session.commit()
        return opened


def show(client, secret: str, form: dict = FORM, **more):
    """Refreshes as a browser does: by its cookie."""
    client.set_cookie("__Secure-refresh", secret, domain="qr.example.com", path="/oauth", secure=True)
    return client.post("/oauth/token", data=form | more)


def held(client) -> str:
    return client.get_cookie("__Secure-refresh", "qr.example.com", "/oauth").value


def test_it_is_paired_again_and_the_session_that_nobody_heard_of_is_over(client, phone, signed_in):
    answer = show(client, phone.refresh_token)
    assert (answer.status_code, answer.json["scope"]) == (200, "paired")
    paired = held(client)
    assert show(client, signed_in.refresh_secret, {"grant_type": "refresh_token"}).status_code == 400
    again = show(client, phone.refresh_token)
    assert (again.status_code, again.json["scope"]) == (200, "paired"), "that answer was lost as well"
    assert show(client, paired, {"grant_type": "refresh_token"}).status_code == 400
    bearer = {"Authorization": f"Bearer {again.json['access_token']}"}
    assert client.get("/api/v1/app/me", headers=bearer).json["person"] is None


def test_a_lost_sign_out_is_one_all_the_same(app, client, signed_in):
    with app.app_context():
        now = datetime.now(UTC)
        sessions.sign_out_person(db.session(), device_session_id=signed_in.device_session.id, now=now)
        db.session.commit()
    assert show(client, signed_in.refresh_secret).json["scope"] == "paired"


def test_only_who_lost_an_answer_is_helped(client, phone, signed_in):
    """Another tab lost a race, or a program shows what is over: the one who signed in stays."""
    assert show(client, phone.refresh_token, {"grant_type": "refresh_token"}).json["reason"] == "invalid"
    assert client.post("/oauth/token", data=FORM | {"refresh_token": phone.refresh_token}).status_code == 400
    assert show(client, signed_in.refresh_secret).json["scope"] == "app"
    assert show(client, phone.refresh_token).json["reason"] == "invalid", "the new session was heard of"


def test_not_for_ever(client, phone, signed_in):
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=11)):
        assert show(client, phone.refresh_token).json["reason"] == "invalid"


def test_a_phone_that_took_its_place_stays(app, client, phone):
    with app.app_context():
        now = datetime.now(UTC)
        device = db.session.get_one(Device, phone.device_id)
        device.connected_at = now
        taken = sessions.open_session(db.session(), device=device, user_id=None, now=now).refresh_secret
        db.session.commit()
    assert show(client, phone.refresh_token).json["reason"] == "invalid"
    assert show(client, taken).status_code == 200


def test_a_revoked_phone_is_not_let_in_by_it(app, client, phone, signed_in):
    with app.app_context():
        device = db.session.get_one(Device, phone.device_id)
        operations.revoke(db.session(), device, actor=OPERATOR, now=datetime.now(UTC))
        db.session.commit()
    assert show(client, phone.refresh_token).json["reason"] == "revoked"


def test_a_copy_of_a_token_from_long_before_gains_nothing(app, client, phone):
    """Its successor was used: the phone has not had it for a while, and where its session goes on it would end that."""
    refresh = {"grant_type": "refresh_token"}
    second = client.post("/oauth/token", data=refresh | {"refresh_token": phone.refresh_token}).json["refresh_token"]
    client.post("/oauth/token", data=refresh | {"refresh_token": second})
    with app.app_context():
        now = datetime.now(UTC)
        paired = sessions.sign_out_person(db.session(), device_session_id=phone.session_id, now=now)
        db.session.commit()
    assert show(client, phone.refresh_token).json["reason"] == "invalid"
    assert show(client, paired.refresh_secret, refresh).status_code == 200, "the phone goes on"
