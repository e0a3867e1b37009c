"""The command ``portal labels``."""

from pathlib import Path

import click
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.accounts.queries import find_account_by_name
from portal.audit.operations import OPERATOR
from portal.labels import operations, queries
from portal.labels.composing import LabelRow
from portal.labels.layout import Refusal
from portal.labels.operations import Choice
from portal.labels.stock import find_stock
from portal.lib.clock import today_in
from portal.records.filters import RecordFilter
from portal.records.lists import list_ids
from portal.web.context import now, portal, session, short_read

MOST_RECORDS = 1_000_000
KINDS = ("vehicle", "equipment", "location", "contact")


@click.command("labels")
@click.option("--account", "account_name", required=True, metavar="NAME", help="The company.")
@click.option(
    "--stock", "stock_number", required=True, metavar="NUMBER", help="The label sheet, such as L7160 or 5160."
)
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The PDF to write.")
@click.option("--kind", type=click.Choice(KINDS), help="Only records of this kind.")
def labels(account_name: str, stock_number: str, out: Path, kind: str | None) -> None:
    """Writes a PDF with the label of every record that is not archived."""
    stock = find_stock(stock_number)
    if stock is None:
        raise click.UsageError(
            f"There is no label stock {stock_number!r}: the page Labels lists them, such as L7160 or 5160."
        )
    choice, parts = Choice(stock=stock), portal()
    # Drawing takes seconds for thousands of labels: the server goes on writing meanwhile.
    with short_read() as reading:
        account = find_account_by_name(reading, account_name)
        if account is None:
            raise click.UsageError(f"There is no account named {account_name!r}: portal status --json lists them.")
        rows = _find_rows(reading, account, kind)
        content = operations.render(
            reading,
            parts.key_ring,
            account=account,
            rows=rows,
            choice=choice,
            public_url=parts.settings.public_url,
            font_dir=parts.settings.font_dir,
        )
    if isinstance(content, Refusal):
        raise click.UsageError(content.reason)
    try:
        out.write_bytes(content)
    except OSError as fault:
        raise click.UsageError(f"{out} cannot be written: {fault.strerror}.") from None
    run = operations.remember_run(session(), account=account, actor=OPERATOR, rows=rows, choice=choice, now=now())
    session().commit()
    # The operator's variables may differ from the server's: the address that was printed shows it before paper is used.
    click.echo(
        f"{run.label_count} labels on {run.sheet_count} sheets of {stock.maker} {stock.number}, with the address"
        f" {parts.settings.public_url}: {out}"
    )


def _find_rows(reading: Session, account: Account, kind: str | None) -> list[LabelRow]:
    today = today_in(account.timezone, now())
    ids = list_ids(reading, account.id, RecordFilter(kind=kind or ""), MOST_RECORDS, today=today)
    rows = queries.list_label_rows(reading, account.id, ids)
    if not rows:
        raise click.UsageError(f"{account.name} has no records to print.")
    return rows
