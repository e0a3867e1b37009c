"""Crew links: only the button consumes, exactly as often as was said, and the passcode is still asked."""

import http.client
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from portal.extensions import db
from portal.gate import known_devices
from portal.gate.models import AttemptCounter, CrewLink, KnownDevice
from tests.client import PortalClient
from tests.factories.people import PASSCODE, make_account
from tests.factories.things import make_record, scan_path
from tests.gate.test_known_devices import close_account, post

PREVIEWS = (
    "WhatsApp/2.23",
    "TelegramBot (like TwitterBot)",
    "facebookexternalhit/1.1",
    "Slackbot-LinkExpanding 1.0",
    "",
)


def make_link(app, most_uses=5, life=timedelta(days=7)):
    """A link's path, and the path of a sticker of its company."""
    with app.app_context():
        account = make_account()
        sticker = scan_path(make_record(account, name="Truck 7"))
        _, secret = known_devices.make_crew_link(
            db.session(),
            account_id=account.id,
            label="Night shift",
            most_uses=most_uses,
            life=life,
            created_by_name="Ada",
            now=datetime.now(UTC),
        )
        db.session.commit()
        return f"/crew/{secret}", sticker


def used(app) -> tuple[int, int]:
    """Uses of the link, and known devices."""
    with app.app_context():
        return db.session.scalar(select(func.sum(CrewLink.use_count))) or 0, db.session.scalar(
            select(func.count()).select_from(KnownDevice)
        ) or 0


def test_fifty_previews_leave_the_link_usable_and_one_tap_takes_one(app, client):
    link, _ = make_link(app, most_uses=1)
    for number in range(50):
        answer = PortalClient(app).get(link, headers={"User-Agent": PREVIEWS[number % 5]})
        assert answer.status_code == 200 and "Make this phone known" in answer.text
    assert used(app) == (0, 0)
    assert client.post(link).status_code == 303
    assert used(app) == (1, 1)
    assert "This phone is known" in client.get(link).text
    assert client.post(link).status_code == 303  # a second tap takes none
    assert used(app) == (1, 1)


def test_the_phone_gets_in_while_the_account_is_closed_but_only_with_the_passcode(app, client):
    link, sticker = make_link(app)
    post(PortalClient(app), sticker, "5000")
    close_account(app)
    assert post(client, sticker).status_code == 429
    client.post(link)
    assert "Truck 7" not in client.get(sticker).text
    assert post(client, sticker, "5001").status_code == 403
    assert post(client, sticker, PASSCODE).status_code == 303
    assert "Truck 7" in client.get(sticker).text


def test_a_known_phone_without_tries_is_let_back_by_a_link(app, client):
    link, sticker = make_link(app)
    post(client, sticker)
    with app.app_context():
        number, generation = db.session.execute(db.text("SELECT d.id, generation FROM known_device d, passcode")).one()
        spent = {"scope": "device", "subject": f"{number}:{generation}", "count": 5, "since_at": datetime.now(UTC)}
        db.session.add(AttemptCounter(**spent))
        db.session.commit()
    post(PortalClient(app), sticker, "5000", "203.0.113.9")
    close_account(app)
    assert post(client, sticker).status_code == 429
    assert "You still need the company" in client.get(link).text
    assert client.post(link).status_code == 303
    assert post(client, sticker).status_code == 303
    assert used(app) == (1, 2)


@pytest.mark.parametrize("ending", ["used", "expired", "revoked"])
def test_a_link_that_is_over_says_so_and_makes_nobody_known(app, client, ending):
    link, _ = make_link(app, most_uses=1, life=timedelta(seconds=-1 if ending == "expired" else 60))
    if ending == "used":
        PortalClient(app).post(link)
    if ending == "revoked":
        with app.app_context():
            db.session.query(CrewLink).update({"revoked_at": datetime.now(UTC)})
            db.session.commit()
    before = used(app)
    for answer in (client.get(link), client.post(link)):
        assert answer.status_code == 410 and "used up" in answer.text
    assert used(app) == before


def test_an_unknown_link_is_404_and_a_form_of_another_site_is_refused(app, client):
    link, _ = make_link(app)
    assert client.get("/crew/" + "A" * 22).status_code == 404
    assert client.post("/crew/" + "A" * 22).status_code == 404
    assert client.post(link, headers={"Origin": "https://evil.example"}).status_code == 403
    assert used(app) == (0, 0)


def test_of_32_phones_at_once_exactly_five_win(live, live_app):
    link, _ = make_link(live_app, most_uses=5)
    together = Barrier(32)

    def tap(number: int) -> int:
        connection = http.client.HTTPConnection(
            "127.0.0.1", live.port, timeout=60, source_address=(f"127.0.2.{number + 1}", 0)
        )
        together.wait()
        connection.request("POST", link, "", {"Content-Type": "application/x-www-form-urlencoded"})
        status = connection.getresponse().status
        connection.close()
        return status

    with ThreadPoolExecutor(32) as crowd:
        statuses = sorted(crowd.map(tap, range(32)))
    assert statuses == [303] * 5 + [410] * 27
    assert used(live_app) == (5, 5)
