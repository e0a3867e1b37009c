"""What of enrolment is forgotten, and when (facts: devices, section 4.7)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.audit.operations import Actor
from portal.devices import addresses
from portal.devices.models import Device
from portal.enrollment import budgets
from portal.enrollment.models import ONBOARDING, Grant, Redemption

ONBOARDING_KEPT = timedelta(hours=24)  # after its end
REDEMPTIONS_KEPT = timedelta(days=400)
CHUNK = 1_000  # rows of a kind in one transaction, so that phones and visitors get their turn to write


@dataclass(frozen=True)
class Tidied:
    """How many rows went, and how many tries forgot their address."""

    onboarding_grants: int
    redemptions: int
    addresses: int
    counters: int

    @property
    def rows(self) -> int:
        """All of them; 0 when nothing is left to do."""
        return self.onboarding_grants + self.redemptions + self.addresses + self.counters


def tidy(session: Session, now: datetime) -> Tidied:
    """A chunk of each kind, of all accounts, in the caller's transaction; to be repeated until it finds nothing."""
    return Tidied(
        onboarding_grants=_forget_onboarding(session, now - ONBOARDING_KEPT),
        redemptions=_forget_redemptions(session, now - REDEMPTIONS_KEPT),
        addresses=_forget_addresses(session, now),
        counters=budgets.prune(session, now, CHUNK),
    )


def keep_addresses_for(session: Session, *, account_id: int, days: int, actor: Actor, now: datetime) -> None:
    """Sets how many days a company keeps addresses, and forgets at once what is older, on devices and on tries."""
    addresses.keep_for(session, account_id=account_id, days=days, actor=actor, now=now)
    old = (Redemption.account_id == account_id, Redemption.ip != "", Redemption.at <= now - timedelta(days=days))
    session.execute(update(Redemption).where(*old).values(ip=""))


def _forget_onboarding(session: Session, before: datetime) -> int:
    """Deletes one-time codes that ended. Their tries and phones stay and name no grant any more: a later row of
    SQLite may get the same id."""
    over = select(Grant.id).where(Grant.kind == ONBOARDING, Grant.expires_at < before)
    ids = session.scalars(over.order_by(Grant.id).limit(CHUNK)).all()
    if ids:
        session.execute(update(Redemption).where(Redemption.grant_id.in_(ids)).values(grant_id=None))
        session.execute(update(Device).where(Device.grant_id.in_(ids)).values(grant_id=None))
        session.execute(delete(Grant).where(Grant.id.in_(ids)))
    return len(ids)


def _forget_redemptions(session: Session, before: datetime) -> int:
    """Deletes old tries."""
    ids = session.scalars(select(Redemption.id).where(Redemption.at < before).limit(CHUNK)).all()
    if ids:
        session.execute(delete(Redemption).where(Redemption.id.in_(ids)))
    return len(ids)


def _forget_addresses(session: Session, now: datetime) -> int:
    """Empties the addresses that are older than their company keeps them; 0 days keep none."""
    forgotten = 0
    for days in session.scalars(select(Account.device_address_days).distinct()).all():
        theirs = select(Account.id).where(Account.device_address_days == days)
        old = select(Redemption.id).where(
            Redemption.account_id.in_(theirs), Redemption.ip != "", Redemption.at <= now - timedelta(days=days)
        )
        ids = session.scalars(old.limit(CHUNK)).all()
        if ids:
            session.execute(update(Redemption).where(Redemption.id.in_(ids)).values(ip=""))
        forgotten += len(ids)
    return forgotten
