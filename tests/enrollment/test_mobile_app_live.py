"""Mobile App in a browser: the countdown, the tick the moment a phone has joined, Undo, and the cover."""

import json
import re
import urllib.error
import urllib.request
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from portal.devices.models import Device
from portal.extensions import db
from tests.decoding import read_png
from tests.factories.devices import make_device
from tests.factories.people import make_account, make_member
from tests.journeys.inspecting import Complaints
from tests.journeys.pages import sign_in


@pytest.fixture
def admin(live_app, live, desktop):
    """A signed-in page on Mobile App with a code; whatever the browser complains of fails the test."""
    with live_app.app_context():
        account = make_account()
        make_device(account, make_member(account), "Old tablet")
    complaints = Complaints(desktop)
    page = desktop.new_page()
    sign_in(page, live.url, "ada@example.com")
    page.goto(f"{live.url}/admin/mobile-app")
    page.get_by_role("button", name="Generate QR Code").click()
    expect(page.locator("[data-clock]")).not_to_be_empty()  # the page's script runs by now, not only its picture stands
    yield page
    assert complaints.take() == []


def scan(page: Page, url: str) -> dict:
    """A phone reads the picture on the screen and sends what it holds."""
    [link] = read_png(page.locator(".offer-qr").screenshot())
    body = {"token": parse_qs(urlsplit(link).fragment)["t"][0], "device": {"name": "iPhone, Safari", "platform": "iOS"}}
    return call(f"{url}/api/v1/admin/app/exchange-token", json.dumps(body).encode())


def call(address: str, body: bytes | None = None, **headers: str) -> dict:
    request = urllib.request.Request(address, body, {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def may_call(url: str, joined: dict) -> bool:
    try:
        call(f"{url}/api/v1/app/me", Authorization=f"Bearer {joined['access_token']}")
    except urllib.error.HTTPError as refusal:
        assert refusal.code == 401
        return False
    return True


def test_the_code_turns_into_a_tick_when_it_is_used_and_undo_signs_the_phone_out(admin, live, live_app):
    ring = admin.locator("[data-ring]")
    expect(admin.locator("[data-clock]")).to_have_text(re.compile("4:[0-5][0-8]"))
    assert 0 < float(ring.get_attribute("stroke-dashoffset")) < 25, "less than a minute of five is gone"
    joined = scan(admin, live.url)
    expect(admin.get_by_text("iPhone, Safari joined")).to_be_visible()
    expect(admin.locator(".offer-qr, .offer-code")).to_have_count(0)
    row = admin.locator("[data-devices] tbody tr", has_text="iPhone, Safari")
    expect(row.get_by_role("link", name="Revoke Access")).to_be_visible()
    assert may_call(live.url, joined)
    admin.get_by_role("button", name="Undo").click()
    admin.locator(".toast-success", has_text="was signed out again").wait_for()
    assert not may_call(live.url, joined)
    with live_app.app_context():
        assert db.session.query(Device).filter_by(public_id=joined["device_id"]).one().status == "revoked"
    expect(row).to_have_count(0)
    expect(admin.get_by_text("The phone that used it was signed out again.")).to_be_visible()


def test_who_looks_elsewhere_leaves_no_code_on_the_screen(admin):
    picture, code = admin.locator(".offer-qr"), admin.locator(".offer-code")
    expect(picture).to_be_visible()
    admin.evaluate("dispatchEvent(new Event('blur'))")
    for one in (picture, code):
        expect(one).to_be_hidden()
    admin.get_by_role("button", name="Show").click()
    for one in (picture, code):
        expect(one).to_be_visible()


def test_a_double_click_makes_one_code_and_a_new_one_ends_the_old(admin, live, live_app):
    [first] = read_png(admin.locator(".offer-qr").screenshot())
    sent = []
    admin.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    admin.get_by_role("button", name="New QR code").dblclick()
    admin.wait_for_url("**/mobile-app#qr")
    expect(admin.locator(".offer-qr")).to_be_visible()
    assert len(sent) == 1, "the second click was held back"
    [second] = read_png(admin.locator(".offer-qr").screenshot())
    assert first != second
    joined = scan(admin, live.url)
    expect(admin.get_by_text("iPhone, Safari joined")).to_be_visible()
    assert may_call(live.url, joined)


def test_the_page_that_shows_an_older_code_says_that_a_newer_one_took_its_place(admin, live, desktop):
    other = desktop.new_page()
    other.goto(f"{live.url}/admin/mobile-app")
    other.get_by_role("button", name="New QR code").click()
    other.locator(".offer-qr").wait_for()
    admin.bring_to_front()
    expect(admin.get_by_text("You generated a newer one in another window")).to_be_visible()
    expect(admin.locator(".offer-qr, .offer-code")).to_have_count(0)


def test_a_clock_that_runs_out_takes_the_code_away_and_the_server_says_that_it_expired(admin, live, live_app):
    """The browser's clock leaps; the server's has the last word, and is not pestered while it has none."""
    admin.clock.install()
    admin.reload()
    expect(admin.locator("[data-clock]")).to_contain_text("4:5")
    asked = []
    admin.route("**/grants/*", lambda route: (asked.append(route), route.fulfill(body="no answer of ours")))
    admin.clock.fast_forward("05:01")
    expect(admin.locator(".offer-qr")).to_be_hidden()
    for _ in range(12):
        admin.clock.run_for(250)
        admin.evaluate("fetch('/healthz').then((answer) => answer.text())")
    assert 1 <= len(asked) <= 4, "at once, and then at its usual pace or slower"
    admin.unroute("**/grants/*")
    with live_app.app_context():
        db.session.execute(db.text("update enrollment_grant set expires_at = created_at where use_count = 0"))
        db.session.commit()
    admin.clock.run_for(20_000)
    expect(admin.get_by_text("This QR code has expired.")).to_be_visible()


def test_without_scripts_the_code_stands_there_with_its_end(live, live_app, browser):
    with live_app.app_context():
        make_member(make_account())
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 780})
    page = context.new_page()
    sign_in(page, live.url, "ada@example.com")
    page.goto(f"{live.url}/admin/mobile-app")
    page.get_by_role("button", name="Generate QR Code").click()
    expect(page.locator(".offer-qr")).to_be_visible()
    expect(page.locator(".offer time")).to_be_visible()
    bar, title = page.locator(".topbar").bounding_box(), page.locator("#qr-title").bounding_box()
    assert title["y"] >= bar["y"] + bar["height"], "what the page leads to does not lie under its bar"
    expect(page.locator("[data-clock]")).to_be_hidden()
    expect(page.get_by_role("button", name="Show")).to_be_hidden()
    scan(page, live.url)
    page.get_by_role("link", name="Load this page again").click()
    expect(page.get_by_text("iPhone, Safari joined")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The phone that used it was signed out again.")).to_be_visible()
    context.close()
