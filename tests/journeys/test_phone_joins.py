"""Phones join by what an admin's screen shows: its picture is decoded, opened on a phone, and revoked again."""

import io

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.camera import filmed, with_camera, write_video
from tests.client import PASSWORD
from tests.decoding import rasterise, read_png
from tests.factories.people import make_account, make_member
from tests.factories.things import make_record, scan_path
from tests.journeys.pages import download_label, sign_in

pytestmark = pytest.mark.journey


@pytest.fixture
def sticker(live_app) -> str:
    """The path of a truck's sticker, in a company with an admin and a technician."""
    with live_app.app_context():
        account = make_account("North Yard Haulage")
        make_member(account)
        make_member(account, "tom@example.com", name="Tom Technician", role="member")
        owner = make_record(account, "contact", "Olga Ostrowska", email="olga@example.com", phone="+12025550123")
        return scan_path(make_record(account, "vehicle", "Flatbed 12", owner_id=owner.id))


def decode(symbol: Locator) -> str:
    """What a phone's camera reads off the admin's screen."""
    expect(symbol).to_be_visible()
    [text] = read_png(symbol.screenshot())
    return text


def connect(phone: BrowserContext, link: str) -> Page:
    """Opens the scanned link as the system camera does, and agrees."""
    app = phone.new_page()
    app.goto(link)
    expect(app.get_by_role("heading", name="Connect to North Yard Haulage?")).to_be_visible()
    assert "#" not in app.url or "t=" not in app.url, "the secret has left the address bar"
    app.get_by_label("Name of this phone").fill("Field phone 7")
    app.get_by_role("button", name="Connect", exact=True).click()
    return app


def find_truck(app: Page) -> None:
    app.get_by_role("searchbox").fill("flatbed")
    app.get_by_role("link", name="Flatbed 12").click()
    expect(app.get_by_role("heading", name="Flatbed 12")).to_be_visible()
    assert app.get_by_role("link", name="Call Olga Ostrowska").first.get_attribute("href") == "tel:+12025550123"


def revoke(admin: Page, url: str) -> None:
    """Finds the phone in the list and takes its access away."""
    admin.goto(f"{url}/admin/devices")
    line = admin.get_by_role("row").filter(has_text="Field phone 7")
    expect(line).to_be_visible()
    line.get_by_role("link", name="Revoke Access").click()
    admin.get_by_role("button", name="Revoke Access").click()
    expect(admin.locator(".toast-success")).to_be_visible()


def is_out(app: Page) -> None:
    """The phone's next request signs it out, with a sentence that says what to do."""
    app.get_by_role("link", name="Back").or_(app.get_by_role("button", name="Back")).first.click()
    expect(app.get_by_text("This phone’s access was revoked.")).to_be_visible()
    assert app.evaluate("caches.keys().then((names) => Promise.all(names.map((name) => caches.open(name)"
                        ".then((cache) => cache.keys()))).then((all) => all.flat().map((one) => one.url)"
                        ".filter((address) => address.includes('/api/'))))") == []  # fmt: skip


def test_a_technician_joins_by_the_pairing_code_and_is_revoked(sticker, live, desktop, phone):
    admin = desktop.new_page()
    sign_in(admin, live.url, "ada@example.com")
    admin.goto(f"{live.url}/admin/mobile-setup")
    create = admin.get_by_role("button", name="Create the pairing QR code")
    if create.is_visible():
        create.click()
    admin.get_by_label("Pre-fill username").fill("tom@example.com")
    expect(admin.get_by_text("This code fills in tom@example.com.")).to_be_visible()
    app = connect(phone, decode(admin.locator("[data-setup-image]")))

    expect(app.get_by_role("heading", name="Sign in")).to_be_visible()
    assert app.get_by_label("E-mail or sign-in name").input_value() == "tom@example.com"
    assert phone.new_page().goto(live.url + sticker).status == 200
    expect(phone.pages[-1].locator("[name=passcode]")).to_be_visible()
    app.get_by_label("Password", exact=True).fill(PASSWORD)
    app.get_by_role("button", name="Sign in", exact=True).click()
    find_truck(app)

    camera = phone.new_page()
    camera.goto(live.url + sticker)
    expect(camera.get_by_role("heading", name="Flatbed 12")).to_be_visible()

    revoke(admin, live.url)
    is_out(app)
    camera.reload()
    expect(camera.locator("[name=passcode]")).to_be_visible()


def test_an_admin_joins_by_the_one_time_code_and_sees_the_tick(sticker, live, desktop, phone):
    admin = desktop.new_page()
    sign_in(admin, live.url, "ada@example.com")
    admin.goto(f"{live.url}/admin/mobile-app")
    admin.get_by_role("button", name="Generate QR Code").click()
    show = admin.get_by_role("button", name="Show", exact=True)
    if show.is_visible():
        show.click()
    link = decode(admin.locator(".offer-qr"))
    app = connect(phone, link)
    find_truck(app)
    expect(admin.get_by_text("Field phone 7 joined")).to_be_visible()

    second = phone.new_page()
    second.goto("about:blank")
    second.goto(link)
    expect(second.get_by_text("expired or already used, generate a new one").first).to_be_visible()
    second.close()

    admin.get_by_role("button", name="Undo").click()
    expect(admin.get_by_text("The phone that used it was signed out again.")).to_be_visible()
    is_out(app)


def test_the_camera_reads_the_admins_screen_and_then_a_printed_label(sticker, live, desktop, browser, tmp_path):
    """All by the phone's own camera: it films the screen, pairs, signs in, films the label's paper, shows the truck."""
    admin, video = desktop.new_page(), tmp_path / "camera.y4m"
    sign_in(admin, live.url, "ada@example.com")
    admin.goto(f"{live.url}/admin/mobile-setup")
    symbol = admin.locator("[data-setup-image]")
    create = admin.get_by_role("button", name="Create the pairing QR code")
    if create.is_visible():
        create.click()
    expect(symbol).to_be_visible()
    with Image.open(io.BytesIO(symbol.screenshot())) as screen:
        write_video(video, filmed(screen))
    own = with_camera(browser, video)
    try:
        app = own.new_context(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True).new_page()
        app.goto(f"{live.url}/app")
        app.get_by_role("button", name="Scan QR code").click()
        app.get_by_label("Name of this phone").fill("Field phone 7")
        app.get_by_role("button", name="Connect", exact=True).click()
        app.get_by_label("E-mail or sign-in name").fill("tom@example.com")
        app.get_by_label("Password", exact=True).fill(PASSWORD)
        app.get_by_role("button", name="Sign in", exact=True).click()
        expect(app.get_by_role("heading", name="Records")).to_be_visible()

        admin.goto(f"{live.url}/admin/records?kind=vehicle")
        admin.get_by_role("link", name="Flatbed 12").click()
        [paper, *_] = rasterise(download_label(admin))
        write_video(video, filmed(paper, tilt=-14))
        app.get_by_role("link", name="Scan a sticker").click()
        expect(app.get_by_role("heading", name="Flatbed 12")).to_be_visible()
        assert app.get_by_role("link", name="Call Olga Ostrowska").get_attribute("href") == "tel:+12025550123"

        revoke(admin, live.url)
        is_out(app)
    finally:
        own.close()
