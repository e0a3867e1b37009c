"""Mobile Setup in a browser: the code follows the username, the sheet prints large enough, the rotation is live."""

import io
from urllib.parse import parse_qs, urlsplit

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from portal.accounts.models import ADMIN, Account, AuthSession, Membership
from portal.audit.operations import Actor
from portal.devices.models import Device
from portal.enrollment import grants, installation_keys
from portal.extensions import db
from portal.lib.clock import utc_now
from tests.decoding import rasterise, read_zxing
from tests.factories.people import make_account, make_member
from tests.factories.phones import make_phone
from tests.journeys.pages import sign_in

COMPANY = "North Yard Haulage"
DPI = 300
MM_PER_INCH = 25.4
LONG_NAME = "w" * 60 + "@" + "b" * 60 + ".example.com"


@pytest.fixture
def company(live_app) -> int:
    """A company with its key, an admin and a technician."""
    with live_app.app_context():
        account = make_account(COMPANY)
        make_member(account, "ada@example.com")
        make_member(account, "tom@example.com", role="member", name="Tom Technician")
        grants.ensure_installation_key(db.session(), live_app.extensions["portal"].key_ring, account.id, utc_now())
        db.session.commit()
        return account.id


def shown(page: Page) -> dict[str, str]:
    """What a camera reads from the screen."""
    picture = Image.open(io.BytesIO(page.locator("[data-setup-image]").screenshot()))
    [text] = read_zxing(picture.convert("L"))
    return {name: values[0] for name, values in parse_qs(urlsplit(text).fragment).items()}


def test_the_code_follows_the_username(company, live, desktop):
    page = desktop.new_page()
    sign_in(page, live.url, "ada@example.com")
    page.goto(f"{live.url}/admin/mobile-setup")
    plain = shown(page)
    assert plain["a"] == f"{live.url}/api/v1" and plain["n"] == COMPANY and "u" not in plain
    with page.expect_response("**/pairing-qr"):
        page.get_by_label("Pre-fill username").fill("tom@example.com")
    expect(page.locator("[data-setup-says]")).to_have_text("This code fills in tom@example.com.")
    assert shown(page) == plain | {"u": "tom@example.com"}
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Print", exact=True).click()
    expect(opened.value.locator(".username")).to_contain_text("tom@example.com")
    with page.expect_response("**/pairing-qr"):
        page.get_by_label("Pre-fill username").fill("\u200b")  # as good as blank
    expect(page.locator("[data-setup-says]")).to_have_text("")
    assert shown(page) == plain


def test_a_lost_connection_says_that_the_code_is_the_old_one(company, live, desktop):
    page = desktop.new_page()
    sign_in(page, live.url, "ada@example.com")
    page.goto(f"{live.url}/admin/mobile-setup")
    plain = shown(page)
    page.route("**/pairing-qr", lambda route: route.abort())
    page.get_by_label("Pre-fill username").fill("tom@example.com")
    says = page.locator("[data-setup-says]")
    expect(says).to_contain_text("still the one before")
    assert shown(page) == plain
    page.unroute("**/pairing-qr")
    page.context.clear_cookies()
    page.get_by_label("Pre-fill username").fill("to")
    expect(says).to_contain_text("Load this page again")


def test_the_page_follows_the_rotations_of_others(company, live_app, live, desktop):
    def rotate() -> None:
        with live_app.app_context():
            installation_keys.rotate(
                db.session(), live_app.extensions["portal"].key_ring, account_id=company, overlap_hours=0,
                actor=Actor(None, "Ada"), now=utc_now(),
            )  # fmt: skip
            db.session.commit()

    with live_app.app_context():
        make_phone(db.session.get(Account, company), name="Pixel", pairing_generation=1)
    page = desktop.new_page()
    page.clock.install()
    sign_in(page, live.url, "ada@example.com")
    page.goto(f"{live.url}/admin/mobile-setup")
    page.get_by_label("Send to").fill("nobody@example.com")
    page.get_by_role("button", name="Send").click()
    expect(page).to_have_url(f"{live.url}/admin/mobile-setup/send")  # a refused mail is an address of its own
    page.get_by_label("Pre-fill username").fill("tom@example.com")
    says = page.locator("[data-setup-says]")
    page.clock.run_for(1000)
    expect(says).to_have_text("This code fills in tom@example.com.")
    for number, notice in (
        (2, lambda: page.clock.run_for(16_000)),
        (3, lambda: page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")),
    ):
        before = shown(page)
        rotate()
        notice()
        expect(page.locator("[data-setup-generation]")).to_have_text(str(number))
        after = shown(page)
        assert after["t"] != before["t"] and after["u"] == "tom@example.com"
        expect(says).to_have_text("This code fills in tom@example.com.")
        expect(page.locator("#rotation")).to_contain_text(f"0 of 1 moved to QR code number {number}")


def test_a_page_of_the_company_before_is_loaded_again(company, live_app, live, desktop):
    page = desktop.new_page()
    sign_in(page, live.url, "ada@example.com")
    page.goto(f"{live.url}/admin/mobile-setup")
    with live_app.app_context():
        other = make_account("Other Yard")
        grants.ensure_installation_key(db.session(), live_app.extensions["portal"].key_ring, other.id, utc_now())
        ada = db.session.query(AuthSession).one()
        db.session.add(Membership(account_id=other.id, user_id=ada.user_id, role=ADMIN, created_at=utc_now()))
        ada.account_id = other.id  # switched in another tab
        db.session.commit()
    with page.expect_navigation():
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("[aria-labelledby=installation-title]")).to_contain_text("Company: Other Yard")
    assert shown(page)["n"] == "Other Yard"


def test_a_name_that_is_too_long_is_said(company, live, desktop):
    page = desktop.new_page()
    sign_in(page, live.url, "ada@example.com")
    page.goto(f"{live.url}/admin/mobile-setup")
    plain = shown(page)
    page.get_by_label("Pre-fill username").fill("漢" * 200)
    expect(page.locator("[data-setup-says]")).to_have_text(
        "The QR code could not be made: it is still the one before. This is longer than a username can be."
    )
    assert shown(page) == plain


def test_without_scripts_a_button_does_it(company, live, browser: Browser):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        sign_in(page, live.url, "ada@example.com")
        page.goto(f"{live.url}/admin/mobile-setup")
        page.get_by_label("Pre-fill username").fill("tom@example.com")
        page.get_by_role("button", name="Update the QR code").click()
        assert shown(page)["u"] == "tom@example.com"


@pytest.mark.parametrize("username", ["", "tom@example.com", LONG_NAME])
def test_the_printed_symbol_is_large_enough(company, live, desktop, username):
    page = desktop.new_page()
    page.add_init_script("window.prints = 0; window.print = () => { window.prints += 1; };")
    sign_in(page, live.url, "ada@example.com")
    page.goto(f"{live.url}/admin/mobile-setup/print" + (f"?username={username}" if username else ""))
    page.wait_for_function("window.prints === 1")
    [sheet] = rasterise(page.pdf(prefer_css_page_size=True, print_background=False), DPI)
    assert [round(side / DPI * MM_PER_INCH) for side in sheet.size] == [210, 297]
    [code] = zxingcpp.read_barcodes(sheet, formats=zxingcpp.BarcodeFormat.QRCode)
    assert parse_qs(urlsplit(code.text).fragment).get("u", [""]) == [username]
    corners = code.position
    width = (corners.top_right.x - corners.top_left.x) / DPI * MM_PER_INCH
    modules = 17 + 4 * int(code.extra["Version"]) if "Version" in (code.extra or {}) else 121
    assert width >= 40 and width / modules >= 0.5


def test_the_longest_names_still_fit_on_one_sheet(company, live_app, live, desktop):
    with live_app.app_context():
        db.session.get(Account, company).name = "W" * 200
        db.session.commit()
    page = desktop.new_page()
    sign_in(page, live.url, "ada@example.com")
    page.goto(f"{live.url}/admin/mobile-setup/print?username={LONG_NAME}")
    [sheet] = rasterise(page.pdf(prefer_css_page_size=True), DPI)
    [text] = read_zxing(sheet)
    assert parse_qs(urlsplit(text).fragment)["n"] == ["W" * 40]


def test_a_rotation_is_followed_live(company, live_app, live, desktop):
    with live_app.app_context():
        account = db.session.get(Account, company)
        user_id = db.session.query(Membership).order_by(Membership.id.desc()).first().user_id
        first = make_phone(account, user_id, name="Pixel", pairing_generation=1).device_id
        second = make_phone(account, name="iPhone", pairing_generation=1).device_id
        installation_keys.rotate(
            db.session(), live_app.extensions["portal"].key_ring, account_id=company, overlap_hours=24,
            actor=Actor(None, "Ada"), now=utc_now(),
        )  # fmt: skip
        db.session.commit()
    page = desktop.new_page()
    page.clock.install()
    sign_in(page, live.url, "ada@example.com")
    page.goto(f"{live.url}/admin/mobile-setup")
    moved, left = page.locator("[data-setup-moved]"), page.locator("[data-setup-left] li")
    expect(moved).to_have_text("0 of 2 moved")
    expect(left).to_have_count(2)
    steps = ((first, "1 of 2 moved", ["iPhone"]), (second, "2 of 2 moved", []), (None, "2 of 3 moved", ["Late"]))
    for device_id, words, names in steps:
        with live_app.app_context():
            if device_id is None:  # the old code lets phones in until the overlap ends
                make_phone(db.session.get(Account, company), name="Late", pairing_generation=1)
            else:
                db.session.get(Device, device_id).pairing_generation = 2
            db.session.commit()
        # An answer on its way when the clock jumps is of before, and sets its timer afterwards: time goes on then.
        for _ in range(5):
            with page.expect_response("**/progress"):
                page.clock.run_for(6000)
            if moved.inner_text() == words:
                break
        expect(moved).to_have_text(words)
        expect(left).to_have_text(names)
