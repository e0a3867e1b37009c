"""A visitor tells the owner of an expired truck in two taps, without scripts too; an admin answers from the inbox."""

from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from portal.extensions import db
from portal.jobs.models import Mail
from tests.factories.people import PASSCODE, make_account, make_member
from tests.factories.things import make_expiration, make_record, scan_path
from tests.journeys.pages import sign_in

pytestmark = pytest.mark.journey
HERE = {"latitude": 52.229676, "longitude": 21.012229}


@pytest.fixture
def truck(live_app):
    """The scan address of a truck whose registration has expired, of a company that relays."""
    with live_app.app_context():
        account = make_account(contact_policy="relay", contact_email="office@example.com")
        make_member(account)
        owner = make_record(account, "contact", "Olga Ostrowska", email="olga@example.com")
        record = make_record(account, name="Flatbed 12", tag="NY-12", owner_id=owner.id)
        make_expiration(record, expires_on=date(2020, 1, 1))
        return scan_path(record)


def enter(page, address):
    page.goto(address)
    page.locator("[name=passcode]").fill(PASSCODE)
    with page.expect_navigation():
        page.get_by_role("button", name="Open").click()


def mails(app):
    with app.app_context():
        return [(one.recipient, one.subject, one.text_body) for one in db.session.query(Mail).order_by(Mail.id)]


def findings(page):
    return [(one["id"], one["nodes"][0]["html"]) for one in Axe().run(page).response["violations"]]


def test_an_expired_truck_in_two_taps_without_scripts(live, live_app, browser, truck):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740}, has_touch=True)
    visitor = context.new_page()
    enter(visitor, live.url + truck)
    expect(visitor.get_by_role("link", name="Email Me")).to_have_count(0)
    visitor.get_by_role("link", name="Send a message").tap()
    visitor.get_by_role("button", name="Send").tap()
    expect(visitor.get_by_role("heading", name="Thank you")).to_be_visible()
    context.close()
    [(recipient, subject, _)] = mails(live_app)
    assert (recipient, subject) == ("olga@example.com", "Flatbed 12 (NY-12): Papers expired")


def test_place_and_address_reach_the_inbox_and_the_answer_the_visitor(live, live_app, browser, desktop, truck):
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, color_scheme="dark", geolocation=HERE, permissions=["geolocation"]
    )
    visitor, faults = context.new_page(), []
    visitor.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
    enter(visitor, live.url + truck)
    with visitor.expect_navigation():
        visitor.get_by_role("link", name="Send a message").click()
    assert findings(visitor) == []
    assert visitor.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    visitor.get_by_text("Add your name, a way to answer").click()
    # Nothing was asked and nothing is known before the tap.
    assert visitor.locator("[name=latitude]").input_value() == ""
    visitor.get_by_label("E-mail or phone").fill("vera@example.net")
    visitor.get_by_role("button", name="Add the place").click()
    expect(visitor.get_by_text("This place is sent along: 52.23, 21.01")).to_be_visible()
    assert findings(visitor) == []
    visitor.get_by_role("button", name="Leave the place out").click()
    assert visitor.locator("[name=latitude]").input_value() == ""
    visitor.get_by_label("Exact place").check()
    visitor.get_by_role("button", name="Add the place").click()
    expect(visitor.get_by_text("52.22968, 21.01223")).to_be_visible()
    visitor.get_by_label("Exact place").uncheck()
    visitor.get_by_role("button", name="Send").click()
    expect(visitor.get_by_role("heading", name="Thank you")).to_be_visible()
    assert faults == []
    context.close()

    admin = desktop.new_page()
    sign_in(admin, live.url, "ada@example.com")
    with admin.expect_navigation():
        admin.get_by_role("link", name="Messages").click()
    assert findings(admin) == []
    admin.get_by_role("link", name="Flatbed 12: Papers expired").click()
    expect(admin.get_by_role("link", name="52.23, 21.01")).to_be_visible()
    assert findings(admin) == []
    admin.get_by_role("textbox", name="Answer").fill("Thank you, it is renewed today.")
    admin.get_by_role("button", name="Send answer").click()
    expect(admin.get_by_text("Your answer goes to vera@example.net")).to_be_visible()
    admin.get_by_role("button", name="Close").first.click()
    expect(admin.get_by_text("No open messages")).to_be_visible()
    to_owner, to_visitor = mails(live_app)
    assert to_owner[0] == "olga@example.com" and "52.23, 21.01" in to_owner[2]
    assert to_visitor[0] == "vera@example.net" and "Thank you, it is renewed today." in to_visitor[2]
