"""Exports come back without a change, whatever the records hold."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.extensions import db
from portal.lib.sheets import read_table
from portal.records.models import Expiration, Record
from tests.factories.people import make_account
from tests.factories.things import make_expiration, make_record
from tests.records.importing import apply, check, counts, export_bytes, record

LINES = st.one_of(
    st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=30).map(lambda text: " ".join(text.split())),
    st.sampled_from(
        ["=1+1", "+48", "-2", "@x", "'=1", "''", "'", '"', "a;b,c\td", "﻿x", "Ｅ＝", "name", "İ", "ß", "null", "1e5"]
    ),
)
TEXTS = st.one_of(LINES, st.lists(LINES, max_size=3).map("\n".join))
WHATS = st.one_of(
    LINES.filter(bool),
    st.sampled_from(
        ["registration", "License", "x expires on", "x expires on (2)", "a warn days", "foo_", "Id", "Name", "é", "e"]
    ),
)
ROWS = st.fixed_dictionaries(
    {
        "name": LINES.filter(lambda text: bool(text.strip())),
        "tag": LINES,
        "description": TEXTS,
        "private_notes": TEXTS,
        "plate": LINES,
        "make": LINES,
        "year": st.none() | st.integers(1886, 2027),
    }
)
PAPERS = st.lists(st.tuples(WHATS, st.dates(date(1900, 1, 1), date(2999, 1, 1)), st.integers(0, 730)), max_size=4)


@pytest.fixture(autouse=True)
def _context(app):
    with app.app_context():
        yield


def rows_of(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    vehicles=st.lists(st.tuples(ROWS, PAPERS), min_size=1, max_size=4),
    names=st.lists(LINES.filter(bool), min_size=2, max_size=2),
)
def test_whatever_records_hold_comes_back_unchanged(app, vehicles, names):
    account, now = make_account(), datetime.now(UTC)
    shared = {"account_id": account.id, "created_at": now, "updated_at": now}
    contacts = [Record(kind="contact", name=name, name_key=name, **shared) for name in names]
    db.session.add_all(contacts)
    db.session.flush()
    for number, (columns, papers) in enumerate(vehicles):
        # Rows as they may stand in the database, past today's rules: an export must come back all the same.
        one = Record(
            kind="vehicle",
            **{**columns, "name_key": str(number), "tag": "", "owner_id": contacts[number % 2].id},
            **shared,
        )
        one.tag, one.tag_key = f"{number} {columns['tag']}", f"{number}"
        db.session.add(one)
        db.session.flush()
        db.session.add_all(
            Expiration(
                account_id=account.id, record_id=one.id, what=what, expires_on=day, warn_days=days, created_at=now
            )
            for what, day, days in papers
        )
    db.session.commit()
    data = export_bytes(account, "vehicle")
    plan = check(account, "vehicle", data)
    assert [cell.reason for cell in plan.refused] == []
    assert counts(plan) == {"unchanged": len(vehicles)}
    assert plan.sheet.columns.unknown == ()
    assert counts(check(account, "contact", export_bytes(account, "contact"))) == {"unchanged": 2}


def test_references_are_emails_unique_names_or_ids():
    account = make_account()
    mail = make_record(account, "contact", "Has mail", email="m@example.com")
    name = make_record(account, "contact", "Only One")
    twin = make_record(account, "contact", "Twin")
    make_record(account, "contact", "twin")
    fake = make_record(account, "contact", mail.public_id)
    for owner in (mail, name, twin, fake):
        make_record(account, name=f"Van of {owner.id:05}", owner_id=owner.id)
    data = export_bytes(account, "vehicle")
    table = read_table(data)
    cells = [row.cells[table.headings.index("Owner")] for row in table.rows]
    assert cells == ["m@example.com", "Only One", twin.public_id, fake.public_id]
    assert counts(check(account, "vehicle", data)) == {"unchanged": 4}


def test_two_papers_of_one_name_have_columns_of_their_own():
    account = make_account()
    van = make_record(account, name="Van")
    for month in (4, 6):
        make_expiration(van, "permit", date(2027, month, 1))
    data = export_bytes(account, "vehicle")
    assert rows_of(data)[0][-2:] == ["permit expires on", "permit expires on (2)"]
    assert counts(check(account, "vehicle", data)) == {"unchanged": 1}
    apply(account, "vehicle", data.replace(b"2027-06-01", b"2027-07-01"))
    current = db.session.query(Expiration).filter_by(renewed_at=None).order_by(Expiration.expires_on)
    assert [one.expires_on for one in current] == [date(2027, 4, 1), date(2027, 7, 1)]
    assert record(account).next_expires_on == date(2027, 4, 1)


def test_formulas_leave_with_an_apostrophe():
    account = make_account()
    make_record(account, name="=HYPERLINK(0)", make="+48")
    data = export_bytes(account, "vehicle")
    assert "'=HYPERLINK(0)" in rows_of(data)[1] and "'+48" in rows_of(data)[1]
    assert counts(check(account, "vehicle", data)) == {"unchanged": 1}


def test_an_export_without_its_ids_fills_an_empty_account():
    old, new = make_account(), make_account("New Company")
    top = make_record(old, "contact", "Ann Top", email="ann@example.com", mobile="+48601234567")
    make_record(old, "contact", "Zed Low", supervisor_id=top.id)
    rows = [row[1:] for row in rows_of(export_bytes(old, "contact"))]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows(rows)
    assert counts(apply(new, "contact", text.getvalue().encode())) == {"created": 2}
    assert record(new, name="Zed Low").supervisor.mobile == "+48601234567"


def test_another_accounts_records_are_not_exported():
    mine, other = make_account(), make_account("Other Company")
    make_record(other, name="Theirs", owner_id=make_record(other, "contact", "Them").id)
    make_record(mine, name="Mine")
    assert b"The" not in export_bytes(mine, "vehicle").split(b"\r\n", 1)[1]
