"""Rotation of the installation key on its pages and for programs: at once, with an overlap, by a plan."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from portal.accounts.models import ADMIN, MEMBER, AuthSession, Membership, User
from portal.audit.models import AuditEvent
from portal.devices.models import REVOKED, Device
from portal.enrollment import installation_keys
from portal.enrollment.models import KeyRotation
from portal.extensions import db
from portal.jobs.models import Mail
from portal.lib.clock import show_moment
from tests.enrollment.pairing_page import PAGE, ask, fields, generation, pair
from tests.factories.people import make_account


def asked_key(client) -> str:
    """The key that the question is about, as its page sends it."""
    return re.search(r'name="key" value="(\w+)"', client.get(f"{PAGE}/rotate").text)[1]


def test_rotation_asks_with_exact_numbers_and_cuts_by_default(app, with_key, account_id):
    old = ask(with_key, "pairing-qr").json["payload"]
    pair(app, account_id, "Pixel", user="tom@example.com")
    pair(app, account_id, "iPhone")
    pair(app, account_id, "Gone", status=REVOKED)
    pair(app, account_id, "By code", pairing_generation=None)
    page = with_key.get(f"{PAGE}/rotate").text
    assert "2 phones are paired with it: somebody is signed in on 1, nobody on 1." in page
    assert "all 2 stop at their next token refresh" in page
    overlap = "1 phone with somebody signed in moves by itself; 1 phone without must scan the new code before it ends."
    assert f"Overlap: {overlap}" in page
    answer = with_key.submit(f"{PAGE}/rotate")
    assert answer.status_code == 303 and answer.location.endswith(PAGE)
    new = ask(with_key, "pairing-qr").json
    assert new["generation"] == 2 and fields(new["payload"])["t"] != fields(old)["t"]
    with app.app_context():
        ends = {one.pairing_ends_at for one in db.session.query(Device).filter_by(pairing_next=2)}
        assert len(ends) == 1 and ends.pop() <= datetime.now(UTC)
        event = db.session.query(AuditEvent).filter_by(action="installation_key.rotate").one()
        assert event.after == {"generation": 2, "overlap_hours": 0} and event.actor_name == "Ada Admin"


def test_a_second_tap_does_not_rotate_the_new_key_too(app, with_key, account_id):
    key = asked_key(with_key)
    for _ in range(2):
        answer = with_key.submit(f"{PAGE}/rotate", {"mode": "cut", "key": key}, follow_redirects=True)
    assert "The key was rotated a moment ago" in answer.text
    assert ask(with_key, "pairing-qr").json["generation"] == 2


def switch_company(app, client) -> int:
    """Ada looks after another company too, and chooses it in another window."""
    with app.app_context():
        other = make_account("Other")
        for email, role in (("ada@example.com", ADMIN), ("tom@example.com", MEMBER)):
            user = db.session.query(User).filter_by(email=email).one()
            db.session.add(Membership(account_id=other.id, user=user, role=role, created_at=datetime.now(UTC)))
        db.session.commit()
        other_id, other_public_id = other.id, other.public_id
    client.submit("/admin/switch-account", {"account": other_public_id})
    client.submit(f"{PAGE}/key")
    return other_id


def test_a_question_left_open_does_not_rotate_the_key_of_the_company_switched_to(app, with_key):
    key = asked_key(with_key)
    other_id = switch_company(app, with_key)
    answer = with_key.submit(f"{PAGE}/rotate", {"mode": "cut", "key": key}, follow_redirects=True)
    assert "you work in another company now" in answer.text
    assert generation(app, other_id) == 1


def test_forms_left_open_neither_plan_nor_send_for_the_company_switched_to(app, with_key):
    first = (datetime.now(UTC) + timedelta(days=5)).strftime("%Y-%m-%dT03:00")
    with_key.submit(f"{PAGE}/rotate/plan", {"next_at": first, "mode": "cut"})
    pages = with_key.get(PAGE).text + with_key.get(f"{PAGE}/rotate/plan").text
    left_open = re.findall(r'name="company" value="(\w+)"', pages)
    assert len(left_open) == 3, "the forms that send, cancel and plan"
    switch_company(app, with_key)
    with_key.submit(f"{PAGE}/rotate/plan", {"next_at": first, "mode": "cut"})
    for path, typed in (
        ("rotate/plan", {"next_at": first, "mode": "cut", "every_days": "9"}),
        ("rotate/plan/cancel", {}),
        ("send", {"recipient": "tom@example.com"}),
    ):
        answer = with_key.submit(f"{PAGE}/{path}", typed | {"company": left_open[0]}, follow_redirects=True)
        assert "You work in another company now" in answer.text
    with app.app_context():
        assert [row.every_days for row in db.session.query(KeyRotation)] == [None, None]
        assert db.session.query(Mail).count() == 0


def test_an_overlap_shows_who_is_left(app, with_key, account_id):
    pixel = pair(app, account_id, "Pixel", user="tom@example.com")
    pair(app, account_id, "<i>Phone</i>")
    with_key.submit(f"{PAGE}/rotate", {"mode": "overlap", "overlap": "3", "unit": "days"})
    with app.app_context():
        db.session.get(Device, pixel).pairing_generation = 2
        ends_at = installation_keys.progress(db.session(), account_id, datetime.now(UTC)).ends_at
        db.session.commit()
    assert abs(ends_at - datetime.now(UTC) - timedelta(days=3)) < timedelta(minutes=1)
    page = with_key.get(PAGE).text
    assert f'<a href="{PAGE}">Load this page again</a>' in page, "with an anchor, a browser would only scroll"
    assert "1 of 2 moved" in page and "<li><bdi>&lt;i&gt;Phone&lt;/i&gt;</bdi></li>" in page
    answer = with_key.get("/api/v1/admin/installation-key/progress").json
    assert (answer["moved"], answer["total"], answer["left"]) == (1, 2, ["<i>Phone</i>"])
    assert answer["ends_at"].endswith("Z")
    until = show_moment(ends_at, "UTC")
    assert f"moved</strong> to QR code number 2. Number 1 works until {until}." in page
    with_key.submit(f"{PAGE}/rotate", {"mode": "overlap", "overlap": "9", "unit": "days"})
    page = with_key.get(PAGE).text
    assert f"0 of 2 moved</strong> to QR code number 3. Number 1 works until {until}. Number 2 works until " in page


def test_whoever_scans_an_old_sheet_during_the_overlap_is_told_until_when_it_works(app, with_key):
    old = {"token": fields(ask(with_key, "pairing-qr").json["payload"])["t"]}
    assert with_key.post("/api/v1/enroll/inspect", json=old).json["expires_at"] is None
    ends_at = ask(with_key, "installation-key/rotate", {"overlap_hours": 48}).json["ends_at"]
    assert with_key.post("/api/v1/enroll/inspect", json=old).json["expires_at"] == ends_at


def test_without_phones_or_a_rotation_nothing_is_said_to_have_moved(app, with_key, account_id):
    assert "No phone is paired with it yet." in with_key.get(PAGE).text
    question = with_key.get(f"{PAGE}/rotate").text
    assert "No phone is paired with it." in question and "0 phones" not in question and "Cut now: all" not in question
    assert "No phone is paired now." in with_key.get(f"{PAGE}/rotate/plan").text
    pair(app, account_id, "Pixel")
    page = with_key.get(PAGE).text
    assert "1 phone is paired with it." in page and "of 1 moved" not in page and "Still to move" not in page


def test_an_old_key_that_still_pairs_is_named_when_no_phone_has_moved_either(app, with_key, account_id):
    with_key.submit(f"{PAGE}/rotate", {"mode": "overlap", "overlap": "3", "unit": "days"})
    with app.app_context():
        until = installation_keys.progress(db.session(), account_id, datetime.now(UTC)).ends_at
    page = with_key.get(PAGE).text
    assert f"Number 1 works until {show_moment(until, 'UTC')}." in page and "of 0 moved" not in page


def test_a_phone_whose_key_was_cut_is_neither_asked_about_again_nor_called_active(app, with_key, account_id):
    pair(app, account_id, "Pixel", user="tom@example.com")
    with_key.submit(f"{PAGE}/rotate", {"mode": "cut"})
    pair(app, account_id, "New one")
    question = with_key.get(f"{PAGE}/rotate").text
    assert "1 phone is paired with it: somebody is signed in on 0, nobody on 1." in question
    listed = {one["name"]: one for one in with_key.get("/api/v1/admin/app/devices").json["devices"]}
    assert {name: one["is_signed_out"] for name, one in listed.items()} == {"Pixel": True, "New one": False}
    assert "Signed out" in with_key.get(f"/admin/devices/{listed['Pixel']['id']}").text
    assert "1 of 2 moved" in with_key.get(PAGE).text, "it is still to come, by a new scan"


@pytest.mark.parametrize(
    "typed",
    [
        {"mode": "overlap", "overlap": "0", "unit": "days"},
        {"mode": "overlap", "overlap": "-1", "unit": "days"},
        {"mode": "overlap", "overlap": "91", "unit": "days"},
        {"mode": "overlap", "overlap": "2161", "unit": "hours"},
        {"mode": "overlap", "overlap": "1.5", "unit": "hours"},
        {"mode": "overlap", "overlap": "", "unit": "hours"},
        {"mode": "overlap", "overlap": "1", "unit": "years"},
        {"mode": "never"},
    ],
)
def test_a_senseless_overlap_rotates_nothing(app, with_key, account_id, typed):
    assert with_key.submit(f"{PAGE}/rotate", typed).status_code == 422
    assert generation(app, account_id) == 1


def test_rotation_can_be_planned_changed_and_cancelled(app, with_key, account_id):
    first = (datetime.now(UTC) + timedelta(days=5)).strftime("%Y-%m-%dT03:00")
    planned = {"next_at": first, "every_days": "30", "mode": "overlap", "overlap": "48", "unit": "hours"}
    assert with_key.submit(f"{PAGE}/rotate/plan", planned).status_code == 303
    with app.app_context():
        row = db.session.query(KeyRotation).one()
        assert (row.every_days, row.overlap_hours) == (30, 48)
        assert row.next_at == datetime.strptime(first, "%Y-%m-%dT%H:%M").replace(tzinfo=UTC)
    page = with_key.get(PAGE).text
    assert "then every 30 days, with 2 days to move" in page
    form = with_key.get(f"{PAGE}/rotate/plan").text
    assert f'value="{first}"' in form and 'value="30"' in form
    with_key.submit(f"{PAGE}/rotate/plan", {"next_at": first, "every_days": "1", "mode": "cut"})
    assert ", then every day, cutting at once" in with_key.get(PAGE).text
    with_key.submit(f"{PAGE}/rotate/plan", {"next_at": first, "mode": "cut"})
    with app.app_context():
        row = db.session.query(KeyRotation).one()
        assert (row.every_days, row.overlap_hours) == (None, 0)
    with_key.submit(f"{PAGE}/rotate/plan/cancel")
    with_key.submit(f"{PAGE}/rotate/plan/cancel")
    assert "Planned: nothing." in with_key.get(PAGE).text
    assert generation(app, account_id) == 1


@pytest.mark.parametrize(
    "typed",
    [
        {"next_at": "2020-01-01T00:00"}, {"next_at": ""}, {"next_at": "soon"}, {"next_at": "2999-01-01T00:00"},
        {"every_days": "0"}, {"every_days": "366"}, {"every_days": "x"},
        {"every_days": "1", "mode": "overlap", "overlap": "2", "unit": "days"},
    ],
)  # fmt: skip
def test_a_senseless_plan_is_not_saved(app, with_key, typed):
    first = (datetime.now(UTC) + timedelta(days=5)).strftime("%Y-%m-%dT03:00")
    answer = with_key.submit(f"{PAGE}/rotate/plan", {"next_at": first, "mode": "cut"} | typed)
    assert answer.status_code == 422 and "Please correct" in answer.text
    with app.app_context():
        assert db.session.query(KeyRotation).count() == 0


def test_programs_rotate_with_the_same_defaults(app, with_key, account_id):
    pair(app, account_id, "Pixel")
    cut = ask(with_key, "installation-key/rotate").json
    assert (cut["generation"], cut["moved"], cut["total"], cut["left"], cut["ends_at"]) == (2, 0, 1, ["Pixel"], None)
    slow = ask(with_key, "installation-key/rotate", {"overlap_hours": 24, "cut_now": False}).json
    assert slow["generation"] == 3 and slow["ends_at"]
    assert ask(with_key, "installation-key/rotate", {"cut_now": True}).json["generation"] == 4


def test_a_program_that_names_the_key_rotates_it_once(app, with_key, account_id):
    body = {"generation": ask(with_key, "pairing-qr").json["generation"], "overlap_hours": 24}
    assert ask(with_key, "installation-key/rotate", body).json["generation"] == 2
    again = ask(with_key, "installation-key/rotate", body)
    assert (again.status_code, again.json["generation"], again.mimetype) == (409, 2, "application/problem+json")
    assert again.json["reason"] == "changed"
    assert generation(app, account_id) == 2
    assert ask(with_key, "installation-key/rotate", body | {"generation": 2}).json["generation"] == 3


@pytest.mark.parametrize(
    "body",
    [
        {"overlap_hours": 24, "cut_now": True}, {"cut_now": False}, {"overlap_hours": -1}, {"overlap_hours": 2161},
        {"overlap_hours": "24"}, {"overlap_hours": 1.5}, {"cut_now": "yes"}, {"when": "now"},
        {"generation": 0}, {"generation": "1"}, {"generation": None},
    ],
)  # fmt: skip
def test_programs_are_told_what_is_wrong(app, with_key, account_id, body):
    answer = ask(with_key, "installation-key/rotate", body)
    assert answer.status_code == 422 and answer.json["errors"] and answer.mimetype == "application/problem+json"
    assert generation(app, account_id) == 1


def test_rotation_asks_for_the_password_again(app, with_key, account_id):
    with app.app_context():
        for one in db.session.query(AuthSession):
            one.fresh_at = datetime.now(UTC) - timedelta(hours=1)
        db.session.commit()
    assert "/admin/confirm-sign-in" in with_key.get(f"{PAGE}/rotate").location
    assert with_key.submit(f"{PAGE}/rotate").status_code == 403
    answer = ask(with_key, "installation-key/rotate")
    assert (answer.status_code, answer.json["reason"]) == (403, "fresh_sign_in_required")
    assert ask(with_key, "pairing-qr").status_code == 200
    assert generation(app, account_id) == 1
