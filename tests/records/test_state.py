"""The state of a record: set on its page, in lists and files, and what its public page says."""

import csv
import io
import threading
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from portal.accounts.models import Account
from portal.audit.models import AuditEvent
from portal.extensions import db
from portal.records.filters import RecordFilter
from portal.records.lists import count, list_page
from portal.records.models import Record
from portal.records.states import IN_USE, LOST, OUT_OF_ORDER, RETIRED, STATES, STOLEN
from portal.worker import work_once
from tests.client import PortalClient
from tests.factories.people import PASSCODE, make_account, make_member
from tests.factories.things import make_record, scan_path

TODAY = date(2027, 6, 15)


@pytest.fixture
def truck(app, client):
    """A signed-in admin's truck: its public id."""
    with app.app_context():
        account = make_account()
        make_member(account)
        public_id = make_record(account).public_id
    client.sign_in("ada@example.com")
    return public_id


def row(public_id):
    return db.session.scalars(select(Record).where(Record.public_id == public_id)).one()


def test_it_is_set_on_the_records_page_and_written_down(app, client, truck):
    page = client.get(f"/admin/records/{truck}").get_data(as_text=True)
    assert '<option value="in use" selected>' in page
    with app.app_context():
        version = row(truck).version
        assert row(truck).state == IN_USE and row(truck).state_at is None
    assert client.submit(f"/admin/records/{truck}/state", {"state": "stolen"}).status_code == 303
    page = client.get(f"/admin/records/{truck}").get_data(as_text=True)
    assert '<option value="stolen" selected>' in page and "since " in page and 'State: <del dir="auto">in use' in page
    with app.app_context():
        assert row(truck).state == STOLEN and row(truck).state_at is not None and row(truck).version == version + 1
        event = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert (event.action, event.before, event.after) == (
            "record.update",
            {"state": "in use"},
            {"state": "stolen", "version": version + 1},
        )


@pytest.mark.parametrize("state", ["broken", "in use; DROP", "\0"])
def test_no_other_state_is_taken(app, client, truck, state):
    assert client.submit(f"/admin/records/{truck}/state", {"state": state}).status_code == 400
    with app.app_context():
        assert row(truck).state == IN_USE


def test_the_edit_form_leaves_it_alone(app, client, truck):
    client.submit(f"/admin/records/{truck}/state", {"state": "lost"})
    page = client.get(f"/admin/records/{truck}/edit").get_data(as_text=True)
    assert 'name="state"' not in page
    assert client.submit(f"/admin/records/{truck}/edit", {"name": "Truck 8", "state": "in use"}).status_code == 303
    with app.app_context():
        assert (row(truck).name, row(truck).state) == ("Truck 8", LOST)


def test_members_who_may_not_edit_see_it_only(app, truck):
    with app.app_context():
        make_member(db.session.get(Account, row(truck).account_id), "mia@example.com", role="member")
    client = PortalClient(app)
    client.sign_in("mia@example.com")
    page = client.get(f"/admin/records/{truck}").get_data(as_text=True)
    assert "<span>in use</span>" in page
    assert 'name="state"' not in page
    assert client.submit(f"/admin/records/{truck}/state", {"state": "lost"}).status_code == 403


def test_lists_show_and_filter_it(app, client):
    with app.app_context():
        account = make_account()
        make_member(account)
        for state in STATES:
            make_record(account, name=f"Thing {state}", state=state)
        make_record(account, name="Archived", state=LOST, archived_at=datetime.now(UTC))
        for state in STATES:
            filter = RecordFilter(kind="vehicle", state=state)
            page = list_page(db.session(), account.id, filter, today=TODAY)
            assert [line.columns.name for line in page.lines] == [f"Thing {state}"]
            assert count(db.session(), account.id, filter, today=TODAY) == 1
            assert RecordFilter.from_query_string(filter.to_query_string()) == filter and filter.is_narrowed
    client.sign_in("ada@example.com")
    page = client.get("/admin/records?state=out+of+order").get_data(as_text=True)
    assert "Thing out of order" in page and "Thing lost" not in page
    assert 'class="state state-soon"><span>out of order' in page
    everything = client.get("/admin/records?state=nonsense").get_data(as_text=True)
    assert all(f"Thing {state}" in everything for state in STATES) and "<span>in use" not in everything


def import_file(client, app, text):
    file = (io.BytesIO(text.encode()), "a.csv")
    form = {"kind": "vehicle", "mode": "apply", "file": file}
    answer = client.submit("/admin/import", form, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.get_data(as_text=True)[:3000]
    with app.app_context():
        while work_once(app.extensions["portal"], threading.Event()):
            pass
    return client.get(answer.location).get_data(as_text=True)


@pytest.mark.parametrize("heading", ["State", "status", "STATUS"])
def test_files_bring_it_in_and_out(app, client, truck, heading):
    text = f"id,Name,{heading}\n{truck},Truck 7,Out of Order\n,Van,\n,Bus,in_use\n,Car,RETIRED\n"
    import_file(client, app, text)
    with app.app_context():
        states = dict(db.session.execute(select(Record.name, Record.state)).all())
        assert states == {"Truck 7": OUT_OF_ORDER, "Van": IN_USE, "Bus": IN_USE, "Car": RETIRED}
        since = dict(db.session.execute(select(Record.name, Record.state_at)).all())
        assert {name for name, at in since.items() if at} == {"Truck 7", "Car"}
        kept = since["Truck 7"]
    exported = client.get("/admin/export?kind=vehicle").get_data(as_text=True).removeprefix("\ufeff")
    shown = {one["Name"]: one["State"] for one in csv.DictReader(io.StringIO(exported))}
    assert shown == states
    import_file(client, app, exported.replace("Car", "Cart"))
    with app.app_context():
        assert row(truck).state == OUT_OF_ORDER and row(truck).state_at == kept


def test_a_file_with_another_word_is_refused_with_the_words_that_are_taken(app, client, truck):
    page = import_file(client, app, "Name,State\nVan,Michigan\n")
    assert "Type one of: in use, out of order, lost, stolen, retired." in page
    with app.app_context():
        assert db.session.scalars(select(Record.name)).all() == ["Truck 7"]


@pytest.mark.parametrize(
    ("state", "words", "tone"),
    [
        (OUT_OF_ORDER, "Do not use it", "bad"),
        (LOST, "Thank you for finding this", "soon"),
        (STOLEN, "Thank you for scanning this", "bad"),
        (RETIRED, "No longer in use", "soon"),
    ],
)
def test_the_public_page_says_so_and_keeps_the_contact(app, client, state, words, tone):
    with app.app_context():
        account = make_account("Haulage & Sons")
        owner = make_record(account, "contact", "Olga", email="olga@example.com")
        path = scan_path(make_record(account, state=state, owner_id=owner.id))
    gate = client.get(path).get_data(as_text=True)
    assert words not in gate and state not in gate  # nothing of the record before the passcode
    client.post(path, data={"passcode": PASSCODE})
    page = client.get(path).get_data(as_text=True)
    assert words in page and f'class="notice {tone}"' in page
    assert page.index(words) < page.index("Email Me") and "mailto:olga@example.com" in page


def test_a_record_in_use_says_nothing_of_it(app, client):
    with app.app_context():
        path = scan_path(make_record(make_account()))
    client.post(path, data={"passcode": PASSCODE})
    assert 'class="notice' not in client.get(path).get_data(as_text=True)
