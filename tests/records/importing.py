"""Files for import tests, and the shortest way to import one."""

import csv
import io
from datetime import UTC, datetime

from portal.accounts.models import Account
from portal.audit.operations import Actor
from portal.extensions import db
from portal.lib.sheets import write_table
from portal.records import importing
from portal.records.drafts import read_drafts, read_sheet
from portal.records.exporting import Export
from portal.records.filters import RecordFilter
from portal.records.lists import list_ids
from portal.records.models import Record
from portal.records.planning import make_plan
from portal.records.plans import Plan
from portal.records.reports import count
from portal.stickers.operations import issue_missing

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
ACTOR = Actor(None, "Ida Importer")


def sheet_bytes(*rows: list[str], delimiter: str = ",") -> bytes:
    """A CSV file as any program writes it: first row the headings."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode()


def check(account: Account, kind: str, data: bytes) -> Plan:
    """A dry run."""
    sheet = read_sheet(kind, data)
    drafts = read_drafts(sheet, 0, len(sheet.table.rows), country=account.country, today=NOW.date())
    plan = make_plan(db.session(), account.id, sheet, drafts)
    db.session.rollback()
    return plan


def apply(account: Account, kind: str, data: bytes) -> Plan:
    """An import, committed."""
    sheet = read_sheet(kind, data)
    drafts = read_drafts(sheet, 0, len(sheet.table.rows), country=account.country, today=NOW.date())
    plan = importing.import_rows(db.session(), account=account, sheet=sheet, drafts=drafts, now=NOW, actor=ACTOR)
    issue_missing(db.session(), account_id=account.id, now=NOW)
    db.session.commit()
    return plan


def refused(plan: Plan) -> list[tuple[int, str]]:
    return [(cell.line, cell.column) for cell in plan.refused]


def counts(plan: Plan) -> dict[str, int]:
    return {name: number for name, number in count(plan).items() if number and name != "rows"}


def export_bytes(account: Account, kind: str) -> bytes:
    ids = list_ids(db.session(), account.id, RecordFilter(kind=kind), None, today=NOW.date())
    table = Export(db.session(), account.id, kind, ids)
    return b"".join(write_table(table.headings, table.rows()))


def record(account: Account, **columns) -> Record:
    """The one record with these columns, as it stands in the database."""
    db.session.expire_all()
    return db.session.query(Record).filter_by(account_id=account.id, **columns).one()
