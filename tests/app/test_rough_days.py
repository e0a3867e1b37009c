"""What stands between a phone and the portal: broken answers, other people's answers, private windows, wrong clocks."""

import json
import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from playwright.sync_api import expect

from portal.accounts.models import Account
from portal.accounts.second_step import turn_on
from portal.audit.operations import Actor
from portal.devices import operations
from portal.devices.models import Device
from portal.enrollment.models import CREATE_DEVICE
from portal.extensions import db
from tests.app.conftest import field_app
from tests.app.links import scanned
from tests.app.losing import hold
from tests.client import PASSWORD
from tests.conftest import CHROMIUM_FLAGS
from tests.enrollment.arriving import installation_code, ring

BAD_GATEWAY = {"status": 502, "content_type": "text/html", "body": "<h1>502 Bad Gateway</h1>"}
HOTEL = {"status": 200, "content_type": "text/html", "body": "<h1>Welcome! Room number?</h1>"}
FORBIDDEN = {"status": 403, "content_type": "text/html", "body": "<h1>Blocked by the office's filter</h1>"}
BROKEN = [pytest.param(one, id=str(one["status"])) for one in (BAD_GATEWAY, HOTEL, FORBIDDEN)]
NO_STORAGE = """
for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches'])
  Object.defineProperty(window, name, {get() { throw new DOMException('denied', 'SecurityError') }});
for (const name of ['serviceWorker', 'locks']) Object.defineProperty(navigator, name, {value: undefined});
delete window.BroadcastChannel;
"""
LIST = re.compile(r"/api/v1/records(\?|$)")
TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def joined(field, company):
    field.pair(company.join)
    field.heading("Records")
    field.page.get_by_text("Flatbed 12").wait_for()
    return field


def instead(page, pattern: str | re.Pattern, answer: dict, times: int | None = None) -> None:
    page.route(pattern, lambda route: route.fulfill(**answer), times=times)


@pytest.mark.parametrize("answer", BROKEN)
@pytest.mark.parametrize("path", ["/oauth/token", "/api/v1/app/me"])
def test_a_broken_answer_at_the_start_ends_nothing(joined, path, answer):
    instead(joined.page, f"**{path}", answer)
    joined.page.reload()
    joined.heading("No connection")
    expect(joined.page.get_by_text("stays connected to North Yard Haulage")).to_be_visible()
    joined.page.unroute(f"**{path}")
    joined.press("Try again")
    joined.heading("Records")


@pytest.mark.parametrize("answer", BROKEN)
def test_a_broken_answer_uses_no_code_up(field, company, answer):
    instead(field.page, "**/enroll/inspect", answer, times=1)
    field.scan(company.join)
    field.page.get_by_role("alert").wait_for()
    field.press("Try again")
    field.page.get_by_label("Name of this phone").wait_for()
    instead(field.page, "**/exchange-token", answer, times=1)
    field.press("Connect")
    field.page.get_by_role("alert").wait_for()
    field.press("Connect")
    field.heading("Records")


def test_a_code_that_worked_is_not_asked_for_again_when_the_next_answer_is_lost(field, company):
    """Connected and signed in, but the phone did not hear who it is: it asks again, and never tells it to scan anew."""
    field.scan(company.join)
    field.page.get_by_label("Name of this phone").wait_for()
    field.page.route("**/api/v1/app/me", lambda route: route.abort())
    field.press("Connect")
    field.heading("No connection")
    field.page.unroute("**/api/v1/app/me")
    field.press("Try again")
    field.heading("Records")


def test_a_broken_answer_in_the_list_and_at_the_sign_in_is_said_and_tried_again(field, company):
    field.pair(company.pair)
    instead(field.page, "**/app/sign-in", BAD_GATEWAY, times=1)
    field.sign_in("mia@example.com", PASSWORD)
    expect(field.page.get_by_role("alert")).to_contain_text("on the server’s side")
    instead(field.page, LIST, BAD_GATEWAY, times=1)
    field.press("Sign in")
    field.heading("Records")
    expect(field.page.get_by_role("alert")).to_contain_text("on the server’s side")
    field.press("Try again")
    expect(field.page.get_by_text("Flatbed 12")).to_be_visible()


def test_a_token_that_ran_out_is_renewed_without_a_word(joined):
    gone = {
        "status": 401,
        "headers": {"WWW-Authenticate": 'Bearer error="invalid_token"'},
        "body": json.dumps({"reason": "expired"}),
    }
    instead(joined.page, LIST, gone, times=1)
    joined.page.get_by_role("searchbox").fill("flat")
    expect(joined.page.locator(".records li")).to_have_count(1)
    assert joined.posts.count("/oauth/token") >= 1
    expect(joined.page.get_by_role("alert")).to_have_count(0)


def test_a_private_window_without_any_storage_works(phone, field, company, live_app):
    phone.add_init_script(NO_STORAGE)
    field.pair(company.pair_mia)
    field.sign_in("mia@example.com", PASSWORD)
    field.heading("Records")
    field.page.get_by_text("Flatbed 12").click()
    field.heading("Flatbed 12")
    with live_app.app_context():
        device = db.session.scalars(db.select(Device)).one()
        operations.revoke(db.session(), device, actor=Actor(1, "Ada Admin"), now=datetime.now(UTC))
        db.session.commit()
    field.press("Back")
    field.heading("Signed out")


def test_a_browser_set_to_keep_nothing_is_told_so_and_works_until_it_is_closed(browser, live, company, tmp_path):
    """Chromium then refuses storage and locks too, and still says that cookies are enabled."""
    (tmp_path / "Default").mkdir()
    settings = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(settings))
    own = browser.browser_type.launch_persistent_context(
        tmp_path, executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS
    )
    field = field_app(own, live.url)
    field.open()
    field.heading("Setup")
    expect(field.page.get_by_text("This browser is set to keep nothing")).to_be_visible()
    field.scan(company.join)
    expect(field.page.get_by_text("This browser is set to keep nothing")).to_be_visible()
    field.press("Connect")
    field.heading("Records")
    field.page.get_by_text("Flatbed 12").click()
    field.heading("Flatbed 12")
    own.close()


@pytest.mark.parametrize("days", [-2, 2])
def test_a_wrong_clock_changes_nothing(phone, field, company, days):
    phone.clock.set_system_time(datetime.now(UTC) + timedelta(days=days))
    field.pair(company.join)
    field.heading("Records")
    field.page.get_by_text("Flatbed 12").click()
    expect(field.page.get_by_text("3 days ago")).to_be_visible()
    field.page.reload()
    field.heading("Flatbed 12")


def test_the_cookie_outlives_the_browser(joined, phone):
    cookies = {one["name"]: one["expires"] for one in phone.cookies()}
    month = (datetime.now(UTC) + timedelta(days=30)).timestamp()
    assert cookies["refresh"] > month and cookies["phone"] > month


def test_the_second_step_is_asked_for(field, company, live_app):
    with live_app.app_context():
        moment = datetime.now(UTC) - timedelta(minutes=5)
        turn_on(
            db.session(), ring(), user_id=company.member_id, account_id=company.account_id,
            actor=Actor(company.member_id, "Mia Member"), secret=TOTP, code=pyotp.TOTP(TOTP).at(moment), now=moment,
        )  # fmt: skip
        db.session.commit()
    field.pair(company.pair_mia)
    field.sign_in("mia@example.com", PASSWORD)
    code = field.page.get_by_label("Code of your authenticator app")
    expect(code).to_be_focused()
    expect(field.page.get_by_role("alert")).to_contain_text("second step")
    code.fill("000000")
    field.press("Sign in")
    expect(field.page.get_by_role("alert")).to_contain_text("code")
    expect(field.page.get_by_label("Password", exact=True)).to_have_value(PASSWORD)
    code.fill(pyotp.TOTP(TOTP).now())
    field.press("Sign in")
    field.heading("Records")


def test_a_company_that_asks_for_a_second_step_says_where_to_set_it_up(field, company, live_app):
    with live_app.app_context():
        db.session.execute(db.update(Account).values(requires_totp=True))
        db.session.commit()
    field.pair(company.pair_mia)
    field.sign_in("mia@example.com", PASSWORD)
    expect(field.page.get_by_role("alert")).to_contain_text("on a computer first")


def test_a_phone_that_needs_approval_waits_and_comes_in(field, company, live_app):
    with live_app.app_context():
        account = db.session.get_one(Account, company.account_id)
        made = installation_code(account, CREATE_DEVICE, user_id=company.member_id, requires_approval=True)
        link = scanned(account, "code", made.typed_code)
    field.scan(link)
    expect(field.page.get_by_text("An admin has to approve this phone")).to_be_visible()
    field.press("Connect")
    field.heading("Waiting for approval")
    field.press("Try again")
    field.heading("Waiting for approval")
    with live_app.app_context():
        device = db.session.scalars(db.select(Device)).one()
        operations.approve(db.session(), device, actor=Actor(1, "Ada Admin"), now=datetime.now(UTC))
        db.session.commit()
    field.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # the phone is taken up again
    field.heading("Sign in")


def test_too_many_wrong_codes_count_down(field):
    field.open()
    field.heading("Setup")  # until it stands the app still asks who this phone is, and then draws its screen
    for code in ("BCDFGHJK", "BCDFGHJL", "BCDFGHJM", "BCDFGHJN", "BCDFGHJP"):
        field.page.evaluate("location.hash = '#/type'")
        field.page.get_by_label("Code").fill(code)
        field.press("Continue")
        field.heading("This code no longer opens anything")
    field.press("Type the code")
    field.page.get_by_label("Code").fill("BCDFGHJQ")
    field.press("Continue")
    expect(field.page.get_by_role("alert")).to_contain_text("Too many tries.")
    timer = field.page.get_by_role("timer")
    before = timer.inner_text()
    expect(timer).not_to_have_text(before)
    expect(field.page.get_by_role("button", name="Try again")).to_be_disabled()
    field.press("Decline")
    field.heading("Setup")


def test_a_link_that_connects_anew_ends_what_another_tab_shows(joined, phone, company):
    other = field_app(phone, joined.url)
    other.scan(company.pair_mia)
    expect(other.page.get_by_text("This phone is connected to North Yard Haulage already.")).to_be_visible()
    other.press("Connect")
    other.heading("Sign in")
    joined.heading("Sign in")


def test_a_slow_start_is_said(joined):
    waiting = hold(joined.page, "**/oauth/token")
    joined.page.goto("about:blank")
    joined.open()
    expect(joined.page.get_by_text("Still no answer.")).to_be_visible()
    waiting[0].continue_()
    joined.heading("Records")
