"""Every page of the product in a browser in turn, with the states that only a click or a wrong word brings."""

from collections.abc import Callable, Iterator

from playwright.sync_api import BrowserContext, Page

from tests.factories.people import PASSCODE
from tests.journeys.company import Company
from tests.journeys.pages import sign_in

Act = Callable[[Page], None]


def _send(selector: str) -> Act:
    return lambda page: page.locator(selector).first.click()


def _fill(field: str, text: str, button: str) -> Act:
    def act(page: Page) -> None:
        page.locator(f"[name={field}]").fill(text)
        page.locator(button).first.click()

    return act


def _open_menu(page: Page) -> None:
    page.get_by_role("button", name="Actions").click()


def _open_dialog(page: Page) -> None:
    _open_menu(page)
    page.get_by_role("link", name="QR Code").click()
    page.get_by_role("dialog").wait_for()


def _choose_all(page: Page) -> None:
    page.get_by_role("checkbox", name="Select all on this page").check()


def _archive_all(page: Page) -> None:
    _choose_all(page)
    page.get_by_role("button", name="Archive").click()
    page.get_by_role("heading", name="Archive").wait_for()


def _cover(page: Page) -> None:
    page.locator(".offer-qr").wait_for()
    page.evaluate("dispatchEvent(new Event('blur'))")


def _open_picker(page: Page) -> None:
    page.get_by_role("combobox", name="Owner").click()
    page.locator(".combobox-list [role=option]").first.wait_for()


def _open_filters(page: Page) -> None:
    page.locator("summary", has_text="Filters").click()


def _unfold(page: Page) -> None:
    for summary in page.locator(".panel > details > summary").all():
        summary.click()


def _offline(page: Page) -> None:
    page.context.set_offline(True)
    page.locator(".lost").wait_for()
    page.context.set_offline(False)


# A page by its name, what is done there, and what has appeared then.
ADMIN_ACTS: tuple[tuple[str, str, Act, str], ...] = (
    ("mobile setup", "help", _unfold, ".panel > details[open]"),
    (
        "mobile setup",
        "nobody to send to",
        _fill("recipient", "who@example.com", "#send .btn-success"),
        ".errors-summary",
    ),
    ("mobile app", "a code", _send("#qr .btn-success"), ".offer-qr"),
    ("mobile app", "a covered code", _cover, ".offer-secret[data-covered]"),
    ("mobile app", "renaming", _send(".device-rename-fold > summary"), ".device-rename-fold[open]"),
    ("codes", "a pop-up", _send("[data-dialog]"), "dialog .qr-title"),
    ("codes", "a selected row", _send("[name=chosen]"), "[data-needs-choice]:enabled"),
    ("new code", "errors", _send(".save-bar .btn-success"), ".errors-summary"),
    ("new token", "a token", _fill("description", "Fleet", ".save-bar .btn-success"), ".code-made"),
    ("add device", "errors", _send(".save-bar .btn-success"), ".errors-summary"),
    ("devices", "chosen rows", _choose_all, "[data-bulk-bar]"),
    ("devices", "addresses refused", _fill("days", "999", "#addresses .btn-success"), ".field-error"),
    ("vehicle", "its menu", _open_menu, ".menu-panel:popover-open"),
    ("vehicle", "its QR dialog", _open_dialog, "dialog .qr-image"),
    ("list of vehicle", "chosen rows", _choose_all, "[data-bulk-bar]"),
    ("list of vehicle", "archive what is chosen", _archive_all, ".confirm"),
    ("list of vehicle", "filters", _open_filters, ".filters[open]"),
    ("new vehicle", "a picker", _open_picker, ".combobox-list"),
    ("new vehicle", "no connection", _offline, ".save-bar"),
    ("new vehicle", "errors", _fill("vin", "x" * 31, ".save-bar .btn-success"), ".errors-summary"),
    ("edit", "errors", _fill("name", "", ".save-bar .btn-success"), ".errors-summary"),
    ("edit", "saved", _send(".save-bar .btn-success"), ".toast-success"),
    ("new expiration", "errors", _send(".save-bar .btn-success"), ".errors-summary"),
    ("QR portal", "errors", _fill("passcode", "1111", ".save-bar .btn-success"), ".errors-summary"),
    ("QR portal", "a rotation", _send("button[value=passphrase]"), ".note-danger"),
    ("QR portal", "help", _unfold, ".panel > details[open]"),
    ("company", "errors", _fill("contact_phone", "1", ".save-bar .btn-success"), ".errors-summary"),
    ("people", "a new link", _fill("email", "zoe@example.com", ".panel .btn-success"), ".copyable"),
    ("labels", "errors", _fill("copies", "0", ".btn-success"), ".errors-summary"),
)


def admin_pages(context: BrowserContext, url: str, company: Company) -> Iterator[tuple[str, Page]]:
    """Signed-in pages by name. Each stands ready when it is given out."""
    page = context.new_page()
    sign_in(page, url, company.email)
    for name, path in company.admin.items():
        answer = page.goto(url + path)
        assert answer.status == 200, (name, answer.status)
        yield name, page
    for name, doing, act, appears in ADMIN_ACTS:
        page.goto(url + company.admin[name])
        act(page)
        page.locator(appears).first.wait_for()
        yield f"{name}: {doing}", page
    page.goto(url + "/admin/nowhere")
    yield "signed in, nothing here", page
    page.close(run_before_unload=False)


def member_pages(context: BrowserContext, url: str) -> Iterator[tuple[str, Page]]:
    """What somebody with few rights meets."""
    page = context.new_page()
    sign_in(page, url, "mia@example.com")
    for name, path in {"member's overview": "/admin/", "not allowed": "/admin/settings/qr-portal"}.items():
        page.goto(url + path)
        yield name, page


def closed_pages(context: BrowserContext, url: str, company: Company) -> Iterator[tuple[str, Page]]:
    """Pages of anybody: nothing is signed in, no passcode is known."""
    page = context.new_page()
    for name, path in company.closed.items():
        page.goto(url + path)
        yield name, page
    page.goto(f"{url}/sign-in")
    page.locator("[name=email]").fill("nobody@example.com")
    page.locator("[name=password]").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.locator(".note-danger").wait_for()
    yield "sign in, wrong", page


def public_pages(context: BrowserContext, url: str, company: Company) -> Iterator[tuple[str, Page]]:
    """The way through a gate, its refusals, and the pages behind it."""
    page = context.new_page()
    gate = url + company.public["record with everything"]
    page.goto(gate)
    yield "gate", page
    page.locator("[name=passcode]").fill("5000")
    page.locator("[name=passcode]").press("Enter")
    page.get_by_role("alert").wait_for()
    yield "gate, wrong passcode", page
    page.locator("[name=passcode]").fill(PASSCODE)
    page.locator("[name=passcode]").press("Enter")
    page.locator("main.record").wait_for()
    for name, path in company.public.items():
        page.goto(url + path)
        yield name, page


def throttled_page(context: BrowserContext, url: str, company: Company) -> Page:
    """A gate that has had enough."""
    page = context.new_page()
    page.goto(url + company.public["record with nothing"])
    while page.locator("[data-wait]").count() == 0:
        page.locator("[name=passcode]").fill("5000")
        with page.expect_navigation():
            page.locator("[name=passcode]").press("Enter")
    return page
