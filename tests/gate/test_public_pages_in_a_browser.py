"""The public pages in a real browser: without scripts, at 320 pixels, under a screen reader's eye."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from sqlalchemy import delete

from portal.accounts.models import Account
from portal.extensions import db
from portal.gate import operations as gate
from portal.gate.models import Attempt, AttemptCounter
from portal.lib.clock import utc_now
from tests.factories.people import PASSCODE, make_account
from tests.factories.things import make_expiration, make_record, scan_path

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenaufbewahrungsschrank Nummer 4 in Halle Nord"


def arrange(app):
    """Paths of the pages to look at."""
    with app.app_context():
        account = make_account(contact_email="office@example.com", contact_phone="+12025550100")
        boss = make_record(account, "contact", "محمد عبد الرحمن", email="m@example.com", phone="+12025550188")
        owner = make_record(
            account, "contact", LONG[:90], email="d@example.com", mobile="+12025550112", supervisor_id=boss.id
        )
        full = make_record(
            account,
            name=LONG,
            tag="EQUIPMENT-WITH-A-LONG-TAG-0000000017",
            owner_id=owner.id,
            visitor_notes="Call first.",
        )
        make_expiration(full, "registration")
        closed = make_account("Harbour Cranes", passcode="")
        return {
            "record": scan_path(full),
            "bare": scan_path(make_record(account, name="Trailer 9")),
            "contact": scan_path(owner),
            "closed": scan_path(make_record(closed)),
            "unknown": "/q/0000000000000000",
            "home": "/?code=K7Q2",
        }


def send(page, button="Open"):
    """Presses a button and waits for the page that answers."""
    with page.expect_navigation():
        page.get_by_role("button", name=button).click()


def findings(page):
    return [
        (found["id"], [node["target"] for node in found["nodes"]]) for found in Axe().run(page).response["violations"]
    ]


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_no_page_overflows_or_has_an_axe_finding(live, live_app, browser, width, scheme):
    paths = arrange(live_app)
    context = browser.new_context(viewport={"width": width, "height": 700}, color_scheme=scheme)
    page = context.new_page()
    faults = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on(
        "console", lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None
    )

    def check(name):
        assert (name, findings(page), overflow(page)) == (name, [], 0)

    for name in ("home", "unknown", "closed", "record"):
        page.goto(live.url + paths[name])
        check(name)
    page.clock.install()
    for _ in range(6):
        page.fill("#passcode", "5000")
        send(page)
        check("wrong, then the pause")
    assert (
        page.locator("[data-wait]").inner_text().endswith(("second", "seconds", "minutes"))
        and page.locator("button").is_disabled()
    )
    page.clock.fast_forward("15:00")
    page.locator("button:enabled").wait_for()  # the countdown ends by itself
    with live_app.app_context():
        db.session.execute(delete(AttemptCounter))
        db.session.execute(delete(Attempt))
        db.session.commit()
    page.fill("#passcode", PASSCODE)
    send(page)
    for name in ("record", "bare", "contact"):
        page.goto(live.url + paths[name])
        check(name)
    assert faults == []
    context.close()


def test_a_phone_without_scripts_types_the_code_and_has_both_buttons_in_reach(live, live_app, browser):
    paths = arrange(live_app)
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, java_script_enabled=False, is_mobile=True, has_touch=True
    )
    page = context.new_page()
    page.goto(live.url + paths["record"])
    assert page.locator("#passcode").get_attribute("inputmode") == "numeric"
    with page.expect_navigation():
        page.keyboard.type("5000\n")  # the field has the focus
    assert page.get_by_role("alert").inner_text().startswith("Invalid passcode")
    page.get_by_label("Passcode").fill(PASSCODE)
    send(page)
    for name in ("Email Me", "Call Me"):
        box = page.get_by_role("link", name=name).first.bounding_box()
        assert box["height"] >= 48 and box["width"] >= 48
        assert 370 < box["y"] < 740 - box["height"] + 1, "in the lower half of the first screen"
    send(page, "Lock")
    assert page.get_by_label("Passcode").is_visible()
    page.go_back()
    assert not page.get_by_text("Call first.").is_visible()
    context.close()


def test_a_changed_passcode_closes_the_page_that_a_phone_has_open(live, live_app, phone):
    paths = arrange(live_app)
    page = phone.new_page()
    page.goto(live.url + paths["record"])
    page.fill("#passcode", PASSCODE)
    send(page)
    assert page.get_by_text("Call first.").is_visible()
    with live_app.app_context():
        for account in db.session.query(Account).filter_by(name="North Yard Haulage"):
            gate.set_passcode(
                db.session(), live_app.extensions["portal"].key_ring, account_id=account.id, code="7391", now=utc_now()
            )
        db.session.commit()
    page.reload()
    assert page.get_by_label("Passcode").is_visible()
