"""Commands: records in from a CSV file, records out to one."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from portal.accounts.models import Account
from portal.audit.operations import OPERATOR
from portal.database import reading
from portal.errors import Refused
from portal.extensions import db
from portal.lib.clock import today_in, utc_now
from portal.lib.sheets import write_table
from portal.records import importing
from portal.records.drafts import Draft, FileRefused, Sheet, read_drafts, read_sheet
from portal.records.exporting import Export
from portal.records.filters import RecordFilter
from portal.records.kinds import BY_NAME
from portal.records.lists import list_ids
from portal.records.planning import make_plan
from portal.records.plans import Plan
from portal.records.reports import make_report, tell
from portal.stickers.operations import issue_missing

Command = Callable[..., Any]


def _which(command: Command) -> Command:
    """The two options that both commands have."""
    command = click.option("--kind", type=click.Choice(list(BY_NAME)), required=True, help="What the records are.")(
        command
    )
    return click.option("--account", "account_name", required=True, metavar="NAME", help="The company, by its name.")(
        command
    )


@click.command("import")
@_which
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would be created, updated, cleared and refused.")
def import_(account_name: str, kind: str, file: Path, dry_run: bool) -> None:
    """Import records of one kind from FILE (CSV). All or nothing: one refused row, and nothing is changed.

    Ends with status 1 when rows were refused, 2 when the file or an option is wrong.
    """
    account = _get_account(account_name)
    try:
        sheet = read_sheet(kind, file.read_bytes())
    except FileRefused as refusal:
        raise Refused(refusal.sentence) from None
    today = today_in(account.timezone, utc_now())
    drafts = read_drafts(sheet, 0, len(sheet.table.rows), country=account.country, today=today)
    plan = _check(account, sheet, drafts) if dry_run else _import(account, sheet, drafts)
    click.echo(tell(make_report(plan, applied=not dry_run and not plan.refused)))
    sys.exit(1 if plan.refused else 0)


@click.command()
@_which
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path), required=False)
def export(account_name: str, kind: str, file: Path | None) -> None:
    """Export the active records of one kind as CSV, to FILE or the standard output. `portal import` reads it back."""
    account = _get_account(account_name)
    with reading():
        today = today_in(account.timezone, utc_now())
        ids = list_ids(db.session(), account.id, RecordFilter(kind=kind), None, today=today)
        table = Export(db.session(), account.id, kind, ids)
        chunks = write_table(table.headings, table.rows())
        if file is None:
            for chunk in chunks:
                sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
        else:
            _write(file, b"".join(chunks))
            click.echo(f"{len(ids):,} records written to {file}.")


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as fault:
        raise Refused(f"{file} cannot be written: {fault.strerror}.") from None


def _check(account: Account, sheet: Sheet, drafts: list[Draft]) -> Plan:
    with reading():
        return make_plan(db.session(), account.id, sheet, drafts)


def _import(account: Account, sheet: Sheet, drafts: list[Draft]) -> Plan:
    now = utc_now()
    plan = importing.import_rows(db.session(), account=account, sheet=sheet, drafts=drafts, now=now, actor=OPERATOR)
    if not plan.refused:
        issue_missing(db.session(), account_id=account.id, now=now)
        db.session.commit()
    return plan


def _get_account(name: str) -> Account:
    """The account of this name; the transaction that found it is over, so that reading a file holds nothing."""
    with reading():
        found = db.session.scalars(select(Account).where(Account.name == name)).all()
        if len(found) != 1:
            known = ", ".join(sorted(f"“{one}”" for one in db.session.scalars(select(Account.name))))
            how = "No company is" if not found else "Several companies are"
            raise Refused(f"{how} called “{name}”. Known: {known or 'none'}.")
        db.session.expunge_all()
        db.session.rollback()
    return found[0]
