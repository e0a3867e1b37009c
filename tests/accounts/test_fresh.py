"""Doors that ask for the password again, sessions that get a new id, and rights that change."""

import re

import pytest
import sqlalchemy as sa
import time_machine

from portal.accounts.models import AuthSession, Invitation, Membership
from portal.accounts.permissions import DOORS
from portal.audit.models import AuditEvent
from portal.extensions import db
from tests.client import PASSWORD, PortalClient
from tests.factories.people import make_account, make_member

INVITE = "/admin/settings/people/invite"
PORTAL = "/admin/settings/qr-portal"
CONFIRM = "/admin/confirm-sign-in"
OLD = 15 * 60 + 1


@pytest.fixture
def clock():
    with time_machine.travel("2030-03-01T12:00:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def ada(app, client, clock):
    with app.app_context():
        make_member(make_account())
    client.sign_in("ada@example.com")
    return client


def session_id(client):
    return client.get_cookie("__Host-session", domain="qr.example.com").value


def secret_hash(app):
    with app.app_context():
        return db.session.scalars(sa.select(AuthSession.secret_hash)).one()


def count(app, model):
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def test_doors_that_matter_are_marked():
    fresh = {endpoint for endpoint, door in DOORS.items() if door.fresh}
    assert fresh >= {
        "admin.qr_portal.edit",  # it holds the passcode
        "admin.qr_portal.update",
        "admin.people.invite",
        "admin.people.edit_member",
        "admin.people.remove_member",
        "admin.second_step.turn_on",
        "admin.second_step.turn_off",
        "admin.second_step.renew_codes",
    }


def test_a_page_is_opened_after_the_password(ada, clock):
    clock.shift(15 * 60)
    assert ada.get(PORTAL).status_code == 200, "15 minutes count as fresh"
    clock.shift(1)
    asked = ada.get(f"{PORTAL}?show=1")
    assert asked.headers["Location"] == f"{CONFIRM}?next=%2Fadmin%2Fsettings%2Fqr-portal%3Fshow%3D1"
    page = ada.get(asked.headers["Location"]).text
    assert "Confirm that it is you" in page
    wrong = ada.submit(CONFIRM, {"next": PORTAL, "confirm_password": "no"})
    assert wrong.status_code == 422 and "That is not your password." in wrong.text
    assert ada.get(PORTAL).status_code == 303
    right = ada.submit(CONFIRM, {"next": f"{PORTAL}?show=1", "confirm_password": PASSWORD})
    assert (right.status_code, right.headers["Location"]) == (303, f"{PORTAL}?show=1")
    assert ada.get(f"{PORTAL}?show=1").status_code == 200
    assert ada.get(f"{CONFIRM}?next=/admin/labels").headers["Location"] == "/admin/labels"


def test_a_form_is_kept_and_goes_on(app, ada, clock):
    clock.shift(OLD)
    form = {"email": "new@example.com", "role": "member", "permissions": "records.edit"}
    asked = ada.submit(INVITE, form)
    assert asked.status_code == 403 and count(app, Invitation) == 0
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', asked.text))
    assert form.items() <= kept.items() and f'action="{INVITE}"' in asked.text
    wrong = ada.submit(INVITE, form | {"confirm_password": "no"})
    assert (
        wrong.status_code == 403
        and "That is not your password." in wrong.text
        and 'value="new@example.com"' in wrong.text
    )
    assert count(app, Invitation) == 0
    done = ada.submit(INVITE, form | {"confirm_password": PASSWORD})
    assert (done.status_code, done.headers["Location"]) == (303, "/admin/settings/people")
    with app.app_context():
        made = db.session.scalars(sa.select(Invitation)).one()
        assert (made.email, made.permissions) == ("new@example.com", ["records.edit"])
    assert ada.submit(INVITE, form | {"email": "next@example.com"}).status_code == 303, "fresh now"


def test_kept_fields_are_escaped_and_the_password_is_never_among_them(ada, clock):
    clock.shift(OLD)
    page = ada.submit(INVITE, {"email": '"><script>alert(1)</script>', "confirm_password": "typed by mistake"}).text
    assert "<script>alert" not in page and "typed by mistake" not in page


def test_a_member_without_the_permission_is_not_asked(app, clock):
    with app.app_context():
        make_member(make_account(), "mia@example.com", role="member", name="Mia")
    mia = PortalClient(app)
    mia.sign_in("mia@example.com")
    clock.shift(OLD)
    assert "You may not open this page" in mia.submit(INVITE, {"email": "x@example.com"}).text
    assert "You may not open this page" in mia.get(PORTAL).text


def test_wrong_passwords_here_are_limited_as_at_the_sign_in(ada, clock):
    clock.shift(OLD)
    for _ in range(10):
        assert ada.submit(INVITE, {"confirm_password": "no"}).status_code == 403
    refused = ada.submit(INVITE, {"confirm_password": PASSWORD})
    assert refused.status_code == 429 and "Too many tries" in refused.text and refused.headers["Retry-After"]


def test_confirming_and_a_new_password_give_a_new_session_id(app, ada, clock):
    stolen, first = session_id(ada), secret_hash(app)
    clock.shift(OLD)
    ada.submit(CONFIRM, {"next": PORTAL, "confirm_password": PASSWORD})
    second = secret_hash(app)
    form = {"current_password": PASSWORD, "new_password": "brown kettle seven hats"}
    assert ada.submit("/admin/profile/password", form).status_code == 303
    assert len({first, second, secret_hash(app)}) == 3
    assert ada.get("/admin/profile").status_code == 200
    thief = PortalClient(app)
    thief.set_cookie("__Host-session", stolen, domain="qr.example.com", secure=True)
    assert thief.get("/admin/profile").status_code == 303


def test_a_form_opened_before_confirming_is_still_good(ada, clock):
    token = ada.token()
    clock.shift(OLD)
    ada.submit(CONFIRM, {"next": PORTAL, "confirm_password": PASSWORD})
    answer = ada.post("/admin/profile/sessions/end-others", data={"csrf_token": token})
    assert answer.status_code == 303


def test_rights_that_change_give_a_new_session_id_at_the_next_click(app, clock):
    with app.app_context():
        make_member(make_account(), "mia@example.com", role="member", name="Mia")
    mia = PortalClient(app)
    mia.sign_in("mia@example.com")
    mia.get("/admin/records")
    before, stolen = secret_hash(app), session_id(mia)
    mia.get("/admin/records")
    assert secret_hash(app) == before
    with app.app_context():
        db.session.execute(sa.update(Membership).values(permissions=["records.edit"]))
        db.session.commit()
    assert mia.get("/admin/records").status_code == 200
    assert secret_hash(app) != before
    assert mia.get("/admin/records").status_code == 200
    thief = PortalClient(app)
    thief.set_cookie("__Host-session", stolen, domain="qr.example.com", secure=True)
    assert thief.get("/admin/records").status_code == 303


def test_confirming_is_an_event(app, ada, clock):
    clock.shift(OLD)
    ada.submit(CONFIRM, {"next": PORTAL, "confirm_password": PASSWORD})
    with app.app_context():
        assert "user.confirm_sign_in" in db.session.scalars(sa.select(AuditEvent.action)).all()


def test_confirming_leads_nowhere_else(ada, clock):
    clock.shift(OLD)
    for target in ("https://evil.example", "//evil.example", "/\\evil.example"):
        answer = ada.submit(CONFIRM, {"next": target, "confirm_password": PASSWORD})
        assert answer.headers["Location"] == "/admin/"
