"""Known devices: what makes one, what its own budget stands for, and that an attack does not stop it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update

from portal.extensions import db
from portal.gate import known_devices
from portal.gate.models import AttemptCounter, KnownDevice
from portal.lib.secrets import digest
from tests.client import PortalClient
from tests.factories.people import PASSCODE, make_account
from tests.factories.things import make_record, scan_path
from tests.statements import noted


@pytest.fixture
def path(app):
    with app.app_context():
        return scan_path(make_record(make_account(contact_phone="+12025550100"), name="Truck 7"))


def post(client, path, code=PASSCODE, address="203.0.113.1"):
    return client.post(path, data={"passcode": code}, environ_overrides={"REMOTE_ADDR": address})


def known_phone(app, path, address="203.0.113.1") -> PortalClient:
    """A phone that typed the right code; its other cookies are gone, as when its browser was closed for a day."""
    phone = PortalClient(app)
    assert post(phone, path, address=address).status_code == 303
    with app.app_context():
        public_id = db.session.execute(db.text("SELECT public_id FROM account")).scalar_one()
    for name in ("__Host-browser", f"__Host-pass-{public_id}"):
        phone.delete_cookie(name, domain="qr.example.com")
    return phone


def close_account(app, granted=0):
    """Spends the account's guesses, as an attack would."""
    with app.app_context():
        db.session.execute(update(AttemptCounter).where(AttemptCounter.scope == "account").values(count=100 + granted))
        db.session.commit()


def counts(app) -> dict[str, int]:
    with app.app_context():
        rows = db.session.execute(
            select(AttemptCounter.scope, func.sum(AttemptCounter.count)).group_by(AttemptCounter.scope)
        )
        return {scope: int(count) for scope, count in rows if count}


def devices(app) -> list[KnownDevice]:
    with app.app_context():
        return list(db.session.scalars(select(KnownDevice).order_by(KnownDevice.id)))


def test_a_right_code_makes_the_phone_known_and_a_wrong_one_does_not(app, client, path):
    assert post(client, path, "5000").status_code == 403
    assert devices(app) == []
    post(client, path)
    cookie = next(
        cookie for cookie in post(client, path).headers.getlist("Set-Cookie") if cookie.startswith("__Host-kd-")
    )
    assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=15552000"))
    (device,) = devices(app)
    secret = cookie.partition("=")[2].partition(";")[0]
    assert len(secret) == 22 and device.secret_hash == digest(secret)
    assert device.expires_at - device.last_seen_at == timedelta(days=180)


def test_a_closed_account_lets_known_phones_in_and_tells_newcomers_whom_to_call(app, path):
    phone = known_phone(app, path)
    close_account(app)
    refused = post(PortalClient(app), path, address="203.0.113.9")
    assert refused.status_code == 429
    assert "only phones that were let in before" in refused.text
    assert 'href="tel:+12025550100"' in refused.text and "crew link" in refused.text
    assert "Truck 7" not in refused.text
    assert post(phone, path).status_code == 303
    assert "Truck 7" in phone.get(path).text


def test_a_known_phone_spends_its_own_budget_and_nobody_elses(app, path):
    phone = known_phone(app, path)
    assert post(phone, path, "5000").status_code == 403
    assert counts(app) == {"device": 1, "devices": 1}


def test_an_attack_from_the_phones_own_address_does_not_stop_it(app, path):
    phone = known_phone(app, path)
    for number in range(5):
        assert post(PortalClient(app), path, f"500{number}").status_code == 403
    assert post(PortalClient(app), path).status_code == 429
    assert post(phone, path).status_code == 303


def test_after_five_failures_a_phone_is_unknown_until_it_types_the_right_code(app, path):
    phone = known_phone(app, path)
    for number in range(6):
        assert post(forget_pause(phone), path, f"500{number}").status_code == 403
    assert counts(app) == {"device": 5, "devices": 5, "sticker": 1, "account": 1, "client-burst": 1, "client-day": 1}
    close_account(app)
    assert post(forget_pause(phone), path).status_code == 429


def test_an_unknown_again_phone_that_is_let_in_is_known_anew(app, path):
    phone = known_phone(app, path)
    for number in range(5):
        post(forget_pause(phone), path, f"500{number}")
    assert post(forget_pause(phone), path).status_code == 303
    assert len(devices(app)) == 2
    close_account(app)
    assert post(forget_pause(phone), path).status_code == 303


def test_all_known_phones_together_have_200(app, path):
    phone = known_phone(app, path)
    post(phone, path, "5000")
    with app.app_context():
        db.session.execute(update(AttemptCounter).where(AttemptCounter.scope == "devices").values(count=199))
        db.session.commit()
    assert post(forget_pause(phone), path, "5001").status_code == 403
    assert counts(app)["devices"] == 200
    assert post(forget_pause(phone), path, "5002").status_code == 403
    assert counts(app)["devices"] == 200 and counts(app)["account"] == 1


def test_the_right_code_gives_the_known_phones_own_failures_back(app, path):
    phone = known_phone(app, path)
    post(phone, path, "5000")
    post(phone, path, "5001")
    assert post(phone, path).status_code == 303
    assert counts(app) == {}
    assert len(devices(app)) == 1


@pytest.mark.parametrize("change", ["revoked_at", "expires_at"])
def test_a_revoked_or_expired_phone_is_a_stranger(app, path, change):
    phone = known_phone(app, path)
    with app.app_context():
        db.session.execute(update(KnownDevice).values({change: datetime.now(UTC) - timedelta(seconds=1)}))
        db.session.commit()
    close_account(app)
    assert post(phone, path).status_code == 429


def test_a_known_phone_of_one_company_is_a_stranger_to_another(app, path):
    phone = known_phone(app, path)
    with app.app_context():
        other = make_account("Other Company")
        other_path = scan_path(make_record(other))
        name = known_devices.cookie_name(other.public_id, is_https=True)
        own = next(cookie for key, cookie in phone._cookies.items() if "kd-" in key[2])
    phone.set_cookie(name, own.value, domain="qr.example.com", secure=True)
    post(phone, other_path, "5000")
    assert counts(app) == {"sticker": 1, "account": 1, "client-burst": 1, "client-day": 1}


def test_a_phone_stays_known_for_180_days_after_each_admission(app, path):
    start = datetime.now(UTC)
    with time_machine.travel(start, tick=False):
        phone = known_phone(app, path)
    with time_machine.travel(start + timedelta(days=179), tick=False):
        assert post(phone, path, "5000").status_code == 403
        assert counts(app) == {"device": 1, "devices": 1}
        assert post(phone, path).status_code == 303
    (device,) = devices(app)
    assert device.expires_at == start + timedelta(days=359)


def test_looking_at_a_page_asks_nothing_about_known_devices(app, path):
    phone = known_phone(app, path)
    with noted(app) as asked:
        phone.get(path)
    assert asked and not any("known_device" in statement for statement in asked)


def forget_pause(phone: PortalClient) -> PortalClient:
    """A new private number, so that the browser's own pause between failures is not what is measured."""
    phone.delete_cookie("__Host-browser", domain="qr.example.com")
    return phone
