"""axe finds nothing and the browser complains of nothing, on every page, by day, by night and on a phone."""

import pytest

from portal.accounts.operations import make_setup_token
from portal.extensions import db
from portal.lib.clock import utc_now
from tests.factories.people import make_account, make_member
from tests.journeys.company import furnish
from tests.journeys.inspecting import COLOURS, EVERYTHING, SIZES, Complaints, axe
from tests.journeys.pages import sign_in
from tests.journeys.tour import admin_pages, closed_pages, member_pages, public_pages, throttled_page

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}

FOR_PROGRAMS = ("api.", "oauth.")  # audiences that answer with documents: tests/api walks all their doors


@pytest.fixture
def inspect(browser):
    """A context and a function that gathers what is wrong with the page of a name: in both schemes, in both sizes."""
    context = browser.new_context(viewport=DESKTOP, reduced_motion="reduce")
    complaints = Complaints(context)
    wrong = []

    def look(name, page):
        wrong.extend(f"{name}, desktop: {found}" for found in axe(page, EVERYTHING))
        page.emulate_media(color_scheme="dark")
        wrong.extend(f"{name}, dark: {found}" for found in axe(page, COLOURS))
        page.set_viewport_size(PHONE)
        wrong.extend(f"{name}, phone: {found}" for found in axe(page, SIZES))
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(DESKTOP)
        wrong.extend(f"{name}: {fault}" for fault in complaints.take())

    look.context, look.wrong = context, wrong
    yield look
    context.close()


# Doors that answer with files or values, not with a page.
NOT_PAGES = {
    "admin.audit.export",
    "admin.company.logo",
    "admin.installation_codes.chosen",
    "admin.labels.run_pdf",
    "admin.messages.photo",
    "admin.labels.run_progress",
    "admin.provisioning.chosen",
    "admin.provisioning.config",
    "admin.records.choices",
    "admin.records.photo",
    "admin.scans.export",
    "admin.stickers.pdf",
    "admin.stickers.png",
    "admin.stickers.svg",
    "admin.transfer.export",
    "admin.transfer.import_progress",
    "admin.transfer.import_template",
    "app.app.file",
    "app.app.icon_file",
    "app.app.logo",
    "app.app.manifest",
    "app.app.worker",
    "bootstrap.static",
    "ops.health.healthz",
    "ops.health.readyz",
    "public.calendar_feed.show",
    "public.gate.contact_card",
    "public.gate.logo",
    "public.gate.photo",
    "static",
}
# Pages behind an address that only a flow gives: their own browser tests look at them.
REACHED_BY_A_FLOW = {
    "admin.outgoing.mail",
    "app.app.show",
    "public.crew.show",
    "public.reminders.show",
    "sign_in.sessions.second_step",
}


def test_the_tour_leaves_no_page_out(live_app):
    company = furnish(live_app)
    doors = live_app.url_map.bind("portal")
    paths = {**company.admin, **company.public, **company.closed, "setup": "/setup"}.values()
    seen = {doors.match(path.partition("?")[0])[0] for path in paths if path != company.closed["nothing here"]}
    every = {rule.endpoint for rule in live_app.url_map.iter_rules() if "GET" in rule.methods}
    every = {endpoint for endpoint in every if not endpoint.startswith(FOR_PROGRAMS)}
    assert every - seen == NOT_PAGES | REACHED_BY_A_FLOW


def test_signed_in_pages(live, live_app, inspect):
    company = furnish(live_app)
    for name, page in admin_pages(inspect.context, live.url, company):
        inspect(name, page)
    assert not inspect.wrong, "\n".join(inspect.wrong)


def test_pages_of_anybody_of_visitors_and_of_members(live, live_app, inspect):
    with live_app.app_context():
        make_setup_token(db.session(), utc_now())
        db.session.commit()
    page = inspect.context.new_page()
    page.goto(f"{live.url}/setup#token=abc")
    inspect("setup", page)
    company = furnish(live_app)
    for name, page in closed_pages(inspect.context, live.url, company):
        inspect(name, page)
    for name, page in public_pages(inspect.context, live.url, company):
        inspect(name, page)
    for name, page in member_pages(inspect.context, live.url):
        inspect(name, page)
    inspect.context.clear_cookies()
    inspect("throttled", throttled_page(inspect.context, live.url, company))
    assert not inspect.wrong, "\n".join(inspect.wrong)


def test_pages_of_a_company_that_has_nothing_yet(live, live_app, inspect):
    with live_app.app_context():
        make_member(make_account(passcode=""))
    page = inspect.context.new_page()
    sign_in(page, live.url, "ada@example.com")
    for part in ("", "records", "records?kind=vehicle", "labels", "settings/qr-portal", "import"):
        path = f"/admin/{part}"
        page.goto(live.url + path)
        inspect(path, page)
    assert not inspect.wrong, "\n".join(inspect.wrong)
