"""At 320 pixels, with the longest words and in other scripts: nothing leaves the window, nothing is cut, thumbs hit."""

import pytest

from tests.journeys.company import LONG, furnish
from tests.journeys.inspecting import Complaints, low_buttons, misplaced
from tests.journeys.tour import admin_pages, closed_pages, public_pages


@pytest.fixture
def narrow(browser):
    """A phone of the smallest width that WCAG (1.4.10) asks for."""
    context = browser.new_context(viewport={"width": 320, "height": 640}, reduced_motion="reduce")
    yield context
    context.close()


def test_no_page_is_wider_than_a_small_phone(live, live_app, narrow):
    company = furnish(live_app, LONG)
    complaints, wrong = Complaints(narrow), []
    for tour in (closed_pages, public_pages):
        for name, page in tour(narrow, live.url, company):
            wrong += [f"{name}: {fault}" for fault in (*misplaced(page), *low_buttons(page), *complaints.take())]
    for name, page in admin_pages(narrow, live.url, company):
        wrong += [f"{name}: {fault}" for fault in (*misplaced(page), *complaints.take())]
    page = narrow.pages[0]
    page.goto(f"{live.url}/admin/")
    page.get_by_role("button", name="Menu").click()
    page.locator("#sidebar:popover-open").wait_for()
    wrong += [f"drawer: {fault}" for fault in misplaced(page)]
    assert not wrong, "\n".join(wrong)
