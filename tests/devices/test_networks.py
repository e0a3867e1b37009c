"""A phone that moves to another network is marked at once, from the network it was connected in on."""

import pytest

from tests.api.calling import bearer, program
from tests.client import PortalClient
from tests.enrollment.arriving import post
from tests.factories.people import make_account, make_member

UID = {"installation_uid": "a1b2c3d4"}


@pytest.fixture
def ada(app):
    """An admin's program."""
    with app.app_context():
        make_member(make_account())
    found = program(app)
    assert found.sign_in().status_code == 200
    return found


def connect(app, ada, address: str) -> dict:
    token = ada.send("POST", "/admin/app/generate-qr").json["token"]
    body = {"token": token, "device": UID}
    return post(PortalClient(app), "/admin/app/exchange-token", body, address=address).json


def is_marked(ada) -> bool:
    (device,) = ada.send("GET", "/admin/app/devices").json["devices"]
    return device["is_new_network"]


def use(app, phone: dict, address: str) -> None:
    where = {"REMOTE_ADDR": address}
    answer = PortalClient(app).get("/api/v1/app/me", headers=bearer(phone["access_token"]), environ_overrides=where)
    assert answer.status_code == 200


@pytest.mark.parametrize(("address", "is_new"), [("10.0.0.9", False), ("192.168.4.5", True), ("2001:db8::7", True)])
def test_the_network_of_the_first_scan_is_home(app, ada, address, is_new):
    phone = connect(app, ada, "10.0.0.5")
    assert not is_marked(ada)
    use(app, phone, address)
    assert is_marked(ada) == is_new


def test_a_phone_that_comes_back_from_elsewhere_is_marked(app, ada):
    connect(app, ada, "10.0.0.5")
    connect(app, ada, "10.0.7.7")
    assert not is_marked(ada)
    connect(app, ada, "203.0.113.9")
    assert is_marked(ada)


def test_a_refresh_from_elsewhere_is_marked(app, ada):
    phone = connect(app, ada, "10.0.0.5")
    form = {"grant_type": "refresh_token", "refresh_token": phone["refresh_token"]}
    answer = PortalClient(app).post("/oauth/token", data=form, environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
    assert answer.status_code == 200 and is_marked(ada)
