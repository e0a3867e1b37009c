"""What of enrolment is forgotten, and when (facts: devices, section 4.7)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.devices.models import Device
from portal.enrollment import budgets
from portal.enrollment.models import ONBOARDING, Grant, Redemption

ONBOARDING_KEPT = timedelta(hours=24)  # after its end
REDEMPTIONS_KEPT = timedelta(days=400)
_CHUNK = 500


@dataclass(frozen=True)
class Tidied:
    """How many rows went, and how many tries forgot their address."""

    onboarding_grants: int
    redemptions: int
    addresses: int
    counters: int


def tidy(session: Session, now: datetime) -> Tidied:
    """Forgets what is over, of all accounts."""
    return Tidied(
        onboarding_grants=_forget_onboarding(session, now - ONBOARDING_KEPT),
        redemptions=len(
            session.scalars(
                delete(Redemption).where(Redemption.at < now - REDEMPTIONS_KEPT).returning(Redemption.id)
            ).all()
        ),
        addresses=_forget_addresses(session, now),
        counters=budgets.prune(session, now),
    )


def _forget_onboarding(session: Session, before: datetime) -> int:
    """Deletes one-time codes that ended. Their tries and phones stay and name no grant any more: a later row of
    SQLite may get the same id."""
    ids = session.scalars(select(Grant.id).where(Grant.kind == ONBOARDING, Grant.expires_at < before)).all()
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        session.execute(update(Redemption).where(Redemption.grant_id.in_(chunk)).values(grant_id=None))
        session.execute(update(Device).where(Device.grant_id.in_(chunk)).values(grant_id=None))
        session.execute(delete(Grant).where(Grant.id.in_(chunk)))
    return len(ids)


def _forget_addresses(session: Session, now: datetime) -> int:
    """Empties the addresses that are older than their company keeps them; 0 days keep none."""
    forgotten = 0
    for account_id, days in session.execute(select(Account.id, Account.device_address_days)).all():
        old = (
            Redemption.account_id == account_id,
            Redemption.ip != "",
            Redemption.at <= now - timedelta(days=days),
        )
        forgotten += len(session.scalars(update(Redemption).where(*old).values(ip="").returning(Redemption.id)).all())
    return forgotten
