"""How long the company keeps the addresses that its devices were last seen at: 0 to 365 days, 0 for not at all."""

from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from portal.accounts.queries import get_account
from portal.audit.operations import Actor, record
from portal.devices.models import Device

MOST_DAYS = 365


def check_days(text: str) -> int | None:
    """The number of days that was typed, None when it is none from 0 to 365."""
    text = text.strip()
    days = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else -1
    return days if 0 <= days <= MOST_DAYS else None


def keep_for(session: Session, *, account_id: int, days: int, actor: Actor, now: datetime) -> None:
    """Sets the days, and forgets at once what is older on the devices themselves."""
    account = get_account(session, account_id)
    before, account.device_address_days = account.device_address_days, days
    session.execute(
        update(Device)
        .where(
            Device.account_id == account_id,
            Device.last_ip != "",
            or_(Device.last_ip_at.is_(None), Device.last_ip_at <= now - timedelta(days=days)),
        )
        .values(last_ip="", last_ip_at=None)
    )
    record(
        session,
        account_id=account_id,
        actor=actor,
        action="devices.addresses",
        now=now,
        target_kind="company",
        target_public_id=account.public_id,
        target_name=account.name,
        before={"days": before},
        after={"days": days},
    )
