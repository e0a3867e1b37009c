"""Finding records on the phone: search, kinds, more of them, everything about one, stickers by their typed code."""

import io
import re
from datetime import UTC, date, datetime

import pytest
from PIL import Image
from playwright.sync_api import expect

from portal.accounts.models import Account
from portal.extensions import db
from portal.lib.images import reencode
from portal.records.kinds import BY_NAME, Field
from portal.records.models import Record
from tests.app.losing import hold
from tests.client import PASSWORD
from tests.factories.things import make_expiration, make_record
from tests.journeys.pages import sign_in


@pytest.fixture
def joined(field, company):
    field.pair(company.join)
    field.heading("Records")
    return field


def names(page) -> list[str]:
    return page.locator(".records strong").all_inner_texts()


def test_search_and_kinds_find_and_are_kept_when_one_comes_back(joined):
    page = joined.page
    expect(page.locator(".records li")).to_have_count(5)
    page.get_by_role("searchbox", name="Search").fill("flat")
    expect(page.locator(".records li")).to_have_count(1)
    expect(page.get_by_text("1 record", exact=True)).to_be_visible()
    page.get_by_role("link", name=re.compile("Flatbed 12")).click()
    joined.heading("Flatbed 12")
    page.get_by_role("button", name="Back").click()
    joined.heading("Records")
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("flat")
    expect(page.locator(".records li")).to_have_count(1)
    page.get_by_role("searchbox", name="Search").fill("")
    page.get_by_text("Contacts", exact=True).click()
    expect(page.locator(".records li")).to_have_count(2)
    assert names(page) == ["Olga Ostrowska", "Priya Raman"]
    page.get_by_role("searchbox", name="Search").fill("nobody at all")
    expect(page.get_by_text("Nothing found")).to_be_visible()


def test_more_follow_on_demand(joined, live_app, company):
    with live_app.app_context():
        account = db.session.get_one(Account, company.account_id)
        for number in range(60):
            make_record(account, name=f"Van {number:02}")
    page = joined.page
    page.get_by_role("searchbox", name="Search").fill("Van")
    expect(page.get_by_text("The first 50 records")).to_be_visible()
    page.get_by_role("button", name="Show more").click()
    expect(page.get_by_text("60 records")).to_be_visible()
    assert names(page) == [f"Van {number:02}" for number in range(60)]
    expect(page.get_by_role("link", name="Van 50")).to_be_focused()


def test_coming_back_finds_the_list_as_it_was(joined, live_app, company):
    with live_app.app_context():
        account = db.session.get_one(Account, company.account_id)
        for number in range(60):
            make_record(account, name=f"Van {number:02}")
    page = joined.page
    page.get_by_role("searchbox", name="Search").fill("Van")
    joined.press("Show more")
    expect(page.get_by_text("60 records")).to_be_visible()
    page.get_by_role("link", name="Van 55").scroll_into_view_if_needed()
    place = page.evaluate("scrollY")
    assert place > 1000
    page.get_by_role("link", name="Van 55").click()
    joined.heading("Van 55")
    assert page.evaluate("scrollY") == 0
    page.go_back()
    joined.heading("Records")
    expect(page.get_by_text("60 records")).to_be_visible()
    assert page.evaluate("scrollY") == pytest.approx(place, abs=2)
    page.get_by_role("link", name="Van 03").click()
    joined.heading("Van 03")
    with live_app.app_context():
        db.session.execute(db.update(Record).where(Record.name == "Van 03").values(tag="NEW-TAG"))
        db.session.commit()
    page.go_back()
    expect(page.get_by_text("NEW-TAG")).to_be_visible()  # and it is as new as the portal's
    expect(page.get_by_text("60 records")).to_be_visible()
    page.get_by_role("link", name="This phone").click()
    joined.press("Sign out")
    joined.sign_in("mia@example.com", PASSWORD)
    joined.heading("Records")
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("")  # the next person searches anew


def test_letters_with_and_without_marks_find_the_same(joined, live_app, company):
    with live_app.app_context():
        make_record(db.session.get_one(Account, company.account_id), "contact", "Zoë Brzęczyszczykiewicz")
    for typed in ("zoe brzecz", "ZOË", "ewicz"):
        joined.page.get_by_role("searchbox", name="Search").fill(typed)
        expect(joined.page.get_by_role("link", name=re.compile("Zoë"))).to_be_visible()
        expect(joined.page.locator(".records li")).to_have_count(1)


@pytest.mark.parametrize("kind", ["vehicle", "equipment", "location", "contact"])
def test_whatever_the_web_page_shows_to_a_member_is_in_the_app(joined, live_app, company, phone, kind):
    """Every field of the kind is filled; each text of the web page's facts and links is looked for in the app."""
    with live_app.app_context():
        account = db.session.get_one(Account, company.account_id)
        yard = make_record(account, "location", "Depot six")
        boss = make_record(account, "contact", "Bea Boss", email="bea@example.com")
        values = {field.name: filled(field, yard, boss) for field in BY_NAME[kind].form_fields if field.name != "name"}
        shown = make_record(account, kind, "The thing itself", state="lost", state_at=datetime.now(UTC), **values)
        make_expiration(shown, "annual check", date(2031, 5, 6))
        if kind in ("location", "contact"):
            column = "location_id" if kind == "location" else "owner_id"
            make_record(account, name="What names it", tag="NAMES-1", **{column: shown.id})
        public_id = shown.public_id
        yard.archived_at = boss.archived_at = datetime.now(UTC)  # who has left is still noted, and marked so
        db.session.commit()
    page = joined.page
    page.evaluate(f"location.hash = '#/record/{public_id}'")
    joined.heading("The thing itself")
    here = " ".join(page.locator("main").inner_text().split())
    web = phone.new_page()
    sign_in(web, joined.url, "mia@example.com")
    web.goto(f"{joined.url}/admin/records/{public_id}")
    facts = web.locator(".record-facts dd").all_inner_texts()
    named = web.locator(".record-links li a").all_inner_texts()
    assert len(facts) >= len(values) - 1 and (kind not in ("location", "contact") or named == ["What names it"])
    missing = [
        text for text in (*facts, *named, "Annual check", "Since") if " ".join(text.split()).lower() not in here.lower()
    ]
    assert missing == []


def filled(field: Field, yard: Record, boss: Record) -> object:
    """A value for a field that no other field has."""
    if field.type == "reference":
        return yard.id if field.reference == "location" else boss.id
    words = {
        "email": "own@example.com",
        "policy": "relay",
        "float": 12.5,
        "phone": f"+1202555{100 + len(field.name):04}",
    }
    return words.get(
        field.type, 2019 if field.name == "year" else 181135 if field.type == "int" else f"own {field.name}"
    )


def test_a_record_shows_everything_and_calls_and_mails(joined, live_app, company):
    drawing = io.BytesIO()
    Image.new("RGB", (400, 300), "#c2410c").save(drawing, "JPEG")
    with live_app.app_context():
        key = live_app.extensions["portal"].photos.save(reencode(drawing.getvalue()))
        db.session.execute(db.update(Record).where(Record.public_id == company.truck).values(photo_key=key))
        db.session.commit()
    page = joined.page
    page.get_by_role("link", name=re.compile("Flatbed 12")).click()
    joined.heading("Flatbed 12")
    expect(page.get_by_text("Registration expired")).to_be_visible()
    photo = page.get_by_role("img", name="Photo of Flatbed 12")
    expect(photo).to_have_attribute("src", re.compile("^blob:"))
    assert photo.evaluate("(one) => one.decode().then(() => one.naturalWidth)") == 400
    calls = {name: page.get_by_role("link", name=f"Call {name}") for name in ("Olga Ostrowska", "Priya Raman")}
    assert calls["Olga Ostrowska"].get_attribute("href") == "tel:+12025550123"
    assert calls["Priya Raman"].get_attribute("href") == "tel:+12025550188"
    mail = page.get_by_role("link", name="Mail Olga Ostrowska").get_attribute("href")
    assert mail.startswith("mailto:olga@example.com") and "Flatbed%2012" in mail
    expect(page.get_by_text("CA 8TRK")).to_be_visible()
    expect(page.get_by_text("Jan 1, 2030", exact=False)).to_be_visible()
    page.get_by_role("link", name=re.compile("^(O )?Olga Ostrowska")).click()
    joined.heading("Olga Ostrowska")
    expect(page.get_by_role("link", name="Call Priya Raman")).to_be_visible()


def test_a_typed_sticker_opens_its_record(joined, company):
    page = joined.page
    page.get_by_role("link", name="Scan a sticker").click()
    expect(page.get_by_role("link", name="Scan a sticker")).to_have_attribute("aria-current", "page")
    joined.press("Type the code instead")
    page.get_by_label("Code under the QR code").fill("AAAA-AAAA-AAAA-AAAA")
    joined.press("Continue")
    expect(page.get_by_text("no sticker of this portal")).to_be_visible()
    page.get_by_label("Code under the QR code").fill(company.sticker.removeprefix("/Q/"))
    joined.press("Continue")
    joined.heading("Flatbed 12")


def test_a_late_answer_about_a_sticker_does_not_take_the_person_away(joined, company):
    page, waiting = joined.page, hold(joined.page, "**/app/scan")
    page.get_by_role("link", name="Scan a sticker").click()
    joined.press("Type the code instead")
    page.get_by_label("Code under the QR code").fill(company.sticker.removeprefix("/Q/"))
    joined.press("Continue")
    page.get_by_role("link", name="Records").click()
    joined.heading("Records")
    with page.expect_response("**/app/scan"):
        waiting[0].continue_()
    page.get_by_text("Main yard").click()
    joined.heading("Main yard")


def test_the_paired_browser_reads_a_sticker_without_the_passcode(joined, company):
    joined.page.goto(f"{joined.url}{company.sticker}")
    expect(joined.page.get_by_role("heading", name="Flatbed 12")).to_be_visible()
    expect(joined.page.locator("[name=passcode]")).to_have_count(0)
    joined.page.get_by_role("link", name="Back to the portal").click()
    joined.heading("Records")


def test_a_record_that_is_gone_says_so(joined):
    joined.page.evaluate("location.hash = '#/record/nothing'")
    joined.heading("This record is not there")


def test_without_a_connection_the_list_says_so_and_goes_on(joined, phone):
    page = joined.page
    page.get_by_text("Flatbed 12").wait_for()
    phone.set_offline(True)
    expect(page.locator("#news")).to_have_text("No connection")
    page.get_by_role("searchbox", name="Search").fill("flat")
    expect(page.get_by_role("alert")).to_contain_text("Nothing on this screen is lost")
    phone.set_offline(False)
    joined.press("Try again")
    expect(page.locator(".records li")).to_have_count(1)
