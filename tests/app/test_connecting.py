"""The ways in, by the links that a phone's camera opens and by typed codes; and what is refused in place."""

import re
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import expect

from portal.accounts.models import Account
from portal.devices.models import Device
from portal.extensions import db
from tests.app.losing import hold
from tests.client import PASSWORD
from tests.enrollment.arriving import onboarding
from tests.factories.people import make_account, make_member
from tests.journeys.inspecting import misplaced


def devices(app) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(db.select(Device.name)))


def test_the_installation_code_pairs_and_the_person_signs_in(field, company, live_app):
    field.scan(company.pair_mia)
    field.heading("Connect to North Yard Haulage?")
    expect(field.page.get_by_text(field.url.removeprefix("http://"), exact=True)).to_be_visible()
    expect(field.page.get_by_text("mia@example.com")).to_be_visible()
    assert field.page.url == f"{field.url}/app#/connect", "the secret is in no address"
    assert devices(live_app) == [], "looking uses nothing up"
    field.page.get_by_label("Name of this phone").fill("Mia's phone")
    field.press("Connect")
    field.heading("Sign in")
    assert devices(live_app) == ["Mia's phone"]
    expect(field.page.get_by_label("E-mail or sign-in name")).to_have_value("mia@example.com")
    field.page.reload()
    field.heading("Sign in")
    expect(field.page.get_by_label("E-mail or sign-in name")).to_have_value("mia@example.com")
    expect(field.page.get_by_label("Password", exact=True)).to_be_focused()
    field.sign_in("mia@example.com", PASSWORD)
    field.heading("Records")
    expect(field.page.get_by_role("link", name=re.compile("Flatbed 12"))).to_be_visible()


def test_a_paired_phone_alone_shows_nothing_but_the_sign_in(field, company):
    field.pair(company.pair)
    field.heading("Sign in")
    expect(field.page.get_by_label("E-mail or sign-in name")).to_have_value("")
    for route in ("records", f"record/{company.truck}", "profile"):
        field.page.evaluate(f"location.hash = '#/{route}'")
        field.heading("Sign in")


def test_a_wrong_password_and_another_company_are_said(field, company, live_app):
    with live_app.app_context():
        make_member(make_account("Elsewhere"), "zoe@example.com")
    field.pair(company.pair)
    field.sign_in("mia@example.com", "not my password")
    expect(field.page.get_by_role("alert")).to_contain_text("E-mail or password is wrong")
    field.sign_in("zoe@example.com", PASSWORD)
    expect(field.page.get_by_role("alert")).to_contain_text("generate a new one")
    field.sign_in("mia@example.com", PASSWORD)
    field.heading("Records")


def test_the_one_time_code_signs_in_at_once_and_only_once(field, company, phone):
    field.pair(company.join)
    field.heading("Records")
    field.page.get_by_role("link", name="This phone").click()
    expect(field.page.get_by_text("Ada Admin")).to_be_visible()
    field.scan(company.join)
    field.heading("This code no longer opens anything")
    expect(field.page.get_by_role("alert")).to_have_text("This QR code is expired or already used, generate a new one.")


def test_an_installation_code_makes_an_account_without_an_email(field, company, live_app):
    field.pair(company.crew)
    field.heading("Your account")
    expect(field.page.get_by_text("crew-", exact=False)).to_be_visible()
    expect(field.page.get_by_label("E-mail")).to_have_count(0)
    field.press("Make the account")
    expect(field.page.get_by_text("Type your name.")).to_be_visible()
    expect(field.page.get_by_label("Your name")).to_be_focused()
    field.page.get_by_label("Your name").fill("Carl Crew")
    field.page.get_by_label("Password", exact=True).fill("short")
    field.press("Make the account")
    expect(field.page.get_by_label("Password", exact=True)).to_have_attribute("aria-invalid", "true")
    assert devices(live_app) == [], "a refused password uses nothing up"
    field.page.get_by_label("Password", exact=True).fill("grey river under seven bridges")
    field.press("Make the account")
    field.heading("Records")
    expect(field.page.get_by_role("status").filter(has_text="crew-001")).to_be_visible()
    field.page.get_by_role("link", name="This phone").click()
    expect(field.page.get_by_text("crew-001").last).to_be_visible()


def test_a_code_with_a_shared_account_connects(field, company, live_app):
    field.pair(company.shared)
    field.page.get_by_role("heading", name=re.compile("Records|Sign in"), level=1).wait_for()
    assert len(devices(live_app)) == 1


def test_a_fleet_token_pairs(field, company):
    field.pair(company.fleet)
    field.page.get_by_role("heading", name=re.compile("Records|Sign in"), level=1).wait_for()


@pytest.mark.parametrize("which", ["join_code", "crew_code"])
def test_a_typed_code_opens_the_same_offer(field, company, which):
    field.open()
    field.press("Type the code")
    code = vars(company)[which]
    field.page.get_by_label("Code").fill("BCDE-1")
    field.press("Continue")
    expect(field.page.get_by_text("is never in a code")).to_be_visible()
    field.page.get_by_label("Code").fill(code[:-1])
    field.press("Continue")
    expect(field.page.get_by_text("A code has 8 or 12 letters")).to_be_visible()
    assert not [one for one in field.posts if "/enroll/" in one], "what cannot be a code spends no try"
    field.page.get_by_label("Code").fill(code.lower().replace("-", " "))
    field.press("Continue")
    field.heading("Connect to North Yard Haulage?")
    field.press("Connect")
    field.heading("Records" if which == "join_code" else "Your account")


def test_a_code_of_another_installation_is_refused_in_place(field, company):
    here = company.foreign.replace("https://qr.elsewhere.example/app#", f"{field.url}/app#")
    field.scan(here)
    field.heading("This code belongs elsewhere")
    expect(field.page.get_by_role("alert")).to_contain_text("qr.elsewhere.example")
    link = field.page.get_by_role("link", name="Open qr.elsewhere.example")
    assert link.get_attribute("href").startswith("https://qr.elsewhere.example/app#")
    assert "t=" in link.get_attribute("href")
    assert field.posts == [], "nothing was sent"
    assert field.page.url == f"{field.url}/app"


@pytest.mark.parametrize(
    ("api", "named"),
    [
        ("http://127.0.0.1.evil.example:{port}", "127.0.0.1.evil.example:{port}"),
        ("http://127.0.0.1:{port}@evil.example", "evil.example"),
        ("http://127.0.0.1:{port}#@evil.example", None),
        ("http://127.0.0.1:1", "127.0.0.1:1"),
        ("https://127.0.0.1:{port}", "https://127.0.0.1:{port}"),
        ("http://localhost:{port}", "localhost:{port}"),
        ("http://éxample.com", "xn--xample-9ua.com"),
        ("//127.0.0.1:{port}", None),
    ],
)
def test_an_address_that_looks_like_ours_is_not(field, live, api, named):
    """Each is refused before any request, by the name of the host that would really be asked."""
    field.scan(f"{field.url}/app#{urlencode({'v': 1, 'k': 'pair', 't': 'x' * 43, 'a': api.format(port=live.port)})}")
    if named is None:
        field.page.get_by_role("heading", level=1).wait_for()
    else:
        field.heading("This code belongs elsewhere")
        expect(field.page.get_by_role("alert")).to_contain_text(f"It was made for {named.format(port=live.port)}, ")
        assert field.posts == []
    assert not [one for one in field.posts if not one.startswith("/")], "nothing leaves for another host"


def test_a_link_makes_the_app_ask_for_no_other_picture(field, company):
    asked = []
    field.page.on("request", lambda one: asked.append(one.url))
    field.scan(re.sub(r"&l=[^&]+", f"&l={field.url}/sign-in", company.pair))
    field.page.get_by_label("Name of this phone").wait_for()
    assert f"{field.url}/sign-in" not in asked


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "شركة النقل " * 18, "W" * 200])
def test_a_company_may_be_called_anything(field, company, live_app, name):
    with live_app.app_context():
        db.session.execute(db.update(Account).values(name=name[:200]))
        db.session.commit()
    said = []
    field.page.on("dialog", lambda one: (said.append(one.message), one.dismiss()))
    link = re.sub("&n=[^&]+", f"&n={quote(name[:40])}&u={quote('<script>alert(2)</script>')}", company.pair)
    field.scan(link)
    field.page.get_by_label("Name of this phone").wait_for()
    assert misplaced(field.page) == [] and field.page.locator("main img[src=x], main script").count() == 0
    field.press("Connect")
    field.heading("Sign in")
    expect(field.page.get_by_text(name[:200].strip(), exact=True)).to_be_visible()
    assert misplaced(field.page) == [] and said == []


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ("v=1&k=pair&t=x&a=javascript:alert(1)", "This link is not complete"),
        ("v=1&k=pair&t=x&a=data:text/html,hello", "This link is not complete"),
        ("v=1&k=pair&t=x", "This link is not complete"),
        ("v=2&k=pair&t=x&a={own}/api/v1", "The app is too old for this code"),
        ("v=1&k=other&t=x&a={own}/api/v1", "The app is too old for this code"),
    ],
)
def test_a_link_that_is_not_ours_posts_nothing(field, fields, says):
    field.scan(f"{field.url}/app#{fields.format(own=field.url)}")
    field.heading(says)
    assert field.posts == []
    assert field.page.locator("a[href^='javascript'], a[href^='data']").count() == 0


def test_a_link_cannot_pass_for_another_company_or_another_way_in(field, company, live_app):
    """Who would be signed in where is the portal's word, not the link's."""
    with live_app.app_context():
        theirs = make_account("Elsewhere")
        foreign = onboarding(make_member(theirs, "zoe@example.com", name="Zoe Zed")).secret
        theirs_id = theirs.public_id
    link = urlencode({"v": 1, "k": "pair", "t": foreign, "a": f"{field.url}/api/v1", "n": "North Yard Haulage"})
    field.scan(f"{field.url}/app#{link}&" + urlencode({"l": f"{field.url}/app/logo/{'a' * 12}", "c": "a" * 12}))
    field.heading("Connect to Elsewhere?")
    expect(field.page.get_by_text("signed in on this phone at once as Zoe Zed")).to_be_visible()
    expect(field.page.locator("img.logo")).to_have_attribute("src", f"/app/logo/{theirs_id}")


def test_declining_sends_nothing_and_leaves_the_phone_as_it_was(field, company, live_app):
    field.scan(company.pair)
    field.page.get_by_label("Name of this phone").wait_for()
    field.press("Decline")
    field.heading("Setup")
    expect(field.page.get_by_text("Declined.")).to_be_visible()
    assert devices(live_app) == []
    assert not [one for one in field.posts if one.endswith("/pair")]


def test_decline_is_as_large_as_connect(field, company):
    field.scan(company.pair)
    field.page.get_by_label("Name of this phone").wait_for()
    sizes = [field.page.get_by_role("button", name=name).bounding_box() for name in ("Decline", "Connect")]
    assert sizes[0]["width"] == pytest.approx(sizes[1]["width"], abs=1)
    assert sizes[0]["height"] == sizes[1]["height"] >= 48


def test_a_double_tap_connects_once(field, company, live_app):
    field.scan(company.join)
    field.page.get_by_label("Name of this phone").wait_for()
    field.page.get_by_role("button", name="Connect").dblclick()
    field.heading("Records")
    assert len([one for one in field.posts if one.endswith("/exchange-token")]) == 1
    assert len(devices(live_app)) == 1


def test_a_lost_connection_keeps_the_code_and_says_what_to_do(field, company, phone, live_app):
    field.scan(company.pair_mia)
    field.page.get_by_label("Name of this phone").fill("Mia's phone")
    phone.set_offline(True)
    field.press("Connect")
    expect(field.page.get_by_role("alert")).to_contain_text("cannot reach")
    expect(field.page.get_by_role("alert")).to_contain_text("tap “Connect”")
    phone.set_offline(False)
    expect(field.page.get_by_label("Name of this phone")).to_have_value("Mia's phone")
    field.press("Connect")
    field.heading("Sign in")
    assert devices(live_app) == ["Mia's phone"]


def test_a_scan_without_a_connection_names_the_button_that_goes_on(field, company):
    field.page.route("**/enroll/inspect", lambda route: route.abort())
    field.scan(company.pair_mia)
    trouble = field.page.get_by_role("alert")
    expect(trouble).to_contain_text("cannot reach")
    expect(trouble).to_contain_text("tap “Try again”")
    expect(field.page.get_by_role("button", name="Connect", exact=True)).to_be_disabled()
    field.page.unroute("**/enroll/inspect")
    field.press("Try again")
    expect(field.page.get_by_role("button", name="Connect", exact=True)).to_be_enabled()


def test_a_reload_and_the_back_button_keep_the_code(field, company):
    field.scan(company.crew)
    field.page.get_by_label("Name of this phone").wait_for()
    field.page.reload()
    field.heading("Connect to North Yard Haulage?")
    field.press("Connect")
    field.heading("Your account")
    field.page.go_back()
    field.heading("Connect to North Yard Haulage?")
    field.press("Connect")
    field.heading("Your account")


def test_a_late_answer_does_not_take_the_person_back(field, company):
    """A weak signal: they have gone back to the code they typed when the portal's word on it comes."""
    waiting = hold(field.page, "**/enroll/inspect")
    field.open()
    field.press("Type the code")
    field.page.get_by_label("Code").fill(company.join_code)
    field.press("Continue")
    field.heading("Connect this phone?")
    field.page.go_back()
    field.heading("Type the code")
    with field.page.expect_event("requestfailed"):
        waiting[0].abort()
    field.page.get_by_label("Code").fill(company.crew_code)
    field.press("Continue")
    field.heading("Connect to North Yard Haulage?")
    expect(field.page.get_by_text("You make yourself an account")).to_be_visible()


def test_going_back_to_a_code_that_was_used_leads_home(field, company):
    field.pair(company.crew)
    field.heading("Your account")
    field.page.get_by_label("Your name").fill("Carl Crew")
    field.page.get_by_label("Password", exact=True).fill("grey river under seven bridges")
    field.press("Make the account")
    field.heading("Records")
    field.page.evaluate("document.querySelector('h1').textContent = 'as it was'")
    field.page.go_back()
    field.heading("Records")


def test_a_phone_that_opened_a_used_code_is_still_signed_in(field, company):
    field.pair(company.join)
    field.heading("Records")
    field.scan(company.join)
    field.heading("This code no longer opens anything")
    field.page.get_by_role("link", name="Help").click()
    field.heading("Help")
    field.page.go_back()
    field.heading("Records")


def test_a_used_code_cannot_be_gone_back_to(field, company):
    field.pair(company.join)
    field.heading("Records")
    assert field.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])").count("t=") == 0
    assert field.page.evaluate("sessionStorage.length") == 0
    assert company.key not in field.page.evaluate("JSON.stringify({...localStorage})")
