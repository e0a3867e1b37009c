"""Installation codes: the list, the editor, removal, and what is done to the devices that they enrolled."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from portal.accounts.models import Account, Membership, User
from portal.audit.models import AuditEvent
from portal.devices.models import ACTIVE, EXPECTED, REVOKED, SUSPENDED, Device
from portal.enrollment import grants as grant_operations
from portal.enrollment.models import INSTALLATION_CODE, Grant, Redemption
from portal.extensions import db
from portal.lib import typed_codes
from tests.factories.people import make_account, make_member

CODES = "/admin/installation-codes"
LATER = "2026-12-24T18:00"


def soon(**delta) -> str:
    """A moment to come, as a browser's box sends it."""
    return (datetime.now(UTC) + timedelta(**delta)).strftime("%Y-%m-%dT%H:%M")


def typed(**fields) -> dict[str, str]:
    return {
        "description": "Night shift",
        "action": "create_account_and_device",
        "username_prefix": "crew-",
        "expires_at": soon(days=7),
        "max_uses": "25",
    } | fields


@pytest.fixture
def ada(app, client):
    """The admin of a company in Warsaw, signed in just now."""
    with app.app_context():
        make_member(make_account(timezone="Europe/Warsaw"), name="Ada Admin")
    client.sign_in("ada@example.com")
    return client


def grants(app) -> list[Grant]:
    with app.app_context():
        return db.session.query(Grant).filter_by(kind=INSTALLATION_CODE).order_by(Grant.id).all()


def add(app, ada, **fields) -> str:
    """Adds a code through its editor; its public id."""
    answer = ada.submit(f"{CODES}/new", typed(**fields))
    assert answer.status_code == 303, text_of(answer)
    return grants(app)[-1].public_id


def text_of(answer) -> str:
    """What the page says, without tags."""
    body = answer.get_data(as_text=True)
    return " ".join(unescape(re.sub("<[^>]+>", " ", body[body.find("<main") :])).split())


def make_device(app, name="Phone 1", status=ACTIVE, grant: str = "", **columns) -> str:
    with app.app_context():
        account = db.session.query(Account).order_by(Account.id).first()
        grant_id = db.session.query(Grant.id).filter_by(public_id=grant).scalar() if grant else None
        now = datetime.now(UTC)
        device = Device(
            account_id=account.id,
            name=name,
            status=status,
            grant_id=grant_id,
            created_at=now,
            connected_at=None if status == EXPECTED else now,
            revoked_at=now if status == REVOKED else None,
            **columns,
        )
        db.session.add(device)
        db.session.commit()
        return device.public_id


def statuses(app) -> dict[str, str]:
    with app.app_context():
        return {one.name: one.status for one in db.session.query(Device)}


def test_a_code_is_added_and_stands_in_the_list_with_every_column(app, ada):
    public_id = add(app, ada)
    (code,) = grants(app)
    assert (code.action, code.username_prefix, code.max_uses, code.use_count) == (
        "create_account_and_device", "crew-", 25, 0,
    )  # fmt: skip
    assert code.user_id is None and code.device_id is None
    page = ada.get(CODES).get_data(as_text=True)
    headings = re.findall(r"<th scope=\"col\"[^>]*>.*?</th>", page, re.S)
    words = [" ".join(re.sub("<[^>]+>", " ", one).split()) for one in headings]
    assert words == [
        "Select", "Description", "Installation Code", "Expiration", "Times used", "Last time used",
        "Username prefix", "Account", "Device",
    ]  # fmt: skip
    assert "0 of 25" in page and "crew-" in page
    assert re.search(rf'href="{CODES}/{public_id}/qr" data-dialog[^>]*>[B-Z]{{4}}-[B-Z]{{4}}-[B-Z]{{4}}</a>', page)


def test_moments_are_typed_and_shown_in_the_companys_time_zone(app, ada):
    day = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%d")
    public_id = add(app, ada, expires_at=f"{day}T18:00", not_before=f"{day}T06:30")
    (code,) = grants(app)
    assert code.expires_at.astimezone(UTC).hour in (16, 17), "18:00 in Warsaw"
    page = ada.get(f"{CODES}/{public_id}/edit").get_data(as_text=True)
    assert f'value="{day}T18:00"' in page and f'value="{day}T06:30"' in page


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"description": " "}, "Describe the code"),
        ({"description": "x" * 201}, "at most 200 characters"),
        ({"action": "make_me_admin"}, "Choose what the code does."),
        ({"username_prefix": "crew 7"}, "at most 20 letters, digits and hyphens"),
        ({"username_prefix": "c" * 21}, "at most 20 letters, digits and hyphens"),
        ({"username_prefix": "cr\u0113w"}, "at most 20 letters, digits and hyphens"),
        ({"action": "create_device"}, "Choose the account"),
        ({"action": "create_device", "user_id": "nobody000000"}, "Choose somebody of this company."),
        ({"action": "use_existing_device"}, "Choose the device"),
        ({"action": "use_existing_device", "device_id": "none00000000"}, "Choose a device of this company"),
        ({"expires_at": ""}, "Choose when it expires."),
        ({"expires_at": "yesterday"}, "Write the moment like"),
        ({"expires_at": "2020-01-01T10:00"}, "still to come"),
        ({"expires_at": soon(days=367)}, "within 365 days"),
        ({"not_before": soon(days=8)}, "begin after it has expired"),
        ({"not_before": "0001-01-02T00:00"}, "from 2000 on"),
        ({"max_uses": "0"}, "a number from 1 to"),
        ({"max_uses": "many"}, "a number from 1 to"),
        ({"max_uses": "-1"}, "a number from 1 to"),
        ({"allowed_networks": "203.0.113.0/24\n10.0.0.0/33"}, "10.0.0.0/33 is not a network"),
        ({"tags": "x" * 41}, "at most 40 characters"),
    ],
)
def test_a_wrong_field_is_named_and_what_was_typed_stays(app, ada, fields, sentence):
    answer = ada.submit(f"{CODES}/new", typed(tags="north, south") | fields)
    page = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert sentence in page
    assert "aria-invalid" in page or "field-error" in page
    if "tags" not in fields:
        assert 'value="north, south"' in page
    assert grants(app) == []


def test_only_the_fields_of_the_action_count(app, ada):
    device = make_device(app, "Tablet", EXPECTED)
    with app.app_context():
        user = db.session.query(User).one()
        user_id, public_id = user.id, user.public_id
    everything = {"user_id": public_id, "device_id": device, "username_prefix": "crew-"}
    add(app, ada, action="create_account_and_device", **everything)
    add(app, ada, action="create_device", **everything)
    add(app, ada, action="use_existing_device", **everything)
    kept = [(one.username_prefix, one.user_id, one.device_id is not None) for one in grants(app)]
    assert kept == [("crew-", None, False), ("", user_id, False), ("", None, True)]
    page = text_of(ada.get(CODES))
    assert "Ada Admin (ada@example.com)" in page and "Tablet" in page


def test_networks_and_tags_are_kept_in_one_spelling(app, ada):
    add(app, ada, allowed_networks="203.0.113.7/24, 2001:DB8::1\n203.0.113.0/24", tags=" north ,  big   yard, north,")
    (code,) = grants(app)
    assert code.allowed_networks == ["203.0.113.0/24", "2001:db8::1/128"]
    assert code.tags == ["north", "big yard"]


def test_the_list_is_sorted_by_each_column_both_ways(app, ada):
    device = make_device(app, "Zebra tablet", EXPECTED)
    with app.app_context():
        user = db.session.query(User).one().public_id
    add(app, ada, description="beta", expires_at=soon(days=3), max_uses="5")
    add(app, ada, description="Älpha", expires_at=soon(days=9), action="create_device", user_id=user)
    add(app, ada, description="gamma", expires_at=soon(days=6), action="use_existing_device", device_id=device)
    with app.app_context():
        for count, one in enumerate(db.session.query(Grant).filter_by(kind=INSTALLATION_CODE).order_by(Grant.id)):
            one.use_count = (2, 9, 4)[count]
            one.last_used_at = datetime.now(UTC) - timedelta(hours=(5, 1, 3)[count])
        db.session.commit()

    def order(sort: str) -> list[str]:
        page = ada.get(f"{CODES}?sort={sort}").get_data(as_text=True)
        return re.findall(r'<a href="/admin/installation-codes/[0-9a-z]{12}" dir="auto">(\w+)</a>', page)

    assert order("description") == ["Älpha", "beta", "gamma"]
    assert order("-description") == ["gamma", "beta", "Älpha"]
    assert order("expires") == ["beta", "gamma", "Älpha"]
    assert order("used") == ["beta", "gamma", "Älpha"]
    assert order("last_used") == ["beta", "gamma", "Älpha"]
    assert order("prefix")[0] == "beta"
    assert order("account")[0] == "Älpha"
    assert order("device")[0] == "gamma"
    page = ada.get(f"{CODES}?sort=code").get_data(as_text=True)
    codes = re.findall(r">([B-Z]{4}-[B-Z]{4}-[B-Z]{4})</a>", page)
    assert len(codes) == 3 and codes == sorted(codes)
    assert 'aria-sort="ascending"' in page
    assert order("nonsense") == ["gamma", "Älpha", "beta"], "the newest first"


def test_a_search_finds_words_and_a_code_that_somebody_holds(app, ada):
    add(app, ada, description="Night shift")
    add(app, ada, description="Day shift", username_prefix="day-")
    page = ada.get(CODES).get_data(as_text=True)
    code = re.search(r">([B-Z]{4}-[B-Z]{4}-[B-Z]{4})</a>", page)[1]
    assert "Night shift" not in text_of(ada.get(f"{CODES}?q=day-"))
    found = text_of(ada.get(f"{CODES}?q={code.lower()}"))
    assert code in found and ("Night shift" in found) != ("Day shift" in found)
    assert "Nothing matches" in text_of(ada.get(f"{CODES}?q=nowhere"))


def test_the_state_narrows_the_list_and_removed_codes_are_asked_for(app, ada):
    gone = add(app, ada, description="Old one")
    add(app, ada, description="Open one")
    ada.submit(f"{CODES}/{gone}/delete")
    ada.get(CODES)  # says once that it is removed
    assert "Old one" not in text_of(ada.get(CODES))
    assert "Old one" in text_of(ada.get(f"{CODES}?state=revoked"))
    assert "Open one" not in text_of(ada.get(f"{CODES}?state=expired"))


def test_beyond_a_thousand_codes_search_and_state_still_find_each(app, ada):
    add(app, ada, description="The very first")
    with app.app_context():
        first = db.session.query(Grant).filter_by(kind=INSTALLATION_CODE).one()
        first.use_count = first.max_uses
        code = typed_codes.grouped(grant_operations.reveal(app.extensions["portal"].key_ring, first))
        db.session.add_all(
            Grant(
                account_id=first.account_id, kind=INSTALLATION_CODE, action=first.action, description=f"Later {number}",
                max_uses=25, expires_at=first.expires_at, created_by_name="x", created_at=first.created_at,
            )
            for number in range(1000)
        )  # fmt: skip
        db.session.commit()
    end = "The list ends after 1,000. Search, or choose a state, to find the others."
    ada.get(CODES)  # says once that it is saved
    page = text_of(ada.get(f"{CODES}?page=10"))
    assert "901-1,000 of 1,000" in page and end in page and "The very first" not in page
    assert end not in text_of(ada.get(CODES))
    for query in ("q=very+first", f"q={code}", f"q={code[5:].lower()}", "state=exhausted", "sort=-used"):
        assert "The very first" in text_of(ada.get(f"{CODES}?{query}")), query


def test_the_selected_row_is_edited_or_deleted_by_the_toolbar(app, ada):
    public_id = add(app, ada)
    for act in ("edit", "delete"):
        answer = ada.get(f"{CODES}/chosen?chosen={public_id}&act={act}")
        assert (answer.status_code, answer.location) == (303, f"{CODES}/{public_id}/{act}")
    assert ada.get(f"{CODES}/chosen?act=edit").location == CODES
    assert "Select a row in the list first." in ada.get(CODES).get_data(as_text=True)
    assert ada.get(f"{CODES}/chosen?chosen={public_id}&act=explode").status_code == 400


def test_the_pop_up_shows_code_host_expiry_and_uses_left(app, ada):
    public_id = add(app, ada, max_uses="3")
    with app.app_context():
        db.session.query(Grant).filter_by(public_id=public_id).one().use_count = 1
        db.session.commit()
    answer = ada.get(f"{CODES}/{public_id}/qr")
    page = answer.get_data(as_text=True)
    assert "data-dialog-body" in page and "data:image/svg+xml;base64," in page
    assert re.search(r"Typed at</dt><dd[^>]*>qr\.example\.com<", page)
    assert re.search(r"Uses left</dt><dd>2<", page)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("columns", "sentence", "has_picture"),
    [
        ({"use_count": 25}, "All 25 uses are spent.", False),
        ({"use_count": 1, "max_uses": 1}, "Its only use is spent.", False),
        ({"expires_at": datetime(2026, 1, 5, tzinfo=UTC)}, "It expired on 5 Jan 2026, 01:00.", False),
        ({"revoked_at": datetime(2026, 1, 5, tzinfo=UTC)}, "It was removed on 5 Jan 2026, 01:00.", False),
        ({"not_before": datetime(2099, 1, 5, tzinfo=UTC)}, "It does not work before 5 Jan 2099, 01:00.", True),
    ],
)
def test_a_code_that_does_not_work_says_why(app, ada, columns, sentence, has_picture):
    public_id = add(app, ada)
    with app.app_context():
        db.session.query(Grant).filter_by(public_id=public_id).update(columns)
        db.session.commit()
    page = ada.get(f"{CODES}/{public_id}/qr").get_data(as_text=True)
    assert sentence in page
    assert ("data:image/svg" in page) == has_picture


def test_a_code_whose_device_or_person_is_gone_says_so_before_somebody_carries_it_there(app, ada):
    with app.app_context():
        mia = make_member(db.session.query(Account).one(), "mia@example.com", name="Mia", role="member")
        mia_id, left = mia.user.public_id, mia.id
    device = make_device(app, "Tablet")
    codes = (
        add(app, ada, action="use_existing_device", device_id=device),
        add(app, ada, action="create_device", user_id=mia_id),
    )
    with app.app_context():
        db.session.query(Device).update({"status": REVOKED, "revoked_at": datetime.now(UTC)})
        db.session.query(Membership).filter_by(id=left).delete()
        db.session.commit()
    for code, sentence in zip(codes, ("The device is revoked.", "The account has left the company."), strict=True):
        page = ada.get(f"{CODES}/{code}/qr").get_data(as_text=True)
        assert sentence in page and "data:image/svg" not in page
    listed = text_of(ada.get(f"{CODES}?sort=created"))
    assert "Tablet (revoked)" in listed and "Mia (has left)" in listed and "mia@example.com" not in listed
    for code, other, word, state in zip(
        codes, codes[::-1], ("Device revoked", "Account has left"), ("device_gone", "person_gone"), strict=True
    ):
        assert f"Night shift {word}" in listed
        assert f"State {word}" in text_of(ada.get(f"{CODES}/{code}"))
        assert "Nobody can join with it now" in text_of(ada.get(f"{CODES}/{code}/delete"))
        assert "It still lets new devices in" not in text_of(ada.get(f"{CODES}/{code}/revoke-devices"))
        found = ada.get(f"{CODES}?state={state}").get_data(as_text=True)
        assert code in found and other not in found
        program = ada.get(f"/api/v1{CODES}?state={state}").json["installation_codes"]
        assert [(one["id"], one["state"]) for one in program] == [(code, state)]
        assert ada.get(f"/api/v1{CODES}/{code}").json["state"] == state
    assert "Nothing matches" in text_of(ada.get(f"{CODES}?state=active"))
    assert ada.get(f"/api/v1{CODES}?state=active").json["installation_codes"] == []


def test_devices_of_one_name_can_be_told_apart(app, ada):
    first, second = make_device(app, "Tablet", EXPECTED), make_device(app, "Tablet", EXPECTED)
    make_device(app, "Phone", EXPECTED)
    page = ada.get(f"{CODES}/new").get_data(as_text=True)
    assert all(f">{words}</option>" in page for words in (f"Tablet, {first}", f"Tablet, {second}", "Phone"))
    add(app, ada, action="use_existing_device", device_id=second)
    listed = text_of(ada.get(CODES))
    assert "Works 25 times, until" in text_of(ada.get(f"/admin/devices/{second}/code"))
    assert f"Tablet {second}" in listed and first not in listed


def test_an_admin_of_two_companies_sees_one_account_to_choose(app, ada):
    with app.app_context():
        user_id = db.session.query(User).one().id
        db.session.add(
            Membership(
                account_id=make_account("South Yard").id, user_id=user_id, role="admin", permissions=[],
                created_at=datetime.now(UTC),
            )
        )  # fmt: skip
        db.session.commit()
    page = ada.get(f"{CODES}/new").get_data(as_text=True)
    labels = re.findall(r"<label[^>]*>\s*(\w+)", page)
    assert (labels.count("Account"), labels.count("Company")) == (1, 1)


def test_edit_changes_what_was_changed_and_keeps_the_seconds_of_the_rest(app, ada):
    public_id = add(app, ada)
    exact = (datetime.now(UTC) + timedelta(days=5)).replace(second=42, microsecond=0)
    with app.app_context():
        # The second of the two hours that the clocks of Warsaw show twice.
        begins = datetime(2025, 10, 26, 1, 30, 42, tzinfo=UTC)
        changes = {"expires_at": exact, "not_before": begins}
        db.session.query(Grant).filter_by(public_id=public_id).update(changes)
        db.session.commit()
    page = ada.get(f"{CODES}/{public_id}/edit").get_data(as_text=True)
    boxes = {name: re.search(rf'name="{name}"[^>]*value="([^"]+)"', page)[1] for name in ("expires_at", "not_before")}
    answer = ada.submit(f"{CODES}/{public_id}/edit", typed(description="Late shift", version="1", **boxes))
    assert answer.status_code == 303
    (code,) = grants(app)
    assert (code.description, code.expires_at, code.version) == ("Late shift", exact, 2)
    assert code.not_before == begins
    with app.app_context():
        event = db.session.query(AuditEvent).filter_by(action="installation_code.update").one()
        assert event.before["description"] == "Night shift" and event.after["description"] == "Late shift"


def test_fewer_uses_than_are_spent_are_refused_at_the_field(app, ada):
    public_id = add(app, ada)
    with app.app_context():
        db.session.query(Grant).filter_by(public_id=public_id).update({"use_count": 2})
        db.session.commit()
    answer = ada.submit(f"{CODES}/{public_id}/edit", typed(max_uses="1", version="1"))
    assert answer.status_code == 422
    assert "Number of uses: It was used 2 times already. Type 2 to allow no more uses" in text_of(answer)
    assert grants(app)[0].max_uses == 25


def test_an_empty_list_offers_one_way_to_add(ada):
    for path in (CODES, "/admin/provisioning-tokens"):
        assert ada.get(path).get_data(as_text=True).count("</svg>Add</a>") == 1


def test_an_expired_code_keeps_its_past_while_something_else_is_edited(app, ada):
    public_id = add(app, ada)
    with app.app_context():
        db.session.query(Grant).filter_by(public_id=public_id).update({"expires_at": datetime(2026, 1, 5, tzinfo=UTC)})
        db.session.commit()
    fields = typed(description="Winter", expires_at="2026-01-05T01:00", version="1")
    assert ada.submit(f"{CODES}/{public_id}/edit", fields).status_code == 303
    assert grants(app)[0].description == "Winter"


def test_the_second_of_two_who_save_is_told_and_keeps_what_they_typed(app, ada):
    public_id = add(app, ada)
    assert ada.submit(f"{CODES}/{public_id}/edit", typed(description="First", version="1")).status_code == 303
    answer = ada.submit(f"{CODES}/{public_id}/edit", typed(description="Second", version="1"))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "saved this installation code while you were typing" in page and 'value="Second"' in page
    assert "Ada Admin" in page and "Changed: Description." in page
    version = re.search(r'name="version"[^>]*value="(\d+)"', page)[1]
    assert ada.submit(f"{CODES}/{public_id}/edit", typed(description="Second", version=version)).status_code == 303
    assert grants(app)[0].description == "Second"


def test_delete_asks_with_exact_numbers_and_removes(app, ada):
    public_id = add(app, ada)
    for number in range(3):
        make_device(app, f"Phone {number}", grant=public_id)
    make_device(app, "Old phone", REVOKED, grant=public_id)
    page = text_of(ada.get(f"{CODES}/{public_id}/delete"))
    assert "Remove Night shift?" in page and "3 devices it enrolled stay connected." in page
    assert "25 uses are not used yet" in page
    assert re.search(r"\bRemove Cancel\b", page)
    assert ada.submit(f"{CODES}/{public_id}/delete").status_code == 303
    assert grants(app)[0].revoked_at is not None
    assert statuses(app)["Phone 1"] == ACTIVE
    late = ada.submit(f"{CODES}/{public_id}/edit", typed(version="2"))
    assert late.status_code == 422 and "was removed" in text_of(late)
    edit = ada.get(f"{CODES}/{public_id}/edit", follow_redirects=True)  # from a list that stood open
    assert edit.request.path == f"{CODES}/{public_id}" and "was removed" in text_of(edit)


def test_every_device_of_a_code_is_listed_and_suspended_or_revoked_together(app, ada):
    public_id, other = add(app, ada), add(app, ada, description="Other")
    make_device(app, "Phone 1", grant=public_id)
    make_device(app, "Phone 2", grant=public_id)
    make_device(app, "Old phone", REVOKED, grant=public_id)
    make_device(app, "Foreign", grant=other)
    shown = text_of(ada.get(f"{CODES}/{public_id}"))
    assert "Phone 1" in shown and "Old phone" in shown and "Foreign" not in shown
    asked = text_of(ada.get(f"{CODES}/{public_id}/suspend-devices"))
    assert "2 devices are refused from the next request on" in asked and "1 other device" in asked
    ada.submit(f"{CODES}/{public_id}/suspend-devices")
    assert statuses(app) == {"Phone 1": SUSPENDED, "Phone 2": SUSPENDED, "Old phone": REVOKED, "Foreign": ACTIVE}
    asked = text_of(ada.get(f"{CODES}/{public_id}/revoke-devices"))
    assert "2 devices are signed out for good" in asked and "registered with it" not in asked
    answer = ada.submit(f"{CODES}/{public_id}/revoke-devices")
    assert "2 devices are revoked." in ada.get(answer.location).get_data(as_text=True)
    assert statuses(app) == {"Phone 1": REVOKED, "Phone 2": REVOKED, "Old phone": REVOKED, "Foreign": ACTIVE}


def test_who_registered_with_a_code_stays_a_member_and_that_is_said_before(app, ada):
    public_id = add(app, ada)
    with app.app_context():
        account = db.session.query(Account).one()
        nina, olaf = (make_member(account, f"{one}@example.com", role="member").user_id for one in ("nina", "olaf"))
    make_device(app, "Phone 1", grant=public_id, user_id=nina)
    assert "The person who registered with it stays a member." in text_of(
        ada.get(f"{CODES}/{public_id}/revoke-devices")
    )
    make_device(app, "Phone 2", grant=public_id, user_id=olaf)
    asked = text_of(ada.get(f"{CODES}/{public_id}/suspend-devices"))
    assert "The 2 people who registered with it stay members. Remove them under Settings, People" in asked


def test_refused_tries_are_listed_with_their_reason(app, ada):
    public_id = add(app, ada)
    with app.app_context():
        code = db.session.query(Grant).filter_by(public_id=public_id).one()
        db.session.add(
            Redemption(
                account_id=code.account_id, grant_id=code.id, outcome="refused", reason="foreign_network",
                browser="Android, Chrome", at=datetime.now(UTC),
            )
        )  # fmt: skip
        db.session.commit()
    shown = text_of(ada.get(f"{CODES}/{public_id}"))
    assert "refused foreign network" in shown and "Android, Chrome" in shown


def test_who_may_not_manage_codes_sees_none(app, client):
    with app.app_context():
        make_member(make_account(), role="member")
    client.sign_in("ada@example.com")
    assert client.get(CODES).status_code == 403
    assert "Installation codes" not in client.get("/admin/").get_data(as_text=True)


def test_hostile_and_right_to_left_descriptions_stay_text(app, ada):
    name = "<script>alert(1)</script> \u0634\u0627\u062d\u0646\u0629 \u202egnp.exe"
    public_id = add(app, ada, description=name)
    for path in ("", f"/{public_id}", f"/{public_id}/qr", f"/{public_id}/edit", f"/{public_id}/delete"):
        assert "<script>alert" not in ada.get(CODES + path).get_data(as_text=True)
