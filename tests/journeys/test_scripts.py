"""What the scripts do for those who have them. Each page works without: see test_without_scripts."""

import re
import threading
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from portal import worker
from portal.extensions import db
from portal.records.models import Record
from tests.decoding import read_pdf
from tests.factories.people import make_account, make_member
from tests.factories.things import make_record
from tests.journeys.inspecting import Complaints
from tests.journeys.pages import sign_in


@pytest.fixture
def company(live_app):
    """Three contacts, 60 vehicles, an admin. Returns paths by name."""
    with live_app.app_context():
        account = make_account(accent="#c2410c")
        make_member(account)
        for name in ("Olga Ostrowska", "Olaf Berg", "Priya Raman"):
            make_record(account, "contact", name)
        vehicles = [make_record(account, name=f"Truck {number:02}") for number in range(60)]
        return {"vehicle": f"/admin/records/{vehicles[0].public_id}"}


@pytest.fixture
def admin(company, live, desktop):
    """A signed-in page; whatever its scripts or the browser complain of fails the test."""
    desktop.grant_permissions(["clipboard-read", "clipboard-write"], origin=live.url)
    complaints = Complaints(desktop)
    page = desktop.new_page()
    sign_in(page, live.url, "ada@example.com")
    yield page
    assert complaints.take() == []


def records(app, **columns) -> list[Record]:
    with app.app_context():
        return db.session.query(Record).filter_by(**columns).all()


def save(page: Page) -> None:
    page.locator(".save-bar").get_by_role("button", name="Save").click()


def test_a_double_click_saves_once_and_back_does_not_send_again(admin, live, live_app):
    admin.goto(f"{live.url}/admin/records/new?kind=vehicle")
    admin.locator("[name=name]").fill("Crane 1")
    sent = []
    admin.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    admin.locator(".save-bar").get_by_role("button", name="Save").dblclick()
    admin.get_by_role("heading", name="Crane 1", level=1).wait_for()
    assert len(sent) == 1, "the second click was held back"
    assert len(records(live_app, name="Crane 1")) == 1
    admin.go_back()
    expect(admin.locator("[name=name]")).to_have_value("Crane 1")
    expect(admin.locator(".save-bar button").first).to_be_enabled()
    admin.go_forward()
    admin.reload()
    admin.get_by_role("heading", name="Crane 1", level=1).wait_for()
    assert len(sent) == 1


def test_unsaved_words_are_asked_about_and_saved_ones_are_not(admin, live, company):
    asked = []
    admin.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    edit = f"{live.url}{company['vehicle']}/edit"
    admin.goto(edit)
    admin.locator("[name=description]").press_sequentially("Blue")
    admin.get_by_role("link", name="Overview").click()
    assert asked == ["beforeunload"]
    assert admin.url == edit
    expect(admin.locator("[name=description]")).to_have_value("Blue")
    save(admin)
    admin.locator(".toast-success").wait_for()
    admin.get_by_role("link", name="Overview").click()
    admin.get_by_role("heading", name="Overview").wait_for()
    assert asked == ["beforeunload"]


def test_without_a_connection_the_page_says_so_and_keeps_what_was_typed(admin, live, company, desktop):
    admin.goto(f"{live.url}{company['vehicle']}/edit")
    admin.locator("[name=name]").fill("Truck 00, blue")
    desktop.set_offline(True)
    expect(admin.get_by_text("No connection.")).to_be_visible()
    expect(admin.locator("[name=name]")).to_have_value("Truck 00, blue")
    desktop.set_offline(False)
    expect(admin.get_by_text("No connection.")).to_be_hidden()
    save(admin)
    admin.get_by_role("heading", name="Truck 00, blue", level=1).wait_for()


def test_an_owner_is_chosen_with_the_keyboard_alone(admin, live, company):
    admin.goto(f"{live.url}{company['vehicle']}/edit")
    box = admin.get_by_role("combobox", name="Owner")
    options = admin.locator(".combobox-list [role=option]:visible")
    box.focus()
    admin.keyboard.press("ArrowDown")
    expect(options).to_have_count(3)
    expect(box).to_have_attribute("aria-expanded", "true")
    admin.keyboard.type("ol")
    expect(options).to_have_count(2)
    admin.keyboard.press("ArrowDown")
    admin.keyboard.press("ArrowDown")
    marked = admin.locator("[aria-selected=true]")
    expect(marked).to_have_text("Olga Ostrowska")
    assert box.get_attribute("aria-activedescendant") == marked.get_attribute("id")
    admin.keyboard.press("Escape")
    expect(box).to_have_value("")
    expect(box).to_have_attribute("aria-expanded", "false")
    admin.keyboard.type("olga")
    expect(options).to_have_count(1)
    admin.keyboard.press("ArrowDown")
    admin.keyboard.press("Enter")
    expect(box).to_have_value("Olga Ostrowska")
    admin.keyboard.press("Tab")
    save(admin)
    expect(admin.get_by_role("link", name="Olga Ostrowska")).to_be_visible()
    admin.goto(f"{live.url}{company['vehicle']}/edit")
    box.fill("nobody of this name")
    expect(admin.get_by_text("Nothing found.")).to_be_visible()
    admin.keyboard.press("Tab")
    expect(box).to_have_value("Olga Ostrowska")  # a word that is nobody changes nothing
    box.fill("")
    admin.keyboard.press("Tab")
    save(admin)
    admin.get_by_role("heading", name="Truck 00", level=1).wait_for()
    expect(admin.get_by_role("link", name="Olga Ostrowska")).to_have_count(0)


def test_all_that_match_go_to_the_labels_page_and_a_clicked_slot_is_the_first(admin, live):
    admin.goto(f"{live.url}/admin/records?kind=vehicle")
    bar = admin.locator("[data-bulk-bar]")
    expect(bar).to_be_hidden()
    rows = admin.locator("input[name=record]")
    rows.nth(1).click()
    rows.nth(4).click(modifiers=["Shift"])
    expect(bar).to_contain_text("4 selected")
    admin.get_by_role("checkbox", name="Select all on this page").check()
    admin.get_by_label("Select all 60 that match").check()
    admin.get_by_role("button", name="Print labels").click()
    expect(admin.get_by_role("heading", name="60 labels, 2 sheets")).to_be_visible()

    admin.locator("[name=stock]").select_option("L7160")
    slots = admin.locator("[data-sheet] .slot")
    expect(slots).to_have_count(21)
    slots.nth(19).click()
    with admin.expect_response(re.compile("labels.pdf")) as answer:
        admin.get_by_role("button", name="Preview").click()
    assert answer.value.status == 200
    assert answer.value.headers["content-type"] == "application/pdf"
    frame = admin.frame(name="labels-preview")
    frame.wait_for_url(re.compile(r"/admin/labels\.pdf"))
    assert frame.evaluate("document.contentType") == "application/pdf", "the browser shows it, no policy stops it"

    admin.locator("[name=stock]").select_option("L4731REV-25")
    admin.get_by_role("button", name="Preview").click()
    expect(admin.frame_locator("[name=labels-preview]").get_by_text("too small")).to_be_visible()
    admin.locator("[name=stock]").select_option("L7160")

    with admin.expect_download() as download:
        admin.get_by_role("button", name="Download PDF").click()
    content = Path(download.value.path()).read_bytes()
    assert len(read_pdf(content)) == 60


def test_a_stock_chosen_before_the_script_has_come_is_drawn(admin, live):
    slots = admin.locator("[data-sheet] .slot")
    drawn = []

    def choose_first(route: Route) -> None:
        admin.locator("[name=stock]").select_option("L7160")
        drawn.append(slots.count())
        route.continue_()

    admin.route("**/js/labels.js*", choose_first)
    admin.goto(f"{live.url}/admin/labels?filter=kind%3Dvehicle")
    expect(slots).to_have_count(21)
    assert drawn and drawn[0] != 21, "the choice stood before the script"


def test_the_qr_dialog_closes_by_its_cross_and_by_escape_and_gives_the_focus_back(admin, live, company):
    admin.goto(live.url + company["vehicle"])
    menu = admin.get_by_role("button", name="Actions")
    dialog = admin.get_by_role("dialog")
    for close in (lambda: dialog.get_by_role("button", name="Close").click(), lambda: admin.keyboard.press("Escape")):
        menu.click()
        admin.get_by_role("link", name="QR Code").click()
        expect(dialog.get_by_role("heading", name="QR Code")).to_be_focused()
        assert dialog.locator(".qr-image").evaluate("one => one.decode().then(() => one.naturalWidth)") > 0
        close()
        expect(dialog).to_have_count(0)
        expect(menu).to_be_focused()


def test_an_address_is_copied(admin, live, company):
    admin.goto(f"{live.url}{company['vehicle']}/qr")
    address = admin.locator(".copyable code").first.inner_text()
    admin.get_by_role("button", name="Copy").first.click()
    expect(admin.get_by_role("button", name="Copied")).to_be_visible()
    assert admin.evaluate("navigator.clipboard.readText()") == address


def test_the_page_of_an_import_follows_its_job_to_the_report(admin, live, live_app):
    admin.goto(f"{live.url}/admin/import")
    admin.locator("[name=file]").set_input_files(
        {"name": "trucks.csv", "mimeType": "text/csv", "buffer": b"name,tag\nTruck 77,T-77\n"}
    )
    admin.get_by_role("button", name="Continue").click()
    expect(admin.get_by_text("Waiting for the worker")).to_be_visible()
    with live_app.app_context():
        assert worker.work_once(live_app.extensions["portal"], threading.Event())
    expect(admin.get_by_text("Nothing is changed yet.")).to_be_visible()
    assert records(live_app, tag="T-77") == []
    admin.get_by_role("button", name="Import 1 record").click()
    expect(admin.get_by_text("Waiting for the worker")).to_be_visible()
    with live_app.app_context():
        assert worker.work_once(live_app.extensions["portal"], threading.Event())
    expect(admin.get_by_text("1 created")).to_be_visible()
    assert len(records(live_app, tag="T-77")) == 1
