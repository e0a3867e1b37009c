"""Installation codes in a real browser: selecting a row, the pop-up, the editor; and the same without scripts."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from portal.audit.operations import Actor
from portal.devices.models import EXPECTED, Device
from portal.enrollment import grants
from portal.enrollment.code_drafts import Draft
from portal.extensions import db
from tests.decoding import read_png
from tests.factories.people import make_account, make_member
from tests.journeys.inspecting import Complaints
from tests.journeys.pages import sign_in

CODES = "/admin/installation-codes"


@pytest.fixture
def codes(live_app):
    """Two codes of a company: the public id and the code of each, by description."""
    with live_app.app_context():
        account = make_account()
        member = make_member(account)
        now, key_ring = datetime.now(UTC), live_app.extensions["portal"].key_ring
        db.session.add(Device(account_id=account.id, name="Tablet", status=EXPECTED, created_at=now))
        found = {}
        for name in ("Night shift", "Day shift"):
            draft = Draft(name, "create_account_and_device", now + timedelta(days=7), 25, username_prefix="crew-")
            made = grants.make_installation_code(
                db.session(), key_ring, account_id=account.id, draft=draft, actor=Actor(member.user_id, "Ada"), now=now
            )
            found[name] = (made.grant.public_id, made.typed_code)
        db.session.commit()
        return found


@pytest.fixture
def admin(codes, live, desktop):
    """A signed-in page at the list; whatever its scripts or the browser complain of fails the test."""
    complaints = Complaints(desktop)
    page = desktop.new_page()
    sign_in(page, live.url, "ada@example.com")
    page.goto(live.url + CODES)
    yield page
    assert complaints.take() == []


def test_a_row_is_selected_and_the_toolbar_edits_and_deletes_it(admin, live, codes):
    edit, delete = (admin.get_by_role("button", name=name, exact=True) for name in ("Edit", "Delete"))
    expect(edit).to_be_disabled()
    expect(delete).to_be_disabled()
    row = admin.get_by_role("row", name=re.compile("Day shift"))
    row.get_by_text("0 of 25").click()
    expect(row.get_by_role("radio")).to_be_checked()
    edit.click()
    admin.wait_for_url(f"**{CODES}/{codes['Day shift'][0]}/edit")
    admin.get_by_role("link", name="Cancel").click()
    admin.get_by_role("radio", name="Select Night shift").check()
    delete.click()
    admin.get_by_role("heading", name="Remove Night shift?").wait_for()
    admin.get_by_role("link", name="Cancel").click()
    expect(admin.get_by_role("link", name="Night shift")).to_be_visible()
    admin.get_by_role("radio", name="Select Night shift").check()
    delete.click()
    admin.get_by_role("button", name="Remove").click()
    expect(admin.get_by_text("Night shift is removed.")).to_be_visible()
    expect(admin.get_by_role("link", name="Night shift")).to_have_count(0)


def test_the_pop_up_shows_a_code_that_scans_and_closes_by_cross_and_escape(admin, live, codes):
    link = admin.get_by_role("link", name=codes["Night shift"][1])
    dialog = admin.get_by_role("dialog")
    link.click()
    picture = dialog.get_by_role("img", name=re.compile("QR code of"))
    assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0
    (scanned,) = read_png(picture.screenshot())
    assert scanned.startswith(f"{live.url}/app#v=1&k=code&t={codes['Night shift'][1]}&")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    expect(link).to_be_focused()
    link.press("Enter")
    expect(dialog).to_be_visible()
    admin.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_the_editor_shows_the_fields_of_the_chosen_action_only(admin, live):
    admin.get_by_role("link", name="Add", exact=True).click()
    fields = {name: admin.get_by_label(name, exact=True) for name in ("Username prefix", "Account", "Device")}

    def visible() -> list[str]:
        return [name for name, field in fields.items() if field.is_visible()]

    expect(fields["Account"]).to_be_hidden()  # when the page's scripts have run
    assert visible() == ["Username prefix"]
    admin.get_by_label("Create a new device", exact=True).check()
    assert visible() == ["Account"]
    uses = admin.locator("[name=max_uses]")
    expect(uses).to_have_value("25")
    admin.get_by_label("Use existing device", exact=True).check()
    assert visible() == ["Device"]
    expect(uses).to_have_value("1")
    admin.get_by_label("Create a new device", exact=True).check()
    expect(uses).to_have_value("25")
    uses.fill("25")  # typed, so it stays
    admin.get_by_label("Use existing device", exact=True).check()
    expect(uses).to_have_value("25")
    uses.fill("1")
    fields["Device"].select_option("Tablet")
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_role("link", name=re.compile("Description: Describe the code"))).to_be_visible()
    expect(fields["Device"].locator("option:checked")).to_have_text("Tablet")
    admin.locator("[name=description]").fill("Replacement")
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("Replacement is saved.")).to_be_visible()
    expect(admin.get_by_role("row", name=re.compile("Replacement")).get_by_text("0 of 1")).to_be_visible()


def test_without_scripts_everything_is_a_page(codes, live, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live.url, "ada@example.com")
    page.goto(live.url + CODES)
    page.get_by_role("link", name=codes["Night shift"][1]).click()
    expect(page.get_by_role("img", name=re.compile("QR code of"))).to_be_visible()
    page.goto(live.url + CODES)
    page.get_by_role("button", name="Edit", exact=True).click()
    expect(page.get_by_text("Select a row in the list first.")).to_be_visible()
    page.get_by_role("radio", name="Select Day shift").check()
    page.get_by_role("button", name="Edit", exact=True).click()
    for name in ("Username prefix", "Account", "Device"):
        expect(page.get_by_label(name, exact=True)).to_be_visible()
    page.locator("[name=description]").fill("Dawn shift")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Dawn shift")).to_be_visible()
    context.close()


def test_a_narrow_phone_shows_the_list_and_the_pop_up_whole(codes, live, phone):
    page = phone.new_page()
    sign_in(page, live.url, "ada@example.com")
    page.goto(live.url + CODES)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name=codes["Day shift"][1]).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    box = dialog.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 360
    (scanned,) = read_png(dialog.get_by_role("img").screenshot())
    assert codes["Day shift"][1] in scanned


def test_back_closes_the_pop_up_and_stays_on_the_list(admin, live, codes):
    dialog = admin.get_by_role("dialog")
    link = admin.get_by_role("link", name=codes["Night shift"][1])
    link.click()
    expect(dialog).to_be_visible()
    admin.go_back()
    expect(dialog).to_have_count(0)
    expect(link).to_be_focused()
    assert admin.url == live.url + CODES
    link.click()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    admin.wait_for_function("history.state === null")
    admin.go_back()  # no second press is needed after the cross
    admin.wait_for_url(lambda url: not url.endswith(CODES))
