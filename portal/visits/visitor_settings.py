"""What a company says about its visitors: which fields they see, and how long their scans are kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.audit.operations import Actor, record
from portal.gate.visibility import SHOWABLE

MOST_DAYS = 3650
MOST_MONTHS = 120
NUMBERS = {"scan_kept_days": MOST_DAYS, "scan_anonymised_days": MOST_DAYS, "unseen_months": MOST_MONTHS}


def check(numbers: Mapping[str, str]) -> tuple[dict[str, int], dict[str, str]]:
    """The numbers as typed, by column: what they mean, and the sentence of each that means nothing. Empty is 0."""
    values: dict[str, int] = {}
    errors: dict[str, str] = {}
    for name, most in NUMBERS.items():
        text = numbers.get(name, "").strip()
        if text and not (text.isascii() and text.isdigit() and len(text) <= 6 and int(text) <= most):
            errors[name] = f"Type a whole number from 0 to {most:,}."
        else:
            values[name] = int(text or 0)
    kept, anonymised = values.get("scan_kept_days", 0), values.get("scan_anonymised_days", 0)
    if kept and anonymised >= kept:
        errors["scan_anonymised_days"] = f"Scans are deleted after {kept:,} days already. Type fewer days, or 0."
    return values, errors


def chosen_fields(ticked: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What was ticked of each kind, in the order of ``SHOWABLE``; unknown names are left out."""
    return {kind: [one.name for one in fields if one.name in ticked.get(kind, ())] for kind, fields in SHOWABLE.items()}


def save(
    session: Session, *, account_id: int, actor: Actor, columns: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Stores the columns of the account. Returns what changed; the event holds before and after."""
    account = session.scalars(
        select(Account).where(Account.id == account_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    before = {name: getattr(account, name) for name in columns}
    changed = {name: value for name, value in columns.items() if value != before[name]}
    for name, value in changed.items():
        setattr(account, name, value)
    if changed:
        record(
            session,
            account_id=account_id,
            actor=actor,
            action="visitors.update",
            now=now,
            target_kind="account",
            target_public_id=account.public_id,
            target_name=account.name,
            before={name: before[name] for name in changed},
            after=changed,
        )
    session.flush()
    return changed
