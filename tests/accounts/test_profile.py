"""Own page: change of password, own sessions."""

import re

import pytest
import sqlalchemy as sa
import time_machine

from portal.accounts.models import AuthSession
from portal.audit.models import AuditEvent
from portal.extensions import db
from tests.client import PASSWORD, PortalClient
from tests.factories.people import make_account, make_member

PROFILE = "/admin/profile"
NEW = "brown kettle seven hats"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.0 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def ada(app, client):
    with app.app_context():
        make_member(make_account(timezone="Europe/Warsaw"))
    client.sign_in("ada@example.com")
    return client


@pytest.fixture
def phone(app, ada):
    client = PortalClient(app)
    fields = {"email": "ada@example.com", "password": PASSWORD}
    assert client.submit("/sign-in", fields, headers={"User-Agent": IPHONE}).status_code == 303
    return client


def change(client, current=PASSWORD, new=NEW):
    return client.submit(f"{PROFILE}/password", {"current_password": current, "new_password": new})


def end_links(page):
    return re.findall(r'action="(/admin/profile/sessions/\w+/end)"', page)


def test_lists_device_and_last_seen_and_marks_this_one(app):
    with app.app_context():
        make_member(make_account(timezone="Europe/Warsaw"))
    with time_machine.travel("2030-03-01T08:00:00Z", tick=False) as traveller:
        laptop, phone = PortalClient(app), PortalClient(app)
        fields = {"email": "ada@example.com", "password": PASSWORD}
        phone.submit("/sign-in", fields, headers={"User-Agent": IPHONE})
        traveller.shift(3600)
        laptop.submit("/sign-in", fields)
        page = laptop.get(PROFILE).text
    assert "iPhone, Safari" in page and "1 Mar 2030, 09:00" in page and "1 Mar 2030, 10:00" in page
    assert page.count("This device") == 1
    assert page.index("10:00") < page.index("This device") < page.index("iPhone, Safari")
    assert len(end_links(page)) == 1


def test_ends_one(ada, phone):
    (link,) = end_links(ada.get(PROFILE).text)
    assert phone.get(PROFILE).status_code == 200
    assert ada.submit(link).status_code == 303
    assert phone.get(PROFILE).status_code == 303
    assert ada.get(PROFILE).status_code == 200
    assert ada.submit(link).status_code == 404


def test_ends_all_others(app, ada, phone):
    answer = ada.submit(f"{PROFILE}/sessions/end-others", follow_redirects=True)
    assert "1 other sign-in has ended." in answer.text and "You are signed in nowhere else." in answer.text
    assert phone.get(PROFILE).status_code == 303
    assert "There is no other sign-in." in ada.submit(f"{PROFILE}/sessions/end-others", follow_redirects=True).text
    with app.app_context():
        events = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "user.end_other_sessions")).all()
        assert [event.before for event in events] == [{"sessions": 1}]


def test_cannot_end_somebody_elses(app, ada):
    with app.app_context():
        make_member(make_account("Beta"), "zoe@example.com")
    zoe = PortalClient(app)
    zoe.sign_in("zoe@example.com")
    with app.app_context():
        ids = db.session.scalars(sa.select(AuthSession.public_id).order_by(AuthSession.id)).all()
    assert ada.submit(f"{PROFILE}/sessions/{ids[-1]}/end").status_code == 404
    assert zoe.get(PROFILE).status_code == 200


def test_change_of_password_ends_the_others_and_keeps_this_one(app, ada, phone):
    answer = change(ada)
    assert answer.status_code == 303
    assert "Your password is changed. 1 other sign-in has ended." in ada.get(PROFILE).text
    assert phone.get(PROFILE).status_code == 303
    fresh = PortalClient(app)
    assert fresh.submit("/sign-in", {"email": "ada@example.com", "password": PASSWORD}).status_code == 401
    fresh.sign_in("ada@example.com", NEW)
    with app.app_context():
        event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "user.change_password")).one()
        assert event.after == {"ended_sessions": 1}


@pytest.mark.parametrize(
    "case",
    [
        ("wrong", NEW, "That is not your current password."),
        ("", NEW, "Type your current password."),
        (PASSWORD, "short", "Use 12 characters or more"),
        (PASSWORD, "password1234", "among the first to be guessed"),
        (PASSWORD, "NorthYardHaulage", "do not point to you or the company"),
        (PASSWORD, PASSWORD, "That is the current password."),
        (PASSWORD, "é" * 201, "Use at most 200 characters."),
    ],
)
def test_refused_password_changes_nothing(app, ada, phone, case):
    current, new, sentence = case
    answer = change(ada, current, new)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert phone.get(PROFILE).status_code == 200
    PortalClient(app).sign_in("ada@example.com")


@pytest.mark.parametrize(
    "password", ["正しい馬の電池ホチキス箱だよ", "пароль из четырёх слов ёж", "tight \u202e spaces  kept"]
)
def test_passwords_of_any_script(app, ada, password):
    assert change(ada, new=password).status_code == 303
    PortalClient(app).sign_in("ada@example.com", password)
