"""Every screen at 320 pixels, light and dark: axe finds nothing, nothing is cut or low, the focus is at the heading."""

import re
from collections.abc import Iterator

import pytest

from tests.app.conftest import FieldApp, field_app
from tests.client import PASSWORD
from tests.journeys.inspecting import COLOURS, EVERYTHING, axe, low_buttons, misplaced


def screens(field: FieldApp, company) -> Iterator[str]:
    """The way through the app; each screen is ready when its name is given out."""
    page = field.page
    field.open()
    field.heading("Setup")
    yield "setup"
    field.press("Scan QR code")
    page.get_by_text("no camera that the browser can use").first.wait_for()
    yield "scan, no camera"
    field.press("Type the code instead")
    field.press("Continue")
    page.get_by_text("Type the code first.").wait_for()
    yield "typed code, error"
    page.evaluate("location.hash = '#/help'")
    field.heading("Help")
    for summary in page.locator("summary").all():
        summary.click()
    yield "help"
    field.scan(company.foreign.replace("https://qr.elsewhere.example/app#", f"{field.url}/app#"))
    field.heading("This code belongs elsewhere")
    yield "foreign code"
    field.scan(company.pair.replace("v=1", "v=9"))
    field.heading("The app is too old for this code")
    yield "too old"
    field.scan(company.crew)
    page.get_by_label("Name of this phone").wait_for()
    assert re.search(r" 20\d\d,", page.get_by_text("It works until").inner_text()), "in a phone of Thailand it is 2569"
    yield "offer"
    field.press("Connect")
    field.heading("Your account")
    field.press("Make the account")
    page.get_by_text("Type your name.").wait_for()
    yield "new account, errors"
    field.pair(company.pair_mia)
    field.sign_in("mia@example.com", "wrong password")
    page.get_by_role("alert").wait_for()
    yield "sign-in, wrong"
    field.sign_in("mia@example.com", PASSWORD)
    page.get_by_text("Flatbed 12").wait_for()
    yield "records"
    page.get_by_text("Flatbed 12").click()
    field.heading("Flatbed 12")
    yield "record"
    page.get_by_role("link", name="This phone").click()
    field.heading("This phone")
    yield "profile"
    yield from endings(field)


def endings(field: FieldApp) -> Iterator[str]:
    """What a phone says that reaches nobody, or that is let in no more."""
    page = field.page
    page.route("**/oauth/token", lambda route: route.abort())
    page.reload()
    field.heading("No connection")
    yield "no connection"
    for reason, heading in (("revoked", "Signed out"), ("pending_approval", "Waiting for approval")):
        page.evaluate(f"history.replaceState({{reason: '{reason}'}}, '', '/app#/ended')")
        page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")
        field.heading(heading)
        yield reason


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_screen_is_easy_to_read_and_to_press(browser, live, company, scheme):
    context = browser.new_context(
        viewport={"width": 320, "height": 640},
        color_scheme=scheme,
        reduced_motion="reduce",
        service_workers="block",
        locale="th-TH",
    )
    field, wrong = field_app(context, live.url), []
    for name in screens(field, company):
        # To its end: what the bar at the bottom covers until then is no target yet.
        field.page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        found = axe(field.page, EVERYTHING if scheme == "light" else COLOURS)
        if scheme == "light":
            found += misplaced(field.page) + low_buttons(field.page)
        wrong += [f"{name}: {fault}" for fault in found]
    context.close()
    assert not wrong, "\n".join(wrong)


def test_what_gets_the_focus_is_never_behind_the_bar(browser, live, company):
    context = browser.new_context(viewport={"width": 320, "height": 500})
    field = field_app(context, live.url)
    field.pair(company.join)
    field.page.get_by_text("Priya Raman").wait_for()
    bar = field.page.get_by_role("navigation", name="App").bounding_box()["y"]
    for link in field.page.locator(".records a").all():
        link.focus()
        box = link.bounding_box()
        assert box["y"] + box["height"] <= bar
    context.close()


def test_a_new_screen_is_told_to_readers_of_screens(field):
    field.open()
    for press, heading in (("Type the code", "Type the code"), ("Back", "Setup")):
        field.press(press)
        field.heading(heading)
        assert field.page.evaluate("document.activeElement.textContent") == heading
        assert field.page.title() == f"{heading} · QR Portal"
