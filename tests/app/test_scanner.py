"""Reading codes: a camera that shows a real label, a photo, and the phones that have or give no camera."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Request, expect

from portal.stickers.drawing import png
from portal.stickers.symbols import symbol_for, variable_symbol
from tests.app.conftest import FieldApp, field_app
from tests.camera import HEIGHT, WIDTH, with_camera, write_video
from tests.client import PASSWORD
from tests.conftest import CHROMIUM_FLAGS
from tests.factories.people import make_account
from tests.factories.things import make_record, scan_path


def symbol_picture(text: str, side: int = 400) -> Image.Image:
    """A QR code as the portal draws it, in the middle of a camera's picture of a grey wall."""
    symbol = symbol_for(text) if "/Q/" in text else variable_symbol(text, "M")
    with Image.open(io.BytesIO(png(symbol))) as drawn:
        label = drawn.convert("L").resize((side, side))
    wall = Image.new("L", (WIDTH, HEIGHT), 150)
    wall.paste(label, ((WIDTH - side) // 2, (HEIGHT - side) // 2))
    return wall


def jpeg(picture: Image.Image) -> dict:
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


@pytest.fixture
def filming(browser: Browser, live, company, tmp_path: Path) -> Iterator[FieldApp]:
    """A phone whose camera sees what stands in camera.y4m when the camera starts: first the pairing code."""
    write_video(tmp_path / "camera.y4m", symbol_picture(company.pair_mia))
    own = with_camera(browser, tmp_path / "camera.y4m")
    context = own.new_context(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    yield field_app(context, live.url)
    own.close()


def test_the_camera_pairs_the_phone_and_then_reads_a_sticker(filming, company, tmp_path):
    """This Chromium has no reader of its own, so frames go to the portal: at most two a second."""
    frames: list[Request] = []
    filming.page.on("request", lambda one: frames.append(one) if one.url.endswith("/app/decode") else None)
    filming.open()
    filming.press("Scan QR code")
    filming.heading("Connect to North Yard Haulage?")
    assert frames and all(one.headers["content-type"] == "image/jpeg" for one in frames)
    filming.press("Connect")
    filming.sign_in("mia@example.com", PASSWORD)
    filming.heading("Records")
    write_video(tmp_path / "camera.y4m", symbol_picture(f"{filming.url.upper()}{company.sticker}"))
    filming.page.get_by_role("link", name="Scan a sticker").click()
    filming.heading("Flatbed 12")
    expect(filming.page.get_by_role("link", name="Call Olga Ostrowska")).to_be_visible()
    assert filming.page.evaluate("document.querySelector('video')") is None, "the camera is given back"


FRAMES = """() => [performance.now(),
    performance.getEntriesByType("resource").filter((one) => one.name.endsWith("/app/decode")).length]"""


def test_frames_leave_at_most_twice_a_second_and_stop_with_the_screen(filming, company, tmp_path):
    write_video(tmp_path / "camera.y4m", Image.new("L", (WIDTH, HEIGHT), 150))
    filming.open()
    filming.page.route("**/app/decode", lambda route: route.abort())
    filming.press("Scan QR code")
    status = filming.page.locator(".status")
    expect(status).to_contain_text("No connection, so nothing can be read now.")
    filming.page.unroute("**/app/decode")
    weary = {"status": 429, "headers": {"Retry-After": "3"}, "body": "{}"}
    filming.page.route("**/app/decode", lambda route: route.fulfill(**weary), times=1)
    expect(status).to_contain_text("goes on by itself in 3 seconds")
    expect(status).not_to_contain_text("by itself")  # as soon as it does
    began, before = filming.page.evaluate(FRAMES)
    expect(filming.page.get_by_text("Nothing read yet")).to_be_visible()
    ended, after = filming.page.evaluate(FRAMES)
    sent = len([one for one in filming.posts if one.endswith("/app/decode")])
    assert sent > 2 and after - before <= (ended - began) / 500 + 1, "more than two frames a second"
    filming.page.get_by_role("button", name="Back").click()
    filming.heading("Setup")
    with filming.page.expect_response("**/app/manifest.webmanifest"):
        filming.page.evaluate("fetch('/app/manifest.webmanifest', {cache: 'no-store'})")
    settled = len([one for one in filming.posts if one.endswith("/app/decode")])
    assert settled <= sent + 2


def test_a_reader_of_the_browsers_own_is_asked_first(field, company, phone):
    """Phones have one; here a stand-in for it proves that nothing is sent then."""
    phone.add_init_script(
        "window.BarcodeDetector = class { static getSupportedFormats() { return Promise.resolve(['qr_code']) }"
        f" detect() {{ return Promise.resolve([{{rawValue: {company.pair!r}}}]) }} }}"
    )
    field.open()
    field.press("Scan QR code")
    field.page.locator("input[type=file]").set_input_files(jpeg(symbol_picture("nothing of ours")))
    field.heading("Connect to North Yard Haulage?")
    assert not [one for one in field.posts if one.endswith("/decode")]


def test_a_browser_that_reads_codes_itself_sends_no_frame(filming, tmp_path):
    """Its camera sees a wall for two seconds; the stand-in for its reader counts how often it is asked."""
    write_video(tmp_path / "camera.y4m", Image.new("L", (WIDTH, HEIGHT), 150))
    filming.page.add_init_script(
        "window.looked = 0; window.BarcodeDetector = class {"
        " static getSupportedFormats() { return Promise.resolve(['qr_code']) }"
        " detect() { looked += 1; return Promise.resolve([]) } }"
    )
    filming.open()
    filming.press("Scan QR code")
    filming.page.wait_for_function("() => looked > 12")
    assert not [one for one in filming.posts if one.endswith("/decode")]


def test_a_reader_that_fails_is_replaced_by_the_portal(filming):
    """Phones without the vendor's services have the class and nothing behind it."""
    filming.page.add_init_script(
        "window.BarcodeDetector = class { static getSupportedFormats() { return Promise.resolve(['qr_code']) }"
        " detect() { return Promise.reject(new DOMException('no service', 'NotSupportedError')) } }"
    )
    filming.open()
    filming.press("Scan QR code")
    filming.heading("Connect to North Yard Haulage?")


def test_a_camera_that_the_phone_takes_back_can_be_started_again(filming, tmp_path):
    write_video(tmp_path / "camera.y4m", Image.new("L", (WIDTH, HEIGHT), 150))
    filming.open()
    filming.press("Scan QR code")
    filming.page.get_by_text("Point the camera").wait_for()
    filming.page.evaluate("document.querySelector('video').srcObject.getTracks()[0].dispatchEvent(new Event('ended'))")
    expect(filming.page.get_by_text("in use by another app").first).to_be_visible()
    filming.press("Try the camera again")
    expect(filming.page.get_by_text("Point the camera")).to_be_visible()
    expect(filming.page.locator("video")).to_be_visible()


def test_a_busy_camera_is_explained(field, phone):
    phone.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('busy', 'NotReadableError'))"
    )
    field.open()
    field.press("Scan QR code")
    expect(field.page.get_by_text("in use by another app").first).to_be_visible()
    expect(field.page.get_by_role("button", name="Try the camera again")).to_be_visible()


def test_a_sticker_of_another_company_is_asked_about_once(filming, company, live_app, tmp_path):
    """The camera goes on looking at it; the portal hears of it once, and the sentence stays."""
    with live_app.app_context():
        theirs = scan_path(make_record(make_account("South Yard", passcode="7391"), "vehicle", "Other truck"))
    filming.pair(company.join)
    filming.heading("Records")
    write_video(tmp_path / "camera.y4m", symbol_picture(f"{filming.url.upper()}{theirs}"))
    filming.page.get_by_role("link", name="Scan a sticker").click()
    expect(filming.page.locator(".status")).to_have_text(re.compile("company"))
    for _ in range(3):
        with filming.page.expect_request("**/app/decode"):
            pass
    assert filming.posts.count("/api/v1/app/scan") == 1
    filming.page.evaluate("location.hash = '#/connect-anew'")
    expect(filming.page.locator(".status")).to_contain_text("connects no phone")
    expect(filming.page.get_by_text("Other truck")).to_have_count(0)


def test_a_photo_is_read_where_there_is_no_camera(field, company):
    field.open()
    field.press("Scan QR code")
    expect(field.page.get_by_text("no camera that the browser can use").first).to_be_visible()
    photo = field.page.locator("input[type=file]")
    assert photo.get_attribute("capture") == "environment"
    photo.set_input_files(jpeg(Image.new("L", (WIDTH, HEIGHT), 150)))
    expect(field.page.get_by_text("no QR code to read in this photo")).to_be_visible()
    photo.set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    expect(field.page.get_by_text("This picture cannot be read")).to_be_visible()
    photo.set_input_files(jpeg(symbol_picture("https://example.com/menu")))
    expect(field.page.get_by_text("none of the portal")).to_be_visible()
    photo.set_input_files(jpeg(symbol_picture(f"{field.url.upper()}{company.sticker}")))
    expect(field.page.get_by_text("This is a sticker.")).to_be_visible()
    photo.set_input_files(jpeg(symbol_picture(company.foreign)))
    field.heading("This code belongs elsewhere")
    assert not [one for one in field.posts if "/enroll/" in one]
    field.press("Scan another code")
    field.page.locator("input[type=file]").set_input_files(jpeg(symbol_picture(company.pair)))
    field.heading("Connect to North Yard Haulage?")


def test_a_refused_camera_is_explained(browser, live, company, tmp_path):
    write_video(tmp_path / "camera.y4m", symbol_picture(company.pair))
    own = with_camera(browser, tmp_path / "camera.y4m", "--deny-permission-prompts")
    try:
        context: BrowserContext = own.new_context()
        context.add_init_script(
            "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'))"
        )
        field = field_app(context, live.url)
        field.open()
        field.press("Scan QR code")
        expect(field.page.get_by_text("The camera is not allowed.").first).to_be_visible()
        expect(field.page.get_by_text("allow the camera for this page")).to_be_visible()
        expect(field.page.get_by_role("button", name="Type the code instead")).to_be_visible()
    finally:
        own.close()


def test_without_https_it_says_why_there_is_no_camera(browser, live, company):
    own = browser.browser_type.launch(
        executable_path="/usr/bin/chromium",
        args=[*CHROMIUM_FLAGS, "--host-resolver-rules=MAP yard.example 127.0.0.1"],
    )
    try:
        field = field_app(own.new_context(), f"http://yard.example:{live.port}")
        field.open()
        expect(field.page.get_by_text("opened without https")).to_be_visible()
        field.press("Scan QR code")
        expect(field.page.get_by_text("browsers give the camera only to https pages").first).to_be_visible()
        photo = field.page.locator("input[type=file]")
        photo.set_input_files(jpeg(symbol_picture(company.pair)))
        field.heading("This code belongs elsewhere")  # the portal's own address is another one
    finally:
        own.close()
