"""Settings, QR Code Portal: through the real form."""

import re

from portal.extensions import db
from portal.gate.queries import get_passcode_row, reveal_passcode
from tests.factories.people import make_account, make_member
from tests.factories.things import make_record, scan_path

PAGE = "/admin/settings/qr-portal"


def arranged(app, **account):
    with app.app_context():
        company = make_account(**account)
        make_member(company)
        return company.id, scan_path(make_record(company))


def saved_passcode(app, account_id):
    with app.app_context():
        return reveal_passcode(app.extensions["portal"].key_ring, get_passcode_row(db.session(), account_id))


def field(page, name):
    return re.search(rf'<input[^>]*name="{name}"[^>]*>', page)[0]


def value(page, name):
    return re.search(r'value="([^"]*)"', field(page, name))[1]


def test_a_passcode_with_leading_zeros_is_kept_and_a_green_toast_says_so(app, client):
    account_id, _ = arranged(app)
    client.sign_in("ada@example.com")
    answer = client.submit(PAGE, {"passcode": "0739"}, follow_redirects=True)
    assert "were updated" in answer.text
    assert saved_passcode(app, account_id) == "0739"


def test_a_patterned_or_short_code_is_refused_at_its_field_and_kept(app, client):
    account_id, _ = arranged(app)
    client.sign_in("ada@example.com")
    for wrong in ("1234", "123", "12a4", "٣٤٥٦"):
        answer = client.submit(PAGE, {"passcode": wrong})
        assert answer.status_code == 422
        assert value(answer.text, "passcode") == wrong
        assert "is-invalid" in field(answer.text, "passcode")
    assert saved_passcode(app, account_id) == "4826"


def test_a_blank_passcode_is_saved_and_warned_about(app, client):
    account_id, _ = arranged(app)
    client.sign_in("ada@example.com")
    assert "You must assign passcode." in client.submit(PAGE, {"passcode": ""}, follow_redirects=True).text
    assert saved_passcode(app, account_id) == ""


def test_generating_a_passphrase_shows_it_with_its_impact_and_saves_nothing(app, client):
    arranged(app)
    client.sign_in("ada@example.com")
    before = value(client.get(PAGE).text, "passphrase")
    page = client.submit(PAGE, {"generate": "passphrase"}).text
    assert value(page, "passphrase") != before
    assert "sticker stops" in page and "not saved yet" in page
    assert value(client.get(PAGE).text, "passphrase") == before
    answer = client.submit(PAGE, {"passphrase": value(page, "passphrase")}, follow_redirects=True)
    assert "Reprint all" in answer.text
    assert value(client.get(PAGE).text, "passphrase") == value(page, "passphrase")


def test_a_retired_passphrase_cannot_come_back(app, client):
    arranged(app)
    client.sign_in("ada@example.com")
    old = value(client.get(PAGE).text, "passphrase")
    client.submit(PAGE, {"passphrase": "A-BRAND-NEW-PASSPHRASE-77"})
    answer = client.submit(PAGE, {"passphrase": old})
    assert answer.status_code == 422
    assert "used before" in answer.text


def test_the_second_of_two_admins_is_told_and_keeps_what_was_typed(app, client):
    account_id, _ = arranged(app)
    client.sign_in("ada@example.com")
    seen = value(client.get(PAGE).text, "seen")
    client.submit(PAGE, {"passcode": "7302"})
    answer = client.submit(PAGE, {"passcode": "5907", "seen": seen})
    assert answer.status_code == 409
    assert "Ada Admin changed these settings" in answer.text
    assert value(answer.text, "passcode") == "5907"
    assert saved_passcode(app, account_id) == "7302"


def test_no_secret_reaches_the_audit_trail(app, client):
    arranged(app)
    client.sign_in("ada@example.com")
    client.submit(PAGE, {"passcode": "7302", "passphrase": "A-BRAND-NEW-PASSPHRASE-77"})
    with app.app_context():
        rows = db.session.execute(db.text("SELECT * FROM audit_event")).all()
    text = repr(rows)
    assert "passphrase.rotate" in text and "passcode.change" in text
    assert "7302" not in text and "BRAND-NEW" not in text
