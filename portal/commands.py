"""The operator's own commands: which doors there are, how the portal stands, a new token for the first admin."""

import json
from typing import Any

import click
from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import routes as doors
from portal import schema
from portal.accounts.models import Account, Membership
from portal.accounts.operations import make_setup_token
from portal.accounts.permissions import DOORS
from portal.accounts.queries import has_users
from portal.database import reading
from portal.errors import Refused
from portal.records.models import Record
from portal.stickers.models import Sticker
from portal.visits.models import Scan
from portal.web import context

HIDDEN_METHODS = {"HEAD", "OPTIONS"}


@click.command()
def routes() -> None:
    """List every door: methods, path, audience and the permission that it asks for."""
    lines = [("METHODS", "PATH", "AUDIENCE", "PERMISSION")]
    for rule in sorted(current_app.url_map.iter_rules(), key=lambda rule: rule.rule):
        door = DOORS.get(rule.endpoint)
        permission = door.permission.name if door and door.permission else "-"
        methods = ",".join(sorted((rule.methods or set()) - HIDDEN_METHODS))
        lines.append((methods, rule.rule, doors.audience_of(rule.endpoint), permission))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(as_json: bool) -> None:
    """Show the public URL, the database, and what each account holds."""
    with reading():
        found = standing(context.session())
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    database = found["database"]
    click.echo(f"{found['public_url']}  {database['kind']} {database['version']}, migration {database['migration']}")
    for account in found["accounts"]:
        records = ", ".join(f"{count} {kind}" for kind, count in account["records"].items()) or "no records"
        click.echo(
            f"{account['name']}: {records}; {account['stickers']} stickers, {account['users']} users,"
            f" {account['scans']} scans"
        )


@click.command("setup-token")
def setup_token() -> None:
    """Print a new one-time address for creating the first admin; earlier ones stop working."""
    session = context.session()
    if has_users(session):
        raise Refused("Somebody can sign in already: use `portal admin create` or an invitation.")
    secret = make_setup_token(session, context.now())
    session.commit()
    click.echo(setup_address(context.portal().settings.public_url, secret))


def setup_address(public_url: str, secret: str) -> str:
    """Where the first admin is created."""
    return f"{public_url}/setup#token={secret}"


def standing(session: Session) -> dict[str, Any]:
    """How the portal stands, as JSON-ready values. The only count over all accounts: the operator runs them all."""
    settings = context.portal().settings
    dialect = session.connection().dialect  # connected: the version is known then
    version = ".".join(map(str, dialect.server_version_info or ()))
    records = _counts(session, Record.account_id, Record.kind)
    stickers = _counts(session, Sticker.account_id, where=(Sticker.revoked_at.is_(None),))
    users = _counts(session, Membership.account_id)
    scans = _counts(session, Scan.account_id)
    return {
        "public_url": settings.public_url,
        "database": {"kind": dialect.name, "version": version, "migration": schema.inspect(settings).version},
        "accounts": [
            {
                "name": account.name,
                "public_id": account.public_id,
                "records": {kind: count for (owner, kind), count in records.items() if owner == account.id},
                "stickers": stickers.get((account.id,), 0),
                "users": users.get((account.id,), 0),
                "scans": scans.get((account.id,), 0),
            }
            for account in session.scalars(select(Account).order_by(Account.name, Account.id))
        ],
    }


def _counts(session: Session, *columns: Any, where: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], int]:
    """Rows per value of the columns."""
    rows = session.execute(select(*columns, func.count()).where(*where).group_by(*columns).order_by(*columns))
    return {tuple(row[:-1]): row[-1] for row in rows}
