"""The public pages in a browser: Arabic from right to left, the longest words at 320 pixels, the switch by a tap."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.factories.people import PASSCODE, make_account
from tests.factories.things import make_expiration, make_record, scan_path

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def arrange(app):
    with app.app_context():
        account = make_account("Haulage & Sons", country="DE", contact_email="o@example.com")
        boss = make_record(account, "contact", "Bea Boss", email="b@example.com", phone="+4930123456")
        owner = make_record(
            account, "contact", "Olga Owner", email="o@example.com", mobile="+4915112345678", supervisor_id=boss.id
        )
        record = make_record(account, name="Truck 7", tag="V-7", owner_id=owner.id, state="stolen", visitor_notes="Hi.")
        make_expiration(record, "insurance")
        return scan_path(record), scan_path(make_record(make_account("Cranes", passcode="")))


def findings(page):
    return [
        (found["id"], [node["target"] for node in found["nodes"]]) for found in Axe().run(page).response["violations"]
    ]


@pytest.mark.parametrize("language", ["ar", "de", "fr", "pl", "es"])
def test_pages_fit_and_axe_finds_nothing(live, live_app, browser, language):
    path, closed = arrange(live_app)
    context = browser.new_context(viewport={"width": 320, "height": 700}, locale=language)
    page = context.new_page()
    faults = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    for place in ("/?code=K7", "/nowhere", closed, path):
        page.goto(live.url + place)
        assert (place, findings(page), page.evaluate(OVERFLOW)) == (place, [], 0)
    page.fill("#passcode", PASSCODE)
    with page.expect_navigation():
        page.locator("form button").click()
    for place in (path, f"{path}/message", f"{path}/message?sent=1"):
        page.goto(live.url + place)
        assert (place, findings(page), page.evaluate(OVERFLOW)) == (place, [], 0)
    direction = page.evaluate("getComputedStyle(document.body).direction")
    assert (direction, page.evaluate("document.documentElement.lang")) == (
        "rtl" if language == "ar" else "ltr",
        language,
    )
    assert faults == []
    context.close()


def test_the_switch_is_seen_and_works_without_scripts(live, live_app, browser):
    path, _ = arrange(live_app)
    context = browser.new_context(viewport={"width": 320, "height": 700}, locale="de", java_script_enabled=False)
    page = context.new_page()
    page.goto(live.url + path)
    page.get_by_role("link", name="العربية").click()
    page.wait_for_url(live.url + path)
    assert page.locator("html").get_attribute("dir") == "rtl"
    page.get_by_role("link", name="Polski").click()
    page.get_by_role("heading", name="Podaj kod dostępu").wait_for()
    assert page.get_by_role("navigation", name="Język").is_visible()
    context.close()
