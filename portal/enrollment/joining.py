"""How devices came in: the grants that enrolled them, and the tries that named them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.devices.models import Device
from portal.enrollment.models import INSTALLATION_CODE, INSTALLATION_KEY, ONBOARDING, PROVISIONING, Grant, Redemption

KINDS = {
    INSTALLATION_KEY: "Mobile Setup",
    ONBOARDING: "Mobile App",
    INSTALLATION_CODE: "Installation code",
    PROVISIONING: "Provisioning token",
}
SHOWN = 50  # tries on a device's page, the newest


def list_ways_in(session: Session, account_id: int, grant_ids: Collection[int | None]) -> dict[int, str]:
    """The grants of these row ids in words, "Installation code: Night shift"; unknown ones are absent."""
    wanted = {one for one in grant_ids if one is not None}
    if not wanted:
        return {}
    rows = session.execute(
        select(Grant.id, Grant.kind, Grant.description).where(Grant.account_id == account_id, Grant.id.in_(wanted))
    )
    return {row.id: way_in(row.kind, row.description) for row in rows}


def joined_by(device: Device, ways_in: dict[int, str]) -> str:
    """How a device came in, in words; "" while it never did. Of all grants only one-time codes are forgotten."""
    if device.grant_id is None:
        return KINDS[ONBOARDING] if device.connected_at else ""
    return ways_in.get(device.grant_id, "")


def way_in(kind: str, description: str) -> str:
    """A kind of grant with what it is for."""
    name = KINDS.get(kind, kind)
    return f"{name}: {description}" if description else name


@dataclass(frozen=True)
class Try:
    """One try of a device to come in. ``reason`` is that of a refusal."""

    at: datetime
    way_in: str
    outcome: str
    reason: str
    browser: str
    ip: str


def list_tries(session: Session, account_id: int, device_id: int) -> list[Try]:
    """What a device redeemed, the newest first."""
    rows = session.execute(
        select(
            *(Redemption.at, Redemption.outcome, Redemption.reason, Redemption.browser, Redemption.ip),
            *(Grant.kind, Grant.description),
        )
        .outerjoin(Grant, (Grant.id == Redemption.grant_id) & (Grant.account_id == account_id))
        .where(Redemption.account_id == account_id, Redemption.device_id == device_id)
        .order_by(Redemption.id.desc())
        .limit(SHOWN)
    )
    return [
        Try(
            row.at,
            way_in(row.kind or ONBOARDING, row.description or ""),
            row.outcome,
            row.reason.replace("_", " "),
            row.browser,
            row.ip,
        )
        for row in rows
    ]
