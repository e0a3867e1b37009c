"""The second step, fresh sign-in and the audit page as people see them: readable, complete, without a complaint."""

import pyotp
import sqlalchemy as sa

from portal.accounts.models import AuthSession
from portal.extensions import db
from tests.client import PASSWORD
from tests.decoding import read_png
from tests.factories.people import make_account, make_member
from tests.journeys.inspecting import EVERYTHING, Complaints, axe, misplaced


def follow(page, selector):
    """A click, and the page it leads to."""
    with page.expect_navigation():
        page.click(selector)


def looks_right(page):
    assert axe(page, EVERYTHING) == []
    assert misplaced(page) == []


def test_from_setting_up_to_the_next_sign_in(live_app, live, desktop, phone):
    with live_app.app_context():
        make_member(make_account("Acme"))
    complaints = Complaints(desktop)
    page = desktop.new_page()
    page.goto(f"{live.url}/sign-in?next=/admin/profile")
    page.fill("#email", "ada@example.com")
    page.fill("#password", PASSWORD)
    page.click("main button:not([type=button])")
    follow(page, "text=Set up")
    looks_right(page)
    address = read_png(page.locator(".qr-image").screenshot())[0]
    assert address.startswith("otpauth://totp/")
    codes = pyotp.parse_uri(address)
    assert codes.secret == page.locator("code").inner_text().replace(" ", "")
    page.fill("#code", codes.now())
    follow(page, "text=Turn on")
    looks_right(page)
    recovery = page.locator("code").first.inner_text()
    page.click("text=I have kept them")

    with live_app.app_context():
        db.session.execute(sa.update(AuthSession).values(fresh_at=None))
        db.session.commit()
    page.goto(f"{live.url}/admin/settings/people")
    page.fill("#email", "mia@example.com")
    follow(page, "text=Make a link")
    looks_right(page)
    page.fill("#confirm-password", PASSWORD)
    page.fill("#confirm-code", recovery)
    page.click("text=Go on")
    page.wait_for_selector("text=Link for")
    assert "mia@example.com" in page.locator("#link-title").inner_text()

    page.goto(f"{live.url}/admin/settings/audit")
    looks_right(page)
    assert page.locator("tbody tr").count() >= 4
    assert complaints.take() == []

    small = phone.new_page()
    small.goto(f"{live.url}/sign-in")
    small.fill("#email", "ada@example.com")
    small.fill("#password", PASSWORD)
    follow(small, "main button:not([type=button])")
    looks_right(small)
    small.fill("#code", recovery)
    follow(small, "main button")
    looks_right(small)
    assert "That code is not right" in small.inner_text("main")
