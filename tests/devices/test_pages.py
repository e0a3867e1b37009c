"""The devices page and the page of one device: search, order, flags, acts on one and on many, kept addresses."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
import time_machine

from portal.accounts.models import Account
from portal.audit.models import AuditEvent
from portal.devices.models import Device, DeviceSession
from portal.enrollment import cleanup as enrollment
from portal.enrollment.models import Redemption
from portal.extensions import db
from tests.factories.devices import make_device
from tests.factories.people import make_account, make_member
from tests.factories.phones import make_phone

PAGE = "/admin/devices"
NOON = datetime(2030, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def company(app, clock):
    """Four phones of one company by name, and one of another company."""
    with app.app_context():
        account = make_account()
        ada = make_member(account)
        bo = make_member(account, "bo@example.com", name="Bo Berg", role="member")
        other = make_account("Elsewhere")
        cleo = make_member(other, "cleo@example.com", name="Cleo")
        made = {
            "Alpha": make_device(account, ada, "Alpha", facts={"platform": "Android", "model": "Pixel 9"}),
            "beta": make_device(account, bo, "beta", facts={"platform": "iOS"}),
            "Gamma": make_device(account, bo, "Gamma", facts={"platform": "Windows"}),
            "Waiting": make_device(account, bo, "Waiting", status="pending_approval"),
            "Theirs": make_device(other, cleo, "Theirs"),
        }
        return {name: device.public_id for name, device in made.items()}


@pytest.fixture
def ada(company, client):
    client.sign_in("ada@example.com")
    return client


def names(page):
    """The devices of a list in their order."""
    return re.findall(r'<a href="/admin/devices/\w{12}" dir="auto">([^<]+)</a>', page)


def listed(client, query=""):
    return names(client.get(f"{PAGE}?{query}").text)


def change(app, public_id, **columns):
    with app.app_context():
        device = db.session.query(Device).filter_by(public_id=public_id).one()
        for column, value in columns.items():
            setattr(device, column, value)
        db.session.commit()


def status(app, public_id):
    with app.app_context():
        return db.session.query(Device.status).filter_by(public_id=public_id).scalar()


def test_the_list_shows_the_company_s_own_devices(ada):
    page = ada.get(PAGE).text
    assert sorted(names(page)) == ["Alpha", "Gamma", "Waiting", "beta"]
    for words in ("Pixel 9", "Bo Berg", "Waiting for approval", "1 Mar 2030, 12:00", "Mobile App", "203.0.113.7"):
        assert words in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=pixel", ["Alpha"]),
        ("q=BETA", ["beta"]),
        ("q=bo+windows", ["Gamma"]),
        ("q=100%25", []),
        ("sort=name", ["Alpha", "beta", "Gamma", "Waiting"]),
        ("sort=-name", ["Waiting", "Gamma", "beta", "Alpha"]),
        ("sort=platform&status=active", ["Alpha", "beta", "Gamma"]),
        ("sort=person&status=active", ["Alpha", "Gamma", "beta"]),
        ("status=pending_approval", ["Waiting"]),
        ("status=nonsense&sort=nonsense&page=x", ["Waiting", "Gamma", "beta", "Alpha"]),
        ("page=2", ["Waiting", "Gamma", "beta", "Alpha"]),  # a page that is no more: the last one
        ("page=9999&q=bo", ["Waiting", "Gamma", "beta"]),
        ("page=99999999999", ["Waiting", "Gamma", "beta", "Alpha"]),
    ],
)
def test_search_order_and_status(ada, query, found):
    assert listed(ada, query) == found


def test_names_are_sorted_without_regard_to_accents(app, ada, company):
    change(app, company["beta"], name="Ärzte")
    assert listed(ada, "sort=name") == ["Alpha", "Ärzte", "Gamma", "Waiting"]


def test_a_heading_sorts_and_a_second_click_turns_round(ada):
    def click(page, label):
        return ada.get(
            re.search(rf'<a class="sort-link" href="([^"]+)"[^>]*>{label}', page)[1].replace("&amp;", "&")
        ).text

    once = click(ada.get(f"{PAGE}?status=active").text, "Device Name")
    twice = click(once, "Device Name")
    assert (names(once), names(twice)) == (["Alpha", "beta", "Gamma"], ["Gamma", "beta", "Alpha"])
    assert 'aria-sort="ascending"' in once and 'aria-sort="descending"' in twice


def test_a_search_that_finds_nothing_and_an_empty_company_say_what_to_do(app, ada, client):
    assert "Nothing matches" in ada.get(f"{PAGE}?q=nobody").text
    with app.app_context():
        make_member(make_account("New"), "new@example.com")
    client.submit("/sign-out")
    client.sign_in("new@example.com")
    page = client.get(PAGE).text
    assert "No devices yet" in page and "Connect my phone" in page


@pytest.mark.parametrize("typed", ["émile", "ÉMILE", "emile", "Ｅmile lodz", "łódź ÉMI"])
def test_letter_case_and_accents_do_not_count_in_a_search(app, ada, company, typed):
    change(app, company["Gamma"], name="Émile’s phone", model="ŁÓDŹ 5")
    assert listed(ada, urlencode({"q": typed})) == ["Émile’s phone"]
    by_program = ada.get("/api/v1/admin/app/devices", query_string={"q": typed}).json
    assert ([one["name"] for one in by_program["devices"]], by_program["total"]) == (["Émile’s phone"], 1)


@pytest.mark.parametrize("typed", ["\u0301", "émile phone 5 6", "%", "_"])
def test_what_no_device_holds_finds_none(app, ada, company, typed):
    change(app, company["Gamma"], name="Émile’s phone", model="ŁÓDŹ 5")
    assert listed(ada, urlencode({"q": typed})) == []


def test_a_search_has_pages(ada, company):
    def found(**more):
        page = ada.get("/api/v1/admin/app/devices", query_string={"q": "bo", "limit": 2, **more}).json
        return [one["name"] for one in page["devices"]], page["total"]

    assert (found(), found(offset=2), found(offset=3)) == ((["Waiting", "Gamma"], 3), (["beta"], 3), ([], 3))


def test_when_all_are_revoked_the_list_leads_to_them(app, ada, company):
    for name in ("Alpha", "beta", "Gamma", "Waiting"):
        ada.submit(f"{PAGE}/{company[name]}/revoke")
    page = ada.get(PAGE).text
    assert "No devices yet" not in page and "No devices in use" in page
    assert f'href="{PAGE}?status=revoked"' in page and 'aria-label="Status"' in page
    assert len(listed(ada, "status=revoked")) == 4


def test_the_menu_stays_open_on_the_pages_of_a_device(ada, company):
    marked = r'<a class="nav-entry" href="([^"]+)" aria-current="([^"]+)"'
    assert re.findall(marked, ada.get(PAGE).text) == [(PAGE, "page")]
    below = ada.get(f"{PAGE}/{company['Alpha']}").text
    assert re.findall(marked, below) == [(PAGE, "true")] and '<details class="nav-section" open>' in below


def test_what_asks_for_a_look_is_flagged(app, ada, company, clock):
    change(app, company["Alpha"], last_active_at=NOON - timedelta(days=61))
    change(app, company["beta"], new_network_at=NOON - timedelta(days=1))
    with app.app_context():
        gamma = db.session.query(Device).filter_by(public_id=company["Gamma"]).one()
        db.session.query(DeviceSession).filter_by(device_id=gamma.id).update(
            {"idle_expires_at": NOON + timedelta(days=3)}
        )
        db.session.commit()

    def flags(name):
        row = re.search(rf"<tr>(?:(?!</tr>).)*>{name}</a>.*?</tr>", ada.get(PAGE).text, re.DOTALL)[0]
        flags = ("Signed out", "Unused for 60 days", "New network", "Signs out in 3 days", "Signs out today")
        return [one for one in flags if one in row]

    assert {name: flags(name) for name in ("Alpha", "beta", "Gamma", "Waiting")} == {
        "Alpha": ["Unused for 60 days"],
        "beta": ["New network"],
        "Gamma": ["Signs out in 3 days"],
        "Waiting": [],
    }
    assert "1 device signs out within 7 days" in ada.get(PAGE).text
    with app.app_context():
        db.session.query(DeviceSession).update({"idle_expires_at": NOON})
        db.session.commit()
    assert flags("Gamma") == ["Signed out"], "before the cleanup too"
    change(app, company["Alpha"], status="revoked")
    assert "Active" not in re.findall(r'<span class="state[^>]*><span>([^<]+)<', ada.get(PAGE).text)
    assert "Signed out" in ada.get("/admin/mobile-app").text


def test_suspended_resumed_approved_and_revoked(app, ada, company):
    beta, waiting = company["beta"], company["Waiting"]
    for act, public_id, then in (
        ("suspend", beta, "suspended"),
        ("resume", beta, "active"),
        ("approve", waiting, "active"),
        ("revoke", beta, "revoked"),
        ("resume", beta, "revoked"),
        ("approve", beta, "revoked"),
    ):
        assert ada.submit(f"{PAGE}/{public_id}/{act}").status_code == 303
        assert status(app, public_id) == then, act
    page = ada.get(f"{PAGE}/{beta}").text
    for words in ("suspended it", "resumed it", "revoked it", "It was signed out for good"):
        assert words in page
    assert "Revoke Access" not in page, "there is nothing left to revoke"


def test_of_many_that_sign_out_by_themselves_the_first_are_named_and_the_rest_counted(app, ada, company):
    with app.app_context():
        account = db.session.query(Account).order_by(Account.id).first()
        for number in range(7):
            phone = make_phone(account, name=f"Fleet {number}")
            ends_at = NOON + timedelta(days=2, hours=number)
            db.session.query(DeviceSession).filter_by(id=phone.session_id).update({"idle_expires_at": ends_at})
        db.session.commit()
    text = ada.get(PAGE).text
    told = text[text.index("sign out within 7 days") : text.index("and 2 more")]
    assert "7 devices sign out within 7 days" in text
    assert [name in told for name in ("Fleet 0", "Fleet 4", "Fleet 5")] == [True, True, False]


def test_a_phone_whose_year_is_over_is_not_said_to_stay_by_being_used(app, ada, company):
    with app.app_context():
        gamma = db.session.query(Device).filter_by(public_id=company["Gamma"]).one()
        limits = {"absolute_expires_at": NOON + timedelta(days=2)}
        db.session.query(DeviceSession).filter_by(device_id=gamma.id).update(limits)
        db.session.commit()
    page = ada.get(PAGE).text
    assert "1 device signs out within 7 days." in page and "unless somebody uses it" not in page
    assert "for no longer than a year" in page


def test_an_old_page_is_not_told_that_something_happened(app, ada, company):
    ada.submit(f"{PAGE}/{company['beta']}/revoke")
    for act in ("suspend", "resume", "approve"):
        ada.submit(f"{PAGE}/{company['beta']}/{act}")
        assert "Nothing was changed" in ada.get(f"{PAGE}/{company['beta']}").text, act
    waiting = ada.get(f"{PAGE}/{company['Waiting']}").text
    assert "Approve" in waiting and f"{company['Waiting']}/suspend" not in waiting


def test_how_it_joined_is_known_when_its_one_time_code_is_forgotten(app, ada, company):
    with app.app_context():
        enrollment.tidy(db.session(), NOON + timedelta(days=2))
        db.session.commit()
    page = ada.get(f"{PAGE}/{company['beta']}").text
    assert "Added by an admin" not in page and "No code has been used" not in page
    assert page.count("Mobile App") == 4 and "redeemed" in page, "in the navigation, details, tries and history"
    row = re.search(r"<tr>(?:(?!</tr>).)*>beta</a>.*?</tr>", ada.get(PAGE).text, re.DOTALL)[0]
    assert "Mobile App" in row


@pytest.mark.parametrize(("act", "words"), [("suspend", "From its next request on"), ("revoke", "cannot be undone")])
def test_acts_that_take_something_away_say_so_first(app, ada, company, act, words):
    page = ada.get(f"{PAGE}/{company['beta']}/{act}").text
    assert words in page and "beta?" in page
    assert status(app, company["beta"]) == "active"


def test_the_page_of_a_device_says_how_it_joined_and_what_became_of_it(app, ada, company):
    ada.submit(f"{PAGE}/{company['beta']}/name", {"name": "Cab tablet"})
    page = ada.get(f"{PAGE}/{company['beta']}").text
    for words in (
        *("Cab tablet", "How it joined", "Mobile App", "redeemed", "iPhone, Safari"),
        *("renamed it", '<del dir="auto">beta</del>', "Device identifier", company["beta"]),
    ):
        assert words in page
    ada.submit(f"{PAGE}/{company['beta']}/name", {"name": "  "})
    assert "A device needs a name." in ada.get(f"{PAGE}/{company['beta']}").text


def test_many_are_asked_about_by_their_exact_number_and_then_done(app, ada, company):
    ticked = [("record", company[name]) for name in ("Alpha", "beta", "Waiting", "Theirs")]
    page = ada.submit(f"{PAGE}/bulk", [("action", "suspend"), *ticked]).text
    assert "Suspend 2 devices?" in page, "a waiting one cannot be suspended, another company's is not named"
    assert "Theirs" not in page and status(app, company["Alpha"]) == "active"
    confirmed = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
    ada.submit(f"{PAGE}/bulk", [pair for pair in confirmed if pair[0] != "csrf_token"])
    assert {name: status(app, company[name]) for name in company} == {
        "Alpha": "suspended",
        "beta": "suspended",
        "Gamma": "active",
        "Waiting": "pending_approval",
        "Theirs": "active",
    }
    assert "2 devices were suspended." in ada.get(PAGE).text


def test_all_that_a_search_finds_are_revoked_together(app, ada, company):
    page = ada.submit(f"{PAGE}/bulk", {"action": "revoke", "filter": "q=bo"}).text
    assert "Revoke Access of 3 devices?" in page
    ada.submit(f"{PAGE}/bulk", {"action": "revoke", "filter": "q=bo", "confirmed": "1"})
    assert [name for name in company if status(app, company[name]) == "revoked"] == ["beta", "Gamma", "Waiting"]
    with app.app_context():
        assert db.session.query(AuditEvent).filter_by(action="device.revoke").count() == 3
        ended = db.session.query(DeviceSession).filter(DeviceSession.ended_at.is_not(None)).count()
        assert ended == 3


@pytest.mark.parametrize("fields", [{"action": "suspend"}, {"action": "suspend", "record": "nothing"}])
def test_nothing_ticked_changes_nothing(ada, fields):
    assert ada.submit(f"{PAGE}/bulk", fields).status_code == 303
    assert "Tick at least one." in ada.get(PAGE).text


def test_an_act_that_is_none_is_refused(ada):
    assert ada.submit(f"{PAGE}/bulk", {"action": "delete"}).status_code == 400


def test_addresses_are_kept_as_long_as_the_company_says(app, ada, company):
    assert 'value="30"' in ada.get(PAGE).text
    change(app, company["Alpha"], last_ip="203.0.113.9", last_ip_at=NOON - timedelta(days=10))
    assert ada.submit(f"{PAGE}/addresses", {"days": "7"}).status_code == 303
    page = ada.get(PAGE).text
    assert "203.0.113.9" not in page and "203.0.113.7" in page, "what is older than 7 days is forgotten at once"
    assert "203.0.113.7" in ada.get(f"{PAGE}/{company['Alpha']}").text, "its try has an address of its own"
    ada.submit(f"{PAGE}/addresses", {"days": "0"})
    assert "203.0.113.7" not in ada.get(f"{PAGE}/{company['Alpha']}").text
    with app.app_context():
        tries = db.session.query(Account.name, Redemption.ip).join(Redemption, Redemption.account_id == Account.id)
        assert {name for name, ip in tries if ip} == {"Elsewhere"}
        kept = dict(db.session.query(Device.name, Device.last_ip).all())
        assert kept == {"Alpha": "", "beta": "", "Gamma": "", "Waiting": "", "Theirs": "203.0.113.7"}
        own = db.session.query(Account).filter_by(name="North Yard Haulage").one()
        assert own.device_address_days == 0
        event = (
            db.session.query(AuditEvent).filter_by(action="devices.addresses").order_by(AuditEvent.id.desc()).first()
        )
        assert (event.before, event.after) == ({"days": 7}, {"days": 0})


@pytest.mark.parametrize("typed", ["366", "-1", "", "1.5", "x", "٣", "9999"])
def test_a_number_of_days_that_is_none_is_refused(app, ada, typed):
    answer = ada.submit(f"{PAGE}/addresses", {"days": typed})
    assert answer.status_code == 422 and "Type a number from 0 to 365." in answer.text
    with app.app_context():
        assert {days for (days,) in db.session.query(Account.device_address_days)} == {30}


def test_the_history_says_in_words_what_was_done(ada, company):
    ada.submit(f"{PAGE}/{company['Waiting']}/approve")
    ada.submit(f"{PAGE}/{company['Waiting']}/suspend")
    page = ada.get(f"{PAGE}/{company['Waiting']}").text
    history = page[page.index('id="history-title"') :]
    assert "approved it" in history and "suspended it" in history
    assert "Waiting for approval" in history and "pending_approval" not in history
    assert "Device: " not in history
