"""The portal's main job in a real browser: a record, its sticker, a scan, its owner; and a rotation."""

import pytest
from playwright.sync_api import expect

from tests.decoding import read_pdf
from tests.factories.people import make_account, make_member
from tests.journeys.pages import create, download_label, save_settings, sign_in

pytestmark = pytest.mark.journey


@pytest.fixture
def company(live_app):
    """A company without passcode or records, and its admin."""
    with live_app.app_context():
        make_member(make_account(passcode=""))


def test_from_a_new_vehicle_to_its_owner_on_a_phone(company, live, desktop, phone):
    admin = desktop.new_page()
    sign_in(admin, live.url, "ada@example.com")
    create(
        admin,
        live.url,
        "contact",
        {"name": "Olga Ostrowska", "email": "olga@example.com", "mobile": "+1 202 555 0123"},
    )
    create(admin, live.url, "vehicle", {"name": "Flatbed 12", "plate": "NY 4711"}, owner="Olga Ostrowska")

    admin.goto(f"{live.url}/admin/settings/qr-portal")
    admin.locator("[name=passcode]").fill("4093")
    save_settings(admin)

    admin.goto(f"{live.url}/admin/records?kind=vehicle")
    admin.get_by_role("link", name="Flatbed 12").click()
    [address] = read_pdf(download_label(admin))
    assert address.startswith(f"{live.url.upper()}/Q/")

    visitor = phone.new_page()
    visitor.goto(address)
    expect(visitor.locator("body")).not_to_contain_text("Flatbed 12")
    visitor.locator("[name=passcode]").fill("4039")
    with visitor.expect_request(lambda request: request.method == "POST") as guess:
        visitor.locator("[name=passcode]").press("Enter")
    # Over plain http in a local network the Origin is all that tells our form from a foreign one.
    assert guess.value.all_headers()["origin"] == live.url
    expect(visitor.get_by_text("Invalid passcode")).to_be_visible()
    visitor.locator("[name=passcode]").fill("4093")
    visitor.locator("[name=passcode]").press("Enter")
    expect(visitor.get_by_role("heading", name="Flatbed 12")).to_be_visible()
    expect(visitor.get_by_text("Olga Ostrowska").first).to_be_visible()
    mail = visitor.get_by_role("link", name="Email Me").first.get_attribute("href")
    assert mail.startswith("mailto:olga@example.com?subject=") and "Flatbed" in mail
    assert visitor.get_by_role("link", name="Call Me").first.get_attribute("href") == "tel:+12025550123"


def test_a_rotation_retires_the_old_label_and_a_new_one_works(company, live, desktop, phone):
    admin = desktop.new_page()
    sign_in(admin, live.url, "ada@example.com")
    create(admin, live.url, "equipment", {"name": "Generator 3"})
    admin.goto(f"{live.url}/admin/settings/qr-portal")
    admin.locator("[name=passcode]").fill("4093")
    save_settings(admin)
    admin.goto(f"{live.url}/admin/records?kind=equipment")
    admin.get_by_role("link", name="Generator 3").click()
    record = admin.url
    [old] = read_pdf(download_label(admin))

    admin.goto(f"{live.url}/admin/settings/qr-portal")
    admin.get_by_role("button", name="Generate New Passphrase").click()
    expect(admin.get_by_text("1 sticker stops working")).to_be_visible()
    visitor = phone.new_page()
    visitor.goto(old)
    expect(visitor.locator("[name=passcode]")).to_be_visible()
    save_settings(admin)

    answer = visitor.goto(old)
    assert answer.status == 410
    expect(visitor.locator("body")).to_contain_text("retired")
    expect(visitor.locator("body")).not_to_contain_text("Generator 3")

    admin.goto(record)
    [new] = read_pdf(download_label(admin))
    assert new != old
    visitor.goto(new)
    visitor.locator("[name=passcode]").fill("4093")
    visitor.locator("[name=passcode]").press("Enter")
    expect(visitor.get_by_role("heading", name="Generator 3")).to_be_visible()
