"""Reads of the audit trail, always within one account."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEvent


def list_for_target(session: Session, account_id: int, target_public_id: str, limit: int) -> list[AuditEvent]:
    """The newest events about one thing."""
    return list(
        session.scalars(
            select(AuditEvent)
            .where(AuditEvent.account_id == account_id, AuditEvent.target_public_id == target_public_id)
            .order_by(AuditEvent.id.desc())
            .limit(limit)
        )
    )
