"""What a person does on the pages, in a real browser."""

from pathlib import Path

from playwright.sync_api import Page

from tests.client import PASSWORD


def sign_in(page: Page, url: str, email: str) -> None:
    page.goto(f"{url}/sign-in")
    page.locator("[name=email]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/admin/**")


def create(page: Page, url: str, kind: str, fields: dict[str, str], owner: str = "") -> None:
    """Fills the form of a new record by its columns, and saves."""
    page.goto(f"{url}/admin/records/new?kind={kind}")
    for column, value in fields.items():
        page.locator(f"[name={column}]").fill(value)
    if owner:
        box = page.get_by_role("combobox", name="Owner")
        box.click()
        box.press_sequentially(owner[:6])
        page.get_by_role("option", name=owner).click()
    page.locator(".save-bar").get_by_role("button").first.click()
    page.get_by_role("heading", name=fields["name"], level=1).wait_for()


def save_settings(page: Page) -> None:
    page.locator(".save-bar").get_by_role("button", name="Update").click()
    page.locator(".toast-success", has_text="were updated").wait_for()


def download_label(page: Page) -> bytes:
    """Opens the record's actions menu, its QR Code, and downloads the label as PDF."""
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("link", name="QR Code").click()
    dialog = page.get_by_role("dialog")
    with page.expect_download() as download:
        dialog.get_by_role("link", name="PDF").click()
    content = Path(download.value.path()).read_bytes()
    dialog.get_by_role("button", name="Close").click()
    # Closing steps back in the history, which ends a navigation that comes too soon.
    page.evaluate("new Promise((done) => (function look() { history.state?.dialog ? setTimeout(look, 5) : done() })())")
    return content
