"""The overview page."""

from datetime import UTC, datetime, timedelta

from portal.accounts.models import Account
from portal.extensions import db
from tests.factories.people import make_account, make_member
from tests.factories.phones import make_phone
from tests.factories.things import make_expiration, make_record, scan_path


def overview(client):
    client.sign_in("ada@example.com")
    answer = client.get("/admin/")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_an_empty_company_is_told_its_first_steps(app, client):
    with app.app_context():
        make_member(make_account(passcode=""))
    page = overview(client)
    assert "First steps" in page and "Set the 4-digit passcode" in page
    assert "You must assign passcode." in page


def test_a_company_without_phones_is_led_to_the_qr_code_that_connects_them(app, client):
    with app.app_context():
        account = make_account(passcode="")
        make_member(account)
        make_member(account, "plain@example.com", role="member")
        account_id = account.id
    page = overview(client)
    tile = '<a class="tile" href="/admin/{}"><strong class="figure">{}</strong><span>{}</span></a>'
    assert "Connect your people&#39;s phones" in page and 'href="/admin/mobile-setup">Show the QR code' in page
    assert tile.format("mobile-setup", 0, "phones, connect the first") in page
    with app.app_context():
        make_phone(db.session.get(Account, account_id), name="Pixel")
    page = client.get("/admin/").text
    assert tile.format("devices", 1, "phone") in page and 'href="/admin/mobile-setup">Show the QR code' not in page
    client.sign_in("plain@example.com")
    page = client.get("/admin/").text
    assert "mobile-setup" not in page and "/admin/devices" not in page and "Connect your" not in page


def test_phones_alone_keep_the_first_steps_open_for_nobody(app, client):
    with app.app_context():
        account = make_account()
        make_member(account)
        make_record(account, "contact", "Olga")
        path = scan_path(make_record(account))
    client.get(path)
    app.extensions["scan_log"].flush()
    page = overview(client)
    assert "First steps" not in page and "connect the first" in page


def test_it_counts_by_kind_and_links_to_the_lists(app, client):
    today = datetime.now(UTC).date()
    with app.app_context():
        account = make_account()
        make_member(account)
        make_expiration(make_record(account), expires_on=today - timedelta(days=1))
        make_expiration(make_record(account, name="Truck 8"), expires_on=today + timedelta(days=3))
        make_record(make_account("Another Company"), name="Theirs")
    page = overview(client)
    assert ">2<" in page and "vehicles without owner" in page
    for query in ("kind=vehicle&amp;expiry=expired", "kind=vehicle&amp;expiry=due", "kind=vehicle&amp;without=owner"):
        assert query in page
    assert "Theirs" not in page


def test_it_lists_the_latest_scans(app, client):
    with app.app_context():
        account = make_account()
        make_member(account)
        path = scan_path(make_record(account, name="Scanned Truck"))
    client.get(path)
    app.extensions["scan_log"].flush()
    page = overview(client)
    assert "Scanned Truck" in page and "Passcode asked" in page
