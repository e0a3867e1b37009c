"""Rules of records on a real database, with the races between two who save at once."""

import threading
from datetime import UTC, date, datetime

import pytest

from portal.accounts.models import Account
from portal.audit.models import AuditEvent
from portal.audit.operations import Actor
from portal.errors import NotFound
from portal.extensions import db
from portal.records import bulk, deletion, expiring, operations
from portal.records.conflicts import Conflict
from portal.records.expirations import Paper
from portal.records.models import Expiration, Record
from portal.records.operations import Refusal
from portal.stickers import operations as stickers
from portal.stickers.models import Sticker
from tests.factories.people import make_account
from tests.factories.things import make_expiration, make_record

NOW = datetime(2027, 6, 15, 12, tzinfo=UTC)
ADA, BOB = Actor(1, "Ada"), Actor(2, "Bob")


@pytest.fixture
def company(app):
    with app.app_context():
        yield make_account(country="PL", timezone="Europe/Warsaw")


def create(account, kind="vehicle", **values):
    return operations.create_record(db.session(), account=account, kind=kind, values=values, now=NOW, actor=ADA)


def update(account, record, actor=ADA, seen_version=None, **values):
    return operations.update_record(
        db.session(), record, account=account, values=values, now=NOW, actor=actor, seen_version=seen_version
    )


def errors(outcome) -> dict[str, str]:
    assert isinstance(outcome, Refusal), outcome
    return outcome.errors


def test_a_contact_is_kept_in_normal_form(company):
    record = create(company, "contact", name="  Jan\t Kowalski ", phone="601 234 567", email="Jan@FIRMA.pl")
    assert (record.name, record.phone, record.email) == ("Jan Kowalski", "+48601234567", "Jan@firma.pl")


@pytest.mark.parametrize(
    ("kind", "field", "typed", "says"),
    [
        ("vehicle", "name", " \u0000 ", "Type a name"),
        ("vehicle", "name", "x" * 201, "at most 200"),
        ("vehicle", "year", "1885", "from 1886 to 2028"),
        ("vehicle", "year", "2029", "from 1886 to 2028"),
        ("vehicle", "year", "MMXX", "whole number"),
        ("vehicle", "odometer", "-1", "from 0 to"),
        ("contact", "email", "a@b@c", "one e-mail address"),
        ("contact", "phone", "call me", "phone number"),
        ("location", "latitude", "90.1", "from -90 to 90"),
        ("location", "latitude", "nan", "decimal number"),
        ("location", "latitude", "5_2", "decimal number"),
        ("location", "longitude", "1e999", "decimal number"),
        ("location", "latitude", "52", "longitude"),
        ("vehicle", "owner_id", 999_999, "Choose a contact"),
        ("vehicle", "location_id", 999_999, "Choose a location"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(company, kind, field, typed, says):
    refused = errors(create(company, kind, **{"name": "Thing"} | {field: typed}))
    assert says in " ".join(refused.values())
    assert db.session.query(Record).count() == 0


def test_numbers_are_read_as_people_write_them(company):
    assert create(company, name="T", odometer="1 234 567", year="2028").odometer == 1_234_567
    place = create(company, "location", name="L", latitude="52,2297", longitude="\u22121.5")
    assert (place.latitude, place.longitude) == (52.2297, -1.5)


def test_a_tag_is_unique_in_its_account_whatever_its_case(company):
    create(company, name="First", tag="AB-1")
    assert "“First”" in errors(create(company, name="Second", tag="ab-1"))["tag"]
    assert isinstance(create(company, name="Third", tag=""), Record)
    assert isinstance(create(company, name="Fourth", tag=" "), Record)
    assert isinstance(create(make_account("Other"), name="Fifth", tag="AB-1"), Record)


def test_a_tag_with_an_accent_is_another_tag(company):
    create(company, name="First", tag="A1")
    assert isinstance(create(company, name="Second", tag="Á1"), Record)


def test_owner_and_location_are_of_the_account_and_of_the_kind(company):
    elsewhere = create(make_account("Other"), "contact", name="Stranger")
    truck = create(company, name="Truck")
    archived = create(company, "contact", name="Gone")
    operations.archive_record(db.session(), archived, now=NOW, actor=ADA)
    for wrong in (elsewhere.id, truck.id):
        assert "Choose a contact" in errors(create(company, name="T", owner_id=wrong))["owner_id"]
    assert "Gone is archived" in errors(create(company, name="T", owner_id=archived.id))["owner_id"]


def test_an_archived_owner_may_stay_while_other_fields_change(company):
    owner = create(company, "contact", name="Olga")
    truck = create(company, name="Truck", owner_id=owner.id)
    operations.archive_record(db.session(), owner, now=NOW, actor=ADA)
    assert isinstance(update(company, truck, name="Truck 2", owner_id=owner.id), Record)


@pytest.mark.parametrize(("kind", "column"), [("contact", "supervisor_id"), ("location", "location_id")])
def test_no_circle_at_any_depth(company, kind, column):
    chain = [create(company, kind, name="N0")]
    for number in range(1, 30):
        chain.append(create(company, kind, name=f"N{number}", **{column: chain[-1].id}))
    assert "cannot be" in errors(update(company, chain[0], **{column: chain[0].id}))[column]
    for below in (chain[1], chain[29]):
        assert below.name in errors(update(company, chain[0], **{column: below.id}))[column]
    assert isinstance(update(company, chain[29], **{column: chain[3].id}), Record)


def test_the_second_to_save_is_told_who_changed_what(company):
    owner = create(company, "contact", name="Olga")
    truck = create(company, name="Truck", plate="KR 1")
    seen = truck.version
    update(company, truck, BOB, seen, plate="KR 2", owner_id=owner.id)
    update(company, truck, BOB, seen + 1, plate="KR 3")
    outcome = update(company, truck, ADA, seen, name="Mine")
    assert isinstance(outcome, Conflict)
    assert outcome.who == ("Bob",)
    told = {change.label: (change.before, change.after) for change in outcome.changes}
    assert told == {"Plate": ("KR 1", "KR 3"), "Owner": ("", "Olga")}
    assert truck.name == "Truck"
    assert isinstance(update(company, truck, ADA, outcome.version, name="Mine"), Record)


def test_fields_that_are_not_sent_are_left_and_saving_nothing_changes_nothing(company):
    truck = create(company, name="Truck", plate="KR 1", tag="T")
    before = truck.version
    update(company, truck, name="Truck", plate="KR 1")
    assert truck.version == before
    update(company, truck, plate="")
    assert (truck.name, truck.plate, truck.tag, truck.version) == ("Truck", "", "T", before + 1)
    event = db.session.query(AuditEvent).order_by(AuditEvent.id.desc()).first()
    assert (event.action, event.before, event.after["plate"]) == ("record.update", {"plate": "KR 1"}, "")


def test_renewing_keeps_the_history(company):
    truck = create(company, name="Truck")
    first = expiring.add_expiration(db.session(), truck, Paper("insurance", date(2027, 1, 1), 30), now=NOW, actor=ADA)
    assert (truck.next_expires_on, truck.next_warns_on) == (date(2027, 1, 1), date(2026, 12, 2))
    expiring.renew_expiration(db.session(), first, date(2028, 1, 1), now=NOW, actor=ADA)
    assert expiring.renew_expiration(db.session(), first, date(2029, 1, 1), now=NOW, actor=BOB) is None
    assert truck.next_expires_on == date(2028, 1, 1)
    rows = db.session.query(Expiration).order_by(Expiration.expires_on).all()
    assert [(row.expires_on.year, row.renewed_at is not None) for row in rows] == [(2027, True), (2028, False)]
    expiring.delete_expiration(db.session(), rows[1], now=NOW, actor=ADA)
    assert truck.next_expires_on is None and truck.next_warns_on is None
    with pytest.raises(NotFound):
        expiring.edit_expiration(db.session(), rows[1], Paper("x", date(2028, 1, 1), 0), now=NOW, actor=ADA)


def test_deleting_a_contact_clears_it_everywhere_and_says_so(company):
    boss = make_record(company, "contact", "Boss")
    make_record(company, "contact", "Worker", supervisor_id=boss.id)
    truck = make_record(company, name="Truck", owner_id=boss.id)
    make_expiration(boss)
    assert deletion.count_consequences(db.session(), company.id, boss.id) == deletion.Consequences(1, 1, 0, 1)
    seen, gone = truck.version, boss.id
    stickers.revoke_all_for_record(db.session(), company.id, boss.id, NOW)
    deletion.delete_record(db.session(), boss, now=NOW, actor=BOB)
    db.session.commit()
    db.session.expire_all()
    assert db.session.get(Record, gone) is None and db.session.query(Expiration).count() == 0
    assert truck.owner_id is None
    sticker = db.session.query(Sticker).filter_by(record_id=None).one()
    assert sticker.revoked_at == NOW
    outcome = update(company, truck, ADA, seen, name="Mine")
    assert isinstance(outcome, Conflict)
    assert [(one.label, one.before, one.after) for one in outcome.changes] == [("Owner", "Boss", "")]


def test_many_are_archived_and_restored_once_with_an_event_each(company):
    ids = [make_record(company, name=f"T{number}").id for number in range(3)]
    stranger = make_record(make_account("Other"), name="Theirs").id
    assert bulk.archive_many(db.session(), company.id, [*ids, stranger], now=NOW, actor=BOB) == 3
    assert bulk.archive_many(db.session(), company.id, ids, now=NOW, actor=BOB) == 0
    db.session.expire_all()
    assert db.session.get(Record, stranger).archived_at is None
    assert db.session.query(AuditEvent).filter_by(action="record.archive").count() == 3
    assert bulk.restore_many(db.session(), company.id, ids, now=NOW, actor=BOB) == 3


def in_parallel(app, *acts):
    """Runs each act in a thread with a session of its own, all started together; returns their outcomes."""
    ready = threading.Barrier(len(acts))
    outcomes: list[object] = [None] * len(acts)

    def run(at: int) -> None:
        with app.app_context():
            ready.wait()
            try:
                outcomes[at] = type(acts[at]()).__name__
                db.session.commit()
            except Exception as fault:
                outcomes[at] = repr(fault)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def reload(account_id, record_id):
    return db.session.get(Account, account_id), db.session.get(Record, record_id)


def test_two_admins_cannot_close_a_circle_together(app):
    with app.app_context():
        account = make_account()
        one, two = (make_record(account, "contact", name) for name in ("One", "Two"))
        account_id, first, second = account.id, one.id, two.id
        db.session.remove()

    def point(below, above):
        account, record = reload(account_id, below)
        return update(account, record, supervisor_id=above)

    outcomes = in_parallel(app, lambda: point(first, second), lambda: point(second, first))
    assert sorted(outcomes) == ["Record", "Refusal"]


def test_two_admins_cannot_give_one_tag_twice(app):
    with app.app_context():
        account_id = make_account().id
        db.session.remove()

    def make(name):
        return create(db.session.get(Account, account_id), name=name, tag="T-1")

    outcomes = in_parallel(app, *(lambda number=number: make(f"Truck {number}") for number in range(6)))
    assert sorted(outcomes) == ["Record"] + ["Refusal"] * 5


def test_of_two_who_save_the_same_version_one_is_told(app):
    with app.app_context():
        account = make_account()
        record = make_record(account, name="Truck")
        account_id, record_id, seen = account.id, record.id, record.version
        db.session.remove()

    def save(name):
        account, record = reload(account_id, record_id)
        return update(account, record, seen_version=seen, name=name)

    outcomes = in_parallel(app, *(lambda number=number: save(f"Truck {number}") for number in range(6)))
    assert sorted(outcomes) == ["Conflict"] * 5 + ["Record"]
