"""The main path in a browser that runs no scripts: slower to click through, and complete."""

import threading
from pathlib import Path

import pytest
from playwright.sync_api import expect

from portal import worker
from portal.extensions import db
from portal.records.models import Record
from tests.decoding import read_pdf
from tests.factories.people import make_account, make_member
from tests.factories.things import make_record
from tests.journeys.pages import sign_in

pytestmark = pytest.mark.journey


@pytest.fixture
def plain(browser):
    """A page without scripts."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=False)
    yield context.new_page()
    context.close()


def save(page, name="Save"):
    page.locator(".save-bar").get_by_role("button", name=name).click()


def test_from_a_contact_to_its_sticker_on_a_phone(live, live_app, plain):
    with live_app.app_context():
        make_member(make_account(passcode=""))
    sign_in(plain, live.url, "ada@example.com")
    plain.goto(f"{live.url}/admin/records/new?kind=contact")
    plain.locator("[name=name]").fill("Olga Ostrowska")
    plain.locator("[name=mobile]").fill("202 555 0123")
    save(plain)
    plain.goto(f"{live.url}/admin/records/new?kind=vehicle")
    plain.locator("[name=name]").fill("Flatbed 12")
    plain.get_by_label("Owner").select_option("Olga Ostrowska")
    save(plain)
    expect(plain.get_by_role("link", name="Olga Ostrowska")).to_be_visible()

    plain.goto(f"{live.url}/admin/settings/qr-portal")
    old = plain.locator("[name=passphrase]").input_value()
    plain.get_by_role("button", name="Generate New Passphrase").click()
    assert plain.locator("[name=passphrase]").input_value() not in ("", old)
    expect(plain.get_by_text("2 stickers stop")).to_be_visible()
    plain.locator("[name=passcode]").fill("4093")
    save(plain, "Update")
    expect(plain.locator(".toast-success")).to_be_visible()
    plain.goto(f"{live.url}/admin/settings/qr-portal?show=1")
    assert plain.locator("[name=passcode]").input_value() == "4093"

    plain.goto(f"{live.url}/admin/records?kind=vehicle")
    plain.get_by_role("checkbox", name="Select Flatbed 12").check()
    plain.get_by_role("button", name="Print labels").click()
    plain.locator("[name=stock]").select_option("L7160")
    plain.get_by_role("button", name="Show this sheet").click()
    expect(plain.locator("[data-sheet] .slot")).to_have_count(21)
    plain.get_by_role("radio", name="Label 5:").check()
    with plain.expect_download() as download:
        plain.get_by_role("button", name="Download PDF").click()
    [address] = read_pdf(Path(download.value.path()).read_bytes())

    plain.context.clear_cookies()
    plain.goto(address)
    plain.locator("[name=passcode]").fill("4039")
    plain.get_by_role("button", name="Open").click()
    expect(plain.get_by_text("Invalid passcode")).to_be_visible()
    plain.locator("[name=passcode]").fill("4093")
    plain.get_by_role("button", name="Open").click()
    expect(plain.get_by_role("heading", name="Flatbed 12")).to_be_visible()
    assert plain.get_by_role("link", name="Call Me").get_attribute("href") == "tel:+12025550123"


def test_the_actions_of_a_record_and_the_qr_page(live, live_app, plain):
    with live_app.app_context():
        account = make_account()
        make_member(account)
        at = f"{live.url}/admin/records/{make_record(account).public_id}"
    sign_in(plain, live.url, "ada@example.com")
    plain.goto(at)
    plain.get_by_role("button", name="Actions").click()
    plain.get_by_role("link", name="QR Code").click()
    expect(plain.get_by_role("heading", name="QR Code")).to_be_visible()
    with plain.expect_download() as download:
        plain.get_by_role("link", name="PDF").click()
    assert len(read_pdf(Path(download.value.path()).read_bytes())) == 1
    plain.goto(at)
    plain.get_by_role("button", name="Actions").click()
    plain.get_by_role("button", name="Archive").click()
    expect(plain.get_by_text("This record is archived")).to_be_visible()


def test_any_of_300_contacts_can_be_the_owner(live, live_app, plain):
    with live_app.app_context():
        account = make_account()
        make_member(account)
        for number in range(300):
            make_record(account, "contact", f"Person {number:03}")
    sign_in(plain, live.url, "ada@example.com")
    plain.goto(f"{live.url}/admin/records/new?kind=vehicle")
    plain.locator("[name=name]").fill("Flatbed 12")
    plain.get_by_label("Owner").select_option("Person 299")
    save(plain)
    expect(plain.get_by_role("link", name="Person 299")).to_be_visible()


def test_an_import_is_followed_by_reloading(live, live_app, plain):
    with live_app.app_context():
        make_member(make_account())
    sign_in(plain, live.url, "ada@example.com")
    plain.goto(f"{live.url}/admin/import")
    plain.locator("[name=file]").set_input_files(
        {"name": "trucks.csv", "mimeType": "text/csv", "buffer": b"name,tag\nTruck 77,T-77\n"}
    )
    plain.get_by_role("button", name="Continue").click()
    for shown in ("Nothing is changed yet.", "1 created"):
        with live_app.app_context():
            assert worker.work_once(live_app.extensions["portal"], threading.Event())
        expect(plain.get_by_text(shown)).to_be_visible()
        if shown.startswith("Nothing"):
            plain.get_by_role("button", name="Import 1 record").click()
    with live_app.app_context():
        assert db.session.query(Record).filter_by(tag="T-77").count() == 1
