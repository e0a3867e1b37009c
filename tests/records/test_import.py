"""Imports on a real database: what is created, updated, cleared and refused, and that it is all or nothing."""

from datetime import date

import pytest
from sqlalchemy import func, select

from portal.audit.models import AuditEvent
from portal.extensions import db
from portal.records.drafts import FileRefused, read_sheet
from portal.records.models import Expiration, Record
from portal.records.reports import make_report, tell
from portal.stickers.models import Sticker
from tests.factories.people import make_account
from tests.factories.things import make_expiration, make_record
from tests.records.importing import apply, check, counts, record, refused, sheet_bytes


@pytest.fixture(autouse=True)
def _context(app):
    with app.app_context():
        yield


@pytest.fixture
def account():
    return make_account()


def papers(target: Record) -> list[tuple]:
    rows = db.session.query(Expiration).filter_by(record_id=target.id).order_by(Expiration.expires_on)
    return [(one.what, one.expires_on.isoformat(), one.warn_days, one.renewed_at is not None) for one in rows]


def events_of(target: Record) -> list[AuditEvent]:
    return db.session.query(AuditEvent).filter_by(target_public_id=target.public_id, actor_name="Ida Importer").all()


def test_new_records_get_all_that_a_form_gives_them(account):
    make_record(account, "contact", "Maria Keller", email="maria@example.com")
    make_record(account, "location", "North yard")
    plan = apply(
        account,
        "vehicle",
        sheet_bytes(
            ["Plate", "NAME ", "license_plate expires on", "Fleet number", "Owner", "Site", "Year", "Odometer"],
            ["KR 1234", "Łódź van", "2027-04-02", "V-1", "MARIA@example.com", "north  yard", "2019", "120 000"],
        ),
    )
    assert counts(plan) == {"created": 1}
    van = record(account, kind="vehicle")
    assert (van.name, van.tag, van.plate, van.year, van.odometer) == ("Łódź van", "V-1", "KR 1234", 2019, 120_000)
    assert (van.owner.name, van.location.name) == ("Maria Keller", "North yard")
    assert (van.tag_key, van.version, van.updated_by_name) == ("v-1", 1, "Ida Importer")
    assert "kr1234" in van.search_text
    assert papers(van) == [("license_plate", "2027-04-02", 30, False)]
    assert (van.next_expires_on, van.next_warns_on) == (date(2027, 4, 2), date(2027, 3, 3))
    assert db.session.query(Sticker).filter_by(record_id=van.id, revoked_at=None).count() == 1


def test_phones_are_kept_in_e164_and_emails_checked():
    account = make_account(country="PL")
    apply(account, "contact", sheet_bytes(["name", "cell phone", "mail"], ["Jan", "601 234 567", "jan@Example.COM"]))
    assert (record(account).mobile, record(account).email) == ("+48601234567", "jan@example.com")
    bad = check(account, "contact", sheet_bytes(["name", "phone", "mail"], ["Eva", "12", "eva at home"]))
    assert refused(bad) == [(2, "mail"), (2, "phone")]


def test_a_missing_column_leaves_and_a_blank_cell_clears(account):
    owner = make_record(account, "contact", "Maria Keller")
    van = make_record(account, name="Van", tag="V-1", plate="KR 1", make="Volvo", year=2019, owner_id=owner.id)
    make_expiration(van, "insurance", date(2027, 5, 1))
    plan = apply(
        account, "vehicle", sheet_bytes(["tag", "plate", "year", "owner", "insurance expires"], ["v-1", "", "", "", ""])
    )
    assert counts(plan) == {"updated": 1, "cleared": 4}
    van = record(account, kind="vehicle")
    assert (van.name, van.make, van.plate, van.year, van.owner_id) == ("Van", "Volvo", "", None, None)
    assert (papers(van), van.next_expires_on, van.next_warns_on, van.version) == ([], None, None, 2)


def test_a_name_cannot_be_cleared(account):
    make_record(account, name="Van", tag="V-1")
    plan = check(account, "vehicle", sheet_bytes(["tag", "name"], ["V-1", " "]))
    assert refused(plan) == [(2, "name")]
    assert "cannot be cleared" in plan.refused[0].reason


def test_records_are_found_by_id_then_tag(account):
    van = make_record(account, name="Van", tag="V-1")
    truck = make_record(account, name="Truck", tag="T-1")
    plan = apply(
        account,
        "vehicle",
        sheet_bytes(["id", "tag", "name"], [van.public_id, "V-9", "Van 9"], ["", "t-1", "Truck 9"], ["", "", "New"]),
    )
    assert counts(plan) == {"created": 1, "updated": 2}
    assert (record(account, id=van.id).tag, record(account, id=truck.id).name) == ("V-9", "Truck 9")
    assert record(account, name="New").tag_key is None


def test_tags_may_be_swapped_within_a_file(account):
    one, two = make_record(account, name="One", tag="A"), make_record(account, name="Two", tag="B")
    plan = apply(account, "vehicle", sheet_bytes(["id", "tag"], [one.public_id, "B"], [two.public_id, "A"]))
    assert counts(plan) == {"updated": 2}
    assert (record(account, id=one.id).tag_key, record(account, id=two.id).tag_key) == ("b", "a")


def test_doubled_tags_and_ids_are_refused_on_both_lines(account):
    van = make_record(account, name="Van", tag="V-1")
    make_record(account, "equipment", "Saw", tag="S-1")
    plan = check(
        account,
        "vehicle",
        sheet_bytes(
            ["id", "name", "tag"],
            ["", "New", "N-1"],
            ["", "Newer", "n-1"],
            [van.public_id, "Van", "V-1"],
            [van.public_id, "Van", "V-1"],
            ["zzzzzzzzzzzz", "Ghost", ""],
            ["", "Saw", "S-1"],
        ),
    )
    assert [cell.line for cell in plan.refused if cell.column == "tag"] == [2, 3, 7]
    assert [cell.line for cell in plan.refused if cell.column == "id"] == [4, 5, 6]
    reasons = {(cell.line, cell.column): cell.reason for cell in plan.refused}
    assert "Line 3" in reasons[2, "tag"] and "Line 2" in reasons[3, "tag"]
    assert "Line 5" in reasons[4, "id"]
    assert "equipment “Saw”" in reasons[7, "tag"]


def test_two_rows_found_by_one_tag_are_refused_in_that_column(account):
    make_record(account, name="Van", tag="V-1")
    plan = check(account, "vehicle", sheet_bytes(["tag", "year"], ["V-1", "2019"], ["v-1", "2020"]))
    assert refused(plan) == [(2, "tag"), (3, "tag")]


def test_a_tag_that_another_record_has_is_refused(account):
    van = make_record(account, name="Van", tag="V-1")
    make_record(account, "equipment", "Saw", tag="S-1")
    plan = check(account, "vehicle", sheet_bytes(["id", "tag"], [van.public_id, "S-1"]))
    assert refused(plan) == [(2, "tag")]
    assert "“Saw”" in plan.refused[0].reason


def test_one_refused_row_and_nothing_is_applied(account):
    van = make_record(account, name="Van", tag="V-1")
    events = db.session.scalar(select(func.count(AuditEvent.id)))
    plan = apply(
        account,
        "vehicle",
        sheet_bytes(["tag", "name", "year"], ["V-1", "Van 2", ""], ["V-2", "New", ""], ["V-3", "Bad", "soon"]),
    )
    assert refused(plan) == [(4, "year")]
    assert "“soon”" in plan.refused[0].reason
    assert record(account).name == van.name == "Van"
    assert db.session.scalar(select(func.count(AuditEvent.id))) == events


def test_every_refused_cell_is_told_with_line_and_column(account):
    plan = check(
        account,
        "vehicle",
        b"Name,Notes,Year,Insurance expires,Owner\n"
        b'Van,"two\nlines",soon,31.02.2027,Nobody Known\n'
        b",x,2020,,\n"
        b"Truck,short\n",
    )
    assert refused(plan) == [
        (2, "Insurance expires"),
        (2, "Year"),
        (2, "Owner"),
        (4, "Name"),
        (5, ""),
    ]


def test_owners_must_be_one_and_only_one(account):
    make_record(account, "contact", "Jan Kowalski", email="a@example.com", tag="C-1")
    twin = make_record(account, "contact", "Jan Kowalski", email="b@example.com")
    gone = make_record(account, "contact", "Old Hand")
    make_record(account, name="Old van", tag="OLD", owner_id=gone.id)
    gone.archived_at = twin.created_at
    db.session.commit()
    make_record(account, "location", "Somewhere")
    cells = ["Jan Kowalski", "b@example.com", twin.public_id, "c-1", "Somewhere", "Old Hand"]
    plan = check(account, "vehicle", sheet_bytes(["name", "owner"], *([f"Van {cell}", cell] for cell in cells)))
    assert refused(plan) == [(2, "owner"), (6, "owner"), (7, "owner")]
    assert "2 contacts" in plan.refused[0].reason
    assert "archived" in plan.refused[2].reason
    assert plan.rows[2].changes["owner_id"] == twin.id
    assert counts(check(account, "vehicle", sheet_bytes(["tag", "owner"], ["OLD", "Old Hand"]))) == {"unchanged": 1}


def test_another_accounts_contact_is_nobody(account):
    other = make_account("Other Company")
    stranger = make_record(other, "contact", "Stranger", tag="X", email="s@example.com")
    theirs = make_record(other, name="Their van", tag="V-1")
    cells = ["Stranger", "s@example.com", "X", stranger.public_id]
    plan = check(
        account,
        "vehicle",
        sheet_bytes(["id", "name", "owner"], *(["", "Van", cell] for cell in cells), [theirs.public_id, "Van", ""]),
    )
    assert refused(plan) == [(2, "owner"), (3, "owner"), (4, "owner"), (5, "owner"), (6, "id")]
    assert counts(apply(account, "vehicle", sheet_bytes(["tag", "name"], ["V-1", "Ours"]))) == {"created": 1}
    assert record(other, kind="vehicle").name == "Their van"


def test_supervisors_may_stand_in_the_same_file_in_any_order(account):
    plan = apply(
        account, "contact", sheet_bytes(["name", "reports to"], ["Low", "Middle"], ["Middle", "Top"], ["Top", ""])
    )
    assert counts(plan) == {"created": 3}
    assert record(account, name="Low").supervisor.supervisor.name == "Top"


@pytest.mark.parametrize("rows", [[["Top", "Low"]], [["Top", "Top"]], [["Low", "Top"], ["Top", "New"], ["New", "Low"]]])
def test_a_circle_of_supervisors_is_refused(account, rows):
    top = make_record(account, "contact", "Top", tag="Top")
    middle = make_record(account, "contact", "Middle", tag="Middle", supervisor_id=top.id)
    make_record(account, "contact", "Low", tag="Low", supervisor_id=middle.id)
    data = sheet_bytes(["tag", "name", "supervisor"], *([name, name, boss] for name, boss in rows))
    plan = apply(account, "contact", data)
    assert plan.refused and {cell.column for cell in plan.refused} == {"supervisor"}
    assert record(account, name="Top").supervisor_id is None


def test_a_circle_may_be_turned_around_in_one_file(account):
    top = make_record(account, "contact", "Top", tag="Top")
    make_record(account, "contact", "Low", tag="Low", supervisor_id=top.id)
    plan = apply(account, "contact", sheet_bytes(["tag", "supervisor"], ["Top", "Low"], ["Low", ""]))
    assert not plan.refused
    assert record(account, name="Top").supervisor.name == "Low"


def test_a_location_cannot_lie_inside_itself(account):
    plan = check(account, "location", sheet_bytes(["name", "inside"], ["A", "B"], ["B", "A"]))
    assert refused(plan) == [(2, "inside"), (3, "inside")]
    assert "A lies inside B lies inside A" in plan.refused[0].reason


def test_expirations_are_added_renewed_edited_and_removed(account):
    van = make_record(account, name="Van", tag="V-1")
    for what, day, warn_days in (
        ("registration", 1, 30),
        ("insurance", 2, 14),
        ("Crane test", 3, 30),
        ("service", 4, 30),
    ):
        make_expiration(van, what, date(2027, 4, day), warn_days)
    plan = apply(
        account,
        "vehicle",
        sheet_bytes(
            [
                "tag",
                "REGISTRATION expires",
                "insurance expiry date",
                "insurance warn days",
                "crane TEST expires on",
                "License expires",
                "License warn days",
            ],
            ["V-1", "2028-04-01", "2027-04-02", "60", "", "2027-06-01", ""],
        ),
    )
    assert counts(plan) == {"updated": 1, "cleared": 1}
    assert papers(record(account)) == [
        ("registration", "2027-04-01", 30, True),
        ("insurance", "2027-04-02", 60, False),
        ("service", "2027-04-04", 30, False),
        ("licence", "2027-06-01", 30, False),
        ("registration", "2028-04-01", 30, False),
    ]
    assert (record(account).next_expires_on, record(account).next_warns_on) == (date(2027, 4, 2), date(2027, 2, 1))
    assert record(account).version == 1, "expirations are not part of the record's form"
    actions = [event.action for event in events_of(van)]
    assert sorted(actions) == ["expiration.add", "expiration.delete", "expiration.edit", "expiration.renew"]


@pytest.mark.parametrize(("country", "day"), [("US", date(2027, 3, 1)), ("DE", date(2027, 1, 3))])
def test_ambiguous_dates_follow_the_country(country, day):
    account = make_account(country=country)
    apply(account, "vehicle", sheet_bytes(["name", "insurance expires"], ["Van", "3/1/2027"]))
    assert record(account).next_expires_on == day


def test_events_say_who_changed_what(account):
    owner = make_record(account, "contact", "Maria Keller")
    van = make_record(account, name="Van", tag="V-1", owner_id=owner.id, plate="KR 1")
    apply(
        account,
        "vehicle",
        sheet_bytes(["tag", "owner", "plate", "name"], ["V-1", "", "KR 2", "Van"], ["V-2", "Maria Keller", "", "New"]),
    )
    (change,) = events_of(van)
    assert (change.action, change.actor_name) == ("record.update", "Ida Importer")
    assert change.before == {"owner_id": "Maria Keller", "plate": "KR 1"}
    assert change.after == {"owner_id": "", "plate": "KR 2", "version": 2}
    (made,) = events_of(record(account, tag="V-2"))
    assert made.after == {"name": "New", "tag": "V-2", "owner_id": "Maria Keller", "version": 1}
    whole = db.session.query(AuditEvent).filter_by(action="records.import").one()
    assert (whole.after["created"], whole.after["updated"]) == (1, 1)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252"])
def test_delimiters_and_encodings(account, delimiter, encoding):
    data = sheet_bytes(["name", "make"], ["Müller’s Café", "a,b;c\td"], delimiter=delimiter).decode().encode(encoding)
    apply(account, "vehicle", data)
    assert (record(account).name, record(account).make) == ("Müller’s Café", "a,b;c d")


def test_formula_apostrophes_are_taken_off(account):
    apply(account, "vehicle", sheet_bytes(["name", "make", "model"], ["'=1+1", "'plain", "''=quoted"]))
    assert (record(account).name, record(account).make, record(account).model) == ("=1+1", "'plain", "'=quoted")


def test_unknown_columns_are_named(account):
    plan = check(
        account, "vehicle", sheet_bytes(["name", "Colour", "Warranty warn days", "photo"], ["Van", "red", "3", ""])
    )
    assert plan.sheet.columns.unknown == ("Colour", "photo", "Warranty warn days")
    text = tell(make_report(plan, applied=False))
    assert "Ignored column: Colour" in text and "created 1" in text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"PK\x03\x04", "workbook"),
        (b"name\n", "no rows"),
        (b"colour\nred\n", "No heading"),
        (b"make\nVolvo\n", "Name"),
        (b"tag,unit number\n1,2\n", "unit number"),
        (b"name,insurance expires,insurance expires on\nVan,,\n", "insurance expires on"),
        (b'name\n"Van\n', "quotation"),
    ],
)
def test_files_that_are_refused_as_a_whole(account, data, words):
    with pytest.raises(FileRefused) as refusal:
        read_sheet("vehicle", data)
    assert words in refusal.value.sentence


def test_new_rows_need_a_name_column(account):
    make_record(account, name="Van", tag="V-1")
    plan = check(account, "vehicle", sheet_bytes(["tag", "make"], ["V-1", "Volvo"], ["V-2", "Volvo"]))
    assert refused(plan) == [(3, "Name")]


def test_a_position_is_whole_or_absent(account):
    make_record(account, "location", "Yard", tag="L", latitude=52.0, longitude=21.0)
    assert refused(check(account, "location", sheet_bytes(["tag", "lat"], ["L", ""]))) == [(2, "lat")]
    assert refused(check(account, "location", sheet_bytes(["name", "lat"], ["New", "52"]))) == [(2, "Longitude")]
    apply(account, "location", sheet_bytes(["tag", "lat", "lon"], ["L", "", ""]))
    assert record(account).latitude is None


def test_data_that_changed_since_the_dry_run_is_checked_again(account):
    data = sheet_bytes(["name", "tag"], ["Van", "V-1"])
    assert counts(check(account, "vehicle", data)) == {"created": 1}
    make_record(account, "equipment", "Saw", tag="V-1")
    assert refused(apply(account, "vehicle", data)) == [(2, "tag")]
    assert db.session.query(Record).filter_by(kind="vehicle").count() == 0
