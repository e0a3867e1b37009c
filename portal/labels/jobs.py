"""Large print runs: drawn by the worker into a file of the data folder."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.audit.operations import Actor
from portal.errors import NotFound, Refused
from portal.labels import operations, queries
from portal.labels.composing import LabelRow
from portal.labels.layout import Refusal
from portal.labels.operations import Choice
from portal.labels.stock import find_stock
from portal.lib.images import PhotoStore
from portal.lib.sealing import KeyRing

PRINT_JOB = "labels.print"


@dataclass(frozen=True)
class Drawn:
    """A finished file and what it holds, before it is remembered as a print run."""

    account: Account
    choice: Choice
    rows: list[LabelRow]


def draw(
    session: Session,
    key_ring: KeyRing,
    photos: PhotoStore,
    *,
    account_id: int,
    payload: dict[str, Any],
    public_url: str,
    font_dir: Path,
    target: Path,
) -> Drawn:
    """Draws the labels of ``payload`` (see labels.views) into ``target``. Only reads the database; repeatable.

    Raises Refused when the stock cannot carry the symbol, NotFound when the account is gone.
    """
    account = session.get(Account, account_id)
    stock = find_stock(payload["stock"])
    if account is None or stock is None:
        raise NotFound(f"account {account_id} or stock {payload['stock']}")
    choice = Choice(
        stock=stock,
        first_slot=payload["first_slot"],
        copies=payload["copies"],
        lines=tuple(payload["lines"]),
        typed_code=payload["typed_code"],
        scan_me=payload["scan_me"],
        logo=read_logo(photos, account) if payload["logo"] else None,
    )
    rows = queries.list_label_rows(session, account_id, payload["record_ids"])
    content = operations.render(
        session, key_ring, account=account, rows=rows, choice=choice, public_url=public_url, font_dir=font_dir
    )
    if isinstance(content, Refusal):
        raise Refused(content.reason)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".part")
    unfinished.write_bytes(content)
    unfinished.replace(target)
    return Drawn(account, choice, rows)


def remember(session: Session, drawn: Drawn, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """The print run of a drawn file, in the transaction that ends the job. Returns the job's result."""
    run = operations.remember_run(
        session, account=drawn.account, actor=actor, rows=drawn.rows, choice=drawn.choice, now=now
    )
    return {"run": run.public_id, "labels": run.label_count, "sheets": run.sheet_count}


def read_logo(photos: PhotoStore, account: Account) -> bytes | None:
    """The account's logo file, or None when it has none."""
    path = photos.logo_path(account.logo_key) if account.logo_key else None
    return path.read_bytes() if path else None
