"""Tokens in the browser: two tabs, a lost answer, and the sentences of a phone whose connection was ended."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from portal.accounts.models import Account, Membership
from portal.audit.operations import Actor
from portal.devices import operations
from portal.devices.models import BY_USER, Device, DeviceSession
from portal.enrollment import installation_keys
from portal.extensions import db
from tests.app.conftest import field_app
from tests.app.links import scanned
from tests.app.losing import deliver, hold, lose
from tests.client import PASSWORD
from tests.enrollment.arriving import installation_key
from tests.factories.people import make_account
from tests.servers import wait_until

ADA = Actor(1, "Ada Admin")


def act(app, operation) -> None:
    """Does something to the one phone, as the admin's page does."""
    with app.app_context():
        session = db.session()
        operation(session, session.scalars(db.select(Device)).one(), actor=ADA, now=datetime.now(UTC))
        session.commit()


@pytest.fixture
def joined(field, company):
    """A phone that Ada is signed in on."""
    field.pair(company.join)
    field.heading("Records")
    field.page.get_by_text("Flatbed 12").wait_for()
    return field


def stored(page) -> dict:
    return page.evaluate(
        "async () => ({caches: await caches.keys(), local: localStorage.length, session: sessionStorage.length,"
        " databases: (await indexedDB.databases()).length,"
        " workers: (await navigator.serviceWorker.getRegistrations()).length})"
    )


NOTHING = {"caches": [], "local": 0, "session": 0, "databases": 0, "workers": 0}


def until_emptied(page) -> None:
    """Waits until nothing is kept any more: the app waits 3 seconds for its worker, and a slower one goes later."""
    wait_until(lambda: stored(page) == NOTHING)


def test_no_script_can_read_a_token(joined, phone):
    page = joined.page
    cookies = {cookie["name"]: cookie for cookie in phone.cookies()}
    assert cookies["refresh"]["httpOnly"] and cookies["refresh"]["sameSite"] == "Strict"
    assert cookies["refresh"]["path"] == "/oauth"
    assert page.evaluate("document.cookie") == ""
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])")
    assert "eyJ" not in kept and cookies["refresh"]["value"] not in kept


def test_a_reload_stays_signed_in(joined):
    joined.page.reload()
    joined.heading("Records")
    joined.page.get_by_text("Flatbed 12").wait_for()


def test_two_tabs_refresh_at_once_and_both_go_on(joined, phone):
    tabs = [joined, *(field_app(phone, joined.url) for _ in range(3))]
    for tab in tabs:
        tab.page.goto("about:blank")
    for tab in tabs:
        tab.page.evaluate("(url) => { location.href = url }", f"{joined.url}/app")
    for tab in tabs:
        tab.heading("Records")
        tab.page.get_by_text("Flatbed 12").wait_for()
    for tab in tabs:
        tab.page.reload()
    for tab in tabs:
        tab.page.get_by_text("Flatbed 12").wait_for()


def test_tabs_without_locks_heal_too(joined, phone):
    phone.add_init_script("Object.defineProperty(navigator, 'locks', {value: undefined})")
    tabs = [field_app(phone, joined.url) for _ in range(3)]
    for tab in tabs:
        tab.page.evaluate("(url) => { location.href = url }", f"{joined.url}/app")
    for tab in tabs:
        tab.heading("Records")


def test_a_lost_answer_heals(joined):
    """The portal rotates the token, and its answer never arrives: the next try gets the same successor."""
    page = joined.page
    page.route("**/oauth/token", lose, times=1)
    page.reload()
    joined.heading("No connection")
    joined.press("Try again")
    joined.heading("Records")


# Without its worker: while one takes a page over, what the page sends is not routed to the test.
NO_WORKER = "Object.defineProperty(navigator, 'serviceWorker', {value: undefined})"


def test_a_lost_answer_to_a_sign_in_or_sign_out_costs_no_new_code(field, company, phone):
    phone.add_init_script(NO_WORKER)
    page = field.page
    field.pair(company.pair)
    page.route("**/app/sign-in", lose, times=1)
    field.sign_in("mia@example.com", PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text("No connection")
    field.press("Sign in")
    field.heading("Records")
    page.get_by_role("link", name="This phone").click()
    page.route("**/app/sign-out", lose, times=1)
    field.press("Sign out")
    expect(page.locator("#news")).to_contain_text("No connection")
    page.reload()
    field.heading("Sign in")


def test_nor_does_an_answer_that_nobody_waited_for(field, company, phone):
    """The app is closed while it signs in, and opened again."""
    phone.add_init_script(NO_WORKER)
    field.pair(company.pair)
    field.heading("Sign in")
    waiting = hold(field.page, "**/app/sign-in")
    with field.page.expect_request("**/app/sign-in"):
        field.sign_in("mia@example.com", PASSWORD)
    expect(field.page.get_by_role("button", name="One moment")).to_be_visible()
    deliver(waiting[0])
    field.page.close()
    anew = field_app(phone, field.url)
    anew.open()
    anew.heading("Sign in")


def test_a_phone_without_its_cookies_is_told_what_to_do(joined, phone):
    phone.clear_cookies()
    joined.page.reload()
    joined.heading("Signed out")
    expect(joined.page.get_by_role("alert")).to_contain_text("Ask your admin for a QR code")


def test_whoever_connects_to_another_company_leaves_the_first(joined, live_app):
    page = joined.page
    with live_app.app_context():
        other = make_account("South Yard")
        link = scanned(other, "pair", installation_key(other))

    def ends() -> list[str]:
        with live_app.app_context():
            return list(db.session.scalars(db.select(DeviceSession.end_reason).order_by(DeviceSession.id)))

    page.get_by_role("link", name="This phone").click()
    joined.press("Connect to another company")
    joined.press("Type the code instead")
    expect(page.get_by_text("of an installation code")).to_be_visible()
    joined.scan(link)
    expect(page.get_by_text("When you connect, it leaves North Yard Haulage.")).to_be_visible()
    page.route("**/api/v1/pair", lambda route: route.abort(), times=1)
    joined.press("Connect")
    page.get_by_role("alert").wait_for()
    assert ends() == [""], "the new connection did not work"
    with page.expect_response("**/oauth/revoke"):
        joined.press("Connect")
    joined.heading("Sign in")
    expect(page.get_by_text("South Yard")).to_be_visible()
    assert ends() == [BY_USER, ""]


def test_a_revoked_phone_is_out_at_its_next_request(joined, live_app, phone):
    page = joined.page
    page.evaluate("caches.open('records').then((one) => one.put('/x', new Response('kept')))")
    page.evaluate(
        "new Promise((done) => { indexedDB.open('kept').onsuccess = (e) => { e.target.result.close(); done() } })"
    )
    act(live_app, operations.revoke)
    page.get_by_role("searchbox").fill("flat")
    joined.heading("Signed out")
    expect(page.get_by_role("alert")).to_contain_text("access was revoked")
    expect(page.get_by_role("button", name="Scan QR code")).to_be_visible()
    until_emptied(page)
    assert [cookie for cookie in phone.cookies() if cookie["name"] == "refresh"] == []
    page.go_back()
    expect(page.get_by_text("Flatbed 12")).to_have_count(0)


END_AT_THE_START = """async (memory) => {
    const { clearEverything, keepShell } = await import(memory);
    keepShell();
    const worker = (await navigator.serviceWorker.register("/app/sw.js", { scope: "/app" })).installing;
    await clearEverything({ mayComeBack: false });
    const isOver = () => ["activated", "redundant"].includes(worker.state);
    if (!isOver()) await new Promise((done) => (worker.onstatechange = () => isOver() && done()));
    return worker.state;
}"""


def test_an_end_while_the_worker_still_gathers_its_files_leaves_nothing_behind(live, phone, client):
    page = phone.new_page()
    version = re.search(r'"app-version" content="(\w+)"', client.get("/app").text)[1]
    page.goto(f"{live.url}/app/manifest.webmanifest")  # a page that registers no worker of its own
    assert page.evaluate(END_AT_THE_START, f"/app/shell/{version}/memory.js") == "redundant"
    until_emptied(page)


def test_the_other_tabs_are_out_too_and_say_why(joined, live_app, phone):
    other = field_app(phone, joined.url)
    other.open()
    other.heading("Records")
    act(live_app, operations.revoke)
    joined.page.get_by_role("searchbox").fill("flat")
    joined.heading("Signed out")
    other.heading("Signed out")
    expect(other.page.get_by_role("alert")).to_contain_text("access was revoked")


def test_a_revoked_phone_is_told_when_it_is_opened(joined, live_app):
    joined.page.goto("about:blank")
    act(live_app, operations.revoke)
    joined.open()
    joined.heading("Signed out")
    expect(joined.page.get_by_role("alert")).to_contain_text("access was revoked")
    until_emptied(joined.page)


def test_a_suspended_phone_comes_back_by_itself(joined, live_app):
    act(live_app, operations.suspend)
    joined.page.get_by_role("searchbox").fill("flat")
    joined.heading("Signed out")
    expect(joined.page.get_by_role("alert")).to_contain_text("suspended")
    act(live_app, operations.resume)
    joined.press("Try again")
    joined.heading("Records")


def test_a_suspended_phone_that_scans_again_hears_that_it_is_suspended(field, company, live_app):
    field.pair(company.pair)
    field.heading("Sign in")
    act(live_app, operations.suspend)
    field.page.reload()
    field.heading("Signed out")
    field.pair(company.pair)
    expect(field.page.get_by_role("alert")).to_contain_text("This phone is suspended.")
    act(live_app, operations.resume)
    field.press("Connect")
    field.heading("Sign in")
    field.page.go_back()
    field.page.go_back()  # to where it said that the phone was out
    field.heading("Sign in")


def test_a_removed_person_is_told_whom_to_ask(joined, live_app, company):
    with live_app.app_context():
        db.session.execute(db.delete(Membership).where(Membership.user_id == company.user_id))
        db.session.commit()
    joined.page.get_by_role("searchbox").fill("flat")
    joined.heading("Signed out")
    expect(joined.page.get_by_role("alert")).to_contain_text("locked or was removed")


def test_a_rotated_installation_key_asks_for_the_new_code(field, company, live_app):
    field.pair(company.pair)
    field.heading("Sign in")
    with live_app.app_context():
        own = live_app.extensions["portal"]
        installation_keys.rotate(
            db.session(), own.key_ring, account_id=company.account_id, overlap_hours=0, actor=ADA,
            now=datetime.now(UTC),
        )  # fmt: skip
        db.session.commit()
    field.page.reload()
    field.heading("Signed out")
    expect(field.page.get_by_role("alert")).to_contain_text("new QR code")
    field.scan(company.pair)
    field.heading("This code no longer opens anything")
    expect(field.page.get_by_role("alert")).to_contain_text("new QR code")
    with live_app.app_context():
        account = db.session.get_one(Account, company.account_id)
        new = scanned(account, "pair", installation_key(account))
    field.pair(new)
    field.heading("Sign in")
    with live_app.app_context():
        assert [one.pairing_generation for one in db.session.scalars(db.select(Device))] == [2], "it is the same phone"


def test_signing_out_leaves_the_phone_with_the_company(joined, phone):
    joined.page.get_by_role("link", name="This phone").click()
    joined.press("Sign out")
    joined.heading("Sign in")
    expect(joined.page.get_by_text("North Yard Haulage")).to_be_visible()
    joined.page.go_back()
    expect(joined.page.get_by_text("Flatbed 12")).to_have_count(0)
    joined.sign_in("mia@example.com", PASSWORD)
    joined.heading("Records")


def test_a_sign_in_in_one_tab_opens_the_other(field, company, phone):
    field.pair(company.pair)
    field.heading("Sign in")
    other = field_app(phone, field.url)
    other.open()
    other.sign_in("mia@example.com", PASSWORD)
    other.heading("Records")
    field.heading("Records")
