"""Settings, Gate; the mails and the banner that lead there."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from portal.audit.models import AuditEvent
from portal.extensions import db
from portal.gate import attempts, known_devices, operations, queries
from portal.gate.attempts import Knock
from portal.gate.models import Attempt, AttemptCounter, CrewLink, KnownDevice, Passcode
from portal.gate.views.wording import show_percent
from portal.jobs.models import Mail
from portal.lib.passcodes import count_codes, pattern_of
from portal.stickers.models import Sticker
from tests.client import PortalClient
from tests.factories.people import PASSCODE, make_account, make_member
from tests.factories.things import make_record, scan_path
from tests.gate.test_known_devices import counts, post
from tests.statements import noted

PAGE = "/admin/settings/gate"


@pytest.fixture
def paths(app):
    """Six stickers of a company with an admin, a delegate and a member."""
    with app.app_context():
        account = make_account()
        make_member(account)
        make_member(account, "del@example.com", role="member", permissions=["gate.manage"], name="Del")
        make_member(account, "mia@example.com", role="member", name="Mia")
        return [scan_path(make_record(account, name=f"Truck {number}", tag=f"T-{number}")) for number in range(6)]


def attack(app, paths, guesses, start=0):
    """Wrong codes, each from an address of its own, over the stickers in turn. Returns the statuses."""
    return [
        post(
            PortalClient(app), paths[number % len(paths)], "5000", f"198.51.{number // 250}.{number % 250}"
        ).status_code
        for number in range(start, start + guesses)
    ]


def mails(app) -> list[tuple[str, str]]:
    with app.app_context():
        return [(mail.recipient, mail.subject) for mail in db.session.scalars(select(Mail).order_by(Mail.id))]


def passcode_row(app) -> Passcode:
    with app.app_context():
        return db.session.scalars(select(Passcode)).one()


def test_admins_are_told_at_each_quarter_of_the_budget_and_at_ten_on_one_sticker(app, paths):
    attack(app, paths, 24)
    assert mails(app) == []
    attack(app, paths, 1, start=24)
    quarter = "North Yard Haulage: 25 % of the passcode's guesses are spent"
    assert mails(app) == [("ada@example.com", quarter), ("del@example.com", quarter)]
    attack(app, paths, 75, start=25)
    subjects = [subject for recipient, subject in mails(app) if recipient == "ada@example.com"]
    assert sorted(subjects) == sorted(
        [
            quarter,
            quarter.replace("25", "50"),
            quarter.replace("25", "75"),
            "North Yard Haulage: the gate is closed to new phones",
        ]
        + [f"Wrong passcodes at Truck {number}" for number in range(6)]
    )
    assert not any("mia" in recipient for recipient, _ in mails(app))
    with app.app_context():
        closed = db.session.scalars(select(Mail).where(Mail.subject.contains("closed"))).first()
        assert "https://qr.example.com/admin/settings/gate" in closed.text_body and PASSCODE not in closed.text_body
        assert "All 100 guesses" in closed.html_body


def test_nine_wrong_codes_at_a_sticker_are_no_alert_and_ten_are_one(app, paths):
    attack(app, paths[:1], 9)
    assert mails(app) == []
    attack(app, paths[:1], 2, start=9)
    assert [subject for recipient, subject in mails(app) if "ada" in recipient] == ["Wrong passcodes at Truck 0"]


def test_the_alert_is_written_with_the_attempt_or_not_at_all(app, paths):
    attack(app, paths, 24)
    with app.app_context():
        sticker = db.session.scalars(select(Sticker)).first()
        reserved = attempts.reserve(
            db.session(), Knock(sticker.account_id, sticker.id, 2, "192.0.2.1", "b" * 64), datetime.now(UTC)
        )
        assert [alert.percent for alert in reserved.alerts] == [25]
        db.session.rollback()
    assert passcode_row(app).told_percent == 0 and counts(app)["account"] == 24


def test_the_banner_is_shown_to_those_who_may_act_and_to_nobody_else(app, client, paths):
    client.sign_in("ada@example.com")
    assert 'class="alarm"' not in client.get("/admin/").text
    attack(app, paths, 25)
    assert "25 % of the guesses" in client.get("/admin/").text
    mia = PortalClient(app)
    mia.sign_in("mia@example.com")
    assert 'class="alarm"' not in mia.get("/admin/").text
    assert mia.get(PAGE).status_code == 403
    client.submit(f"{PAGE}/seen")
    assert 'class="alarm"' not in client.get("/admin/").text


def test_the_banner_costs_one_statement(app, client, paths):
    client.sign_in("ada@example.com")
    with noted(app) as asked:
        client.get("/admin/profile")
    assert sum("FROM passcode" in statement for statement in asked) == 1


def test_a_new_passcode_is_one_click_and_keeps_stickers_and_known_phones(app, client, paths):
    phone = PortalClient(app)
    post(phone, paths[0])
    attack(app, paths, 100)
    assert attack(app, paths, 1, start=100) == [429]
    client.sign_in("ada@example.com")
    assert "closed to new phones" in client.get(PAGE).text
    page = client.submit(f"{PAGE}/rotate", follow_redirects=True).text
    code = re.search(r"The new passcode is.*?<code[^>]*>(\d{4})</code>", page, re.DOTALL)[1]
    assert code != PASSCODE and pattern_of(code) is None
    assert code not in client.get(PAGE).text
    row = passcode_row(app)
    assert (row.closed_at, row.alerted_at, row.told_percent, row.granted_count) == (None, None, 0, 0)
    newcomer = PortalClient(app)
    assert post(newcomer, paths[5], code, "192.0.2.77").status_code == 303
    assert "Truck 5" in newcomer.get(paths[5]).text
    assert "Truck 0" not in phone.get(paths[0]).text  # everybody types the new one
    assert post(phone, paths[0], code).status_code == 303
    with app.app_context():
        assert code not in repr(db.session.execute(db.text("SELECT * FROM audit_event")).all())


def test_a_kept_cookie_shows_no_later_passcode(app, client, paths):
    client.sign_in("ada@example.com")
    client.submit(f"{PAGE}/rotate")
    kept = client.get_cookie("__Host-session", domain="qr.example.com").value
    assert "The new passcode is" in client.get(PAGE).text
    client.set_cookie("__Host-session", kept, domain="qr.example.com", secure=True)
    assert "The new passcode is" in client.get(PAGE).text  # what this browser was shown anyway
    with app.app_context():
        account_id = db.session.scalars(select(Passcode.account_id)).one()
        key_ring = app.extensions["portal"].key_ring
        operations.rotate_passcode(db.session(), key_ring, account_id=account_id, now=datetime.now(UTC))
        db.session.commit()
    client.set_cookie("__Host-session", kept, domain="qr.example.com", secure=True)
    assert "The new passcode is" not in client.get(PAGE).text


def test_50_more_guesses_are_granted_with_their_odds_and_no_more(app, client, paths):
    attack(app, paths, 100)
    client.sign_in("ada@example.com")
    page = client.get(PAGE).text
    assert "100 of 100" in page and "from 1.1 % to 1.7 %" in page
    client.submit(f"{PAGE}/grant")
    assert passcode_row(app).closed_at is None
    statuses = attack(app, paths, 60, start=100)
    assert statuses.count(403) <= 20  # the six stickers had 20 each
    with app.app_context():
        db.session.execute(update(AttemptCounter).where(AttemptCounter.scope == "sticker").values(count=0))
        db.session.commit()
    statuses += attack(app, paths, 60, start=160)
    assert statuses.count(403) == 50
    assert counts(app)["account"] == 150
    subjects = [subject for recipient, subject in mails(app) if recipient == "ada@example.com"]
    assert sum("closed" in subject for subject in subjects) == 2


def test_attacked_stickers_are_named_and_opened_one_by_one(app, client, paths):
    assert attack(app, paths[:1], 21) == [403] * 20 + [429]
    attack(app, paths[1:2], 3, start=30)
    client.sign_in("ada@example.com")
    page = client.get(PAGE).text
    assert "Truck 0" in page and "20 of 20" in page and "Truck 1" in page and "Truck 2" not in page
    (action,) = re.findall(r'action="([^"]+/reopen)"', page)[:1]
    assert client.submit(action).status_code == 303
    assert attack(app, paths[:1], 1, start=40) == [403]
    assert counts(app)["account"] == 24


def test_a_crew_link_is_shown_once_as_text_and_picture_and_can_be_revoked(app, client, paths):
    client.sign_in("ada@example.com")
    page = client.submit(
        f"{PAGE}/links", {"label": "Night\0 shift", "most_uses": "3", "days": "7"}, follow_redirects=True
    )
    address = re.search(r"https://qr\.example\.com(/crew/[\w-]{22})", page.text)[1]
    assert "data:image/svg+xml;base64," in page.text
    again = client.get(PAGE).text
    assert address not in again and "Night shift" in again and "0 of 3" in again
    assert PortalClient(app).post(address).status_code == 303
    with app.app_context():
        public_id = db.session.scalars(select(CrewLink.public_id)).one()
        assert address[6:] not in repr(db.session.execute(db.text("SELECT * FROM crew_link, audit_event")).all())
    client.submit(f"{PAGE}/links/{public_id}/revoke")
    assert PortalClient(app).post(address).status_code == 410
    assert "Night shift" in client.get(PAGE).text  # as how the device became known


@pytest.mark.parametrize(
    "wrong",
    [
        {"label": " "},
        {"label": "x" * 101},
        {"most_uses": "0"},
        {"most_uses": "501"},
        {"most_uses": "x"},
        {"days": "400"},
    ],
)
def test_a_wrong_crew_link_form_says_so_and_makes_nothing(app, client, paths, wrong):
    client.sign_in("ada@example.com")
    answer = client.submit(f"{PAGE}/links", {"label": "Crew", "most_uses": "3", "days": "7"} | wrong)
    assert answer.status_code == 422 and "Not saved yet" in answer.text
    with app.app_context():
        assert db.session.scalars(select(CrewLink)).all() == []


def test_devices_are_named_and_revoked(app, client, paths):
    phone = PortalClient(app)
    post(phone, paths[0])
    with app.app_context():
        public_id = db.session.scalars(select(KnownDevice.public_id)).one()
    client.sign_in("ada@example.com")
    client.submit(f"{PAGE}/devices/{public_id}/name", {"name": "  Dan's  \0 phone "})
    assert "Dan&#39;s phone" in client.get(PAGE).text
    client.submit(f"{PAGE}/devices/{public_id}/revoke")
    assert "Dan&#39;s phone" not in client.get(PAGE).text
    post(phone, paths[0], "5000")
    assert counts(app)["account"] == 1
    with app.app_context():
        actions = set(db.session.scalars(select(AuditEvent.action)))
    assert {"known-device.rename", "known-device.revoke"} <= actions


def test_the_real_bound_stands_on_the_settings_page(app, client, paths):
    client.sign_in("ada@example.com")
    page = client.get("/admin/settings/qr-portal").text
    assert "at most 100 guesses of 8,964 codes (1.1 %)" in page and "it is 300 (3.3 %)" in page


def test_the_codes_that_follow_no_pattern_are_counted():
    assert count_codes(4) == sum(pattern_of(f"{number:04}") is None for number in range(10_000))
    exact = sum(pattern_of(f"{number:05}") is None for number in range(100_000))
    assert exact * 0.99 < count_codes(5) <= exact


def test_chances_are_written_with_two_digits_that_mean_something():
    from fractions import Fraction

    assert [show_percent(Fraction(*one)) for one in ((100, 8964), (1, 3), (100, 990_000), (1, 1))] == [
        "1.1 %",
        "33 %",
        "0.01 %",
        "100 %",
    ]


def test_pruning_forgets_what_counts_for_nothing_and_nothing_else(app, paths):
    post(PortalClient(app), paths[0])
    phone = PortalClient(app)
    post(phone, paths[0], address="192.0.2.9")
    post(phone, paths[0], "5000", "192.0.2.9")
    attack(app, paths, 3)
    before = counts(app)
    now = datetime.now(UTC)
    with app.app_context():
        session = db.session()
        assert operations.prune(session, now + timedelta(minutes=1)) == 0
        session.commit()
        assert counts(app) == before
        operations.prune(session, now + timedelta(days=2))
        session.commit()
        assert counts(app) == {name: before[name] for name in ("sticker", "account", "device", "devices")}
        operations.prune(session, now + timedelta(days=31))
        session.commit()
        assert counts(app) == {name: before[name] for name in ("account", "device", "devices")}
        assert session.scalars(select(Attempt)).all() == []
        account_id = session.scalars(select(Passcode.account_id)).one()
        known_devices.make_crew_link(
            session, account_id=account_id, label="x", most_uses=1, life=timedelta(days=1), created_by_name="", now=now
        )
        operations.set_passcode(session, app.extensions["portal"].key_ring, account_id=account_id, code="7391", now=now)
        operations.prune(session, now + timedelta(days=211))
        session.commit()
        assert counts(app) == {}
        assert session.scalars(select(KnownDevice)).all() == [] and session.scalars(select(CrewLink)).all() == []
        assert queries.get_passcode_row(session, account_id).generation == 3
