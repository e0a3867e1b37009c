"""Verbs on labels: printing a run is rendering it and remembering that it left the product."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.audit.operations import Actor
from portal.audit.operations import record as audit
from portal.labels import pdf
from portal.labels.composing import DEFAULT_LINES, Company, LabelRow, compose
from portal.labels.layout import Refusal, sheets_needed
from portal.labels.models import PrintRun
from portal.labels.pdf import Options
from portal.labels.queries import CHUNK
from portal.labels.stock import Stock
from portal.lib.sealing import KeyRing
from portal.stickers.models import Sticker
from portal.stickers.queries import get_passphrase
from portal.stickers.symbols import encoder_for


@dataclass(frozen=True)
class Choice:
    """How a person wants their labels. ``logo`` is the logo's PNG bytes; an empty ``scan_me`` prints no such words."""

    stock: Stock
    first_slot: int = 1
    copies: int = 1
    lines: tuple[str, ...] = DEFAULT_LINES
    typed_code: bool = True
    scan_me: str = ""
    logo: bytes | None = None


def render(
    session: Session,
    key_ring: KeyRing,
    *,
    account: Account,
    rows: Sequence[LabelRow],
    choice: Choice,
    public_url: str,
    font_dir: Path,
) -> bytes | Refusal:
    """The PDF of these rows, or why the stock cannot carry them. Only reads; the same rows give the same bytes."""
    labels = compose(
        rows,
        lines=choice.lines,
        company=Company(account.name, public_url.partition("://")[2]),
        encoder=encoder_for(public_url),
        passphrase=get_passphrase(session, key_ring, account.id),
    )
    return pdf.render(
        labels,
        choice.stock,
        cache_dir=font_dir,
        first_slot=choice.first_slot,
        copies=choice.copies,
        options=Options(typed_code=choice.typed_code, scan_me=choice.scan_me, logo=choice.logo),
        title=f"{len(rows)} labels of {account.name}",
    )


def remember_run(
    session: Session, *, account: Account, actor: Actor, rows: Sequence[LabelRow], choice: Choice, now: datetime
) -> PrintRun:
    """Writes the print run, marks its stickers as printed (the first time counts), and the audit event."""
    run = PrintRun(
        account_id=account.id,
        user_id=actor.user_id,
        stock=choice.stock.number,
        first_slot=choice.first_slot,
        copies=choice.copies,
        label_count=len(rows) * choice.copies,
        sheet_count=sheets_needed(len(rows), choice.stock, choice.first_slot, choice.copies),
        options={"lines": list(choice.lines), "typed_code": choice.typed_code, "scan_me": choice.scan_me},
        created_at=now,
    )
    session.add(run)
    ids = [row.sticker_id for row in rows]
    for start in range(0, len(ids), CHUNK):
        session.execute(
            update(Sticker)
            .where(Sticker.id.in_(ids[start : start + CHUNK]), Sticker.printed_at.is_(None))
            .values(printed_at=now)
            .execution_options(synchronize_session=False)
        )
    session.flush()
    audit(
        session,
        account_id=account.id,
        actor=actor,
        action="labels.print",
        now=now,
        target_kind="print-run",
        target_public_id=run.public_id,
        target_name=f"{run.label_count} labels on {run.stock}",
    )
    return run
