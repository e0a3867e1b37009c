"""Mail as data: written in the transaction of what it speaks of, sent by the worker. The only way that mail leaves."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.jobs.models import Mail


def post(
    session: Session,
    *,
    account_id: int | None,
    kind: str,
    recipient: str,
    subject: str,
    text_body: str,
    html_body: str,
    now: datetime,
    sender_name: str = "",
    reply_to: str = "",
    key: str | None = None,
) -> Mail | None:
    """A mail in the caller's transaction. ``key`` names the occasion: a second mail of the same key is not written,
    and None is returned."""
    if key is not None and session.scalar(select(Mail.id).where(Mail.key == key)) is not None:
        return None
    mail = Mail(
        account_id=account_id,
        key=key,
        kind=kind,
        recipient=recipient,
        sender_name=sender_name,
        reply_to=reply_to,
        subject=" ".join(subject.split())[:250],
        text_body=text_body,
        html_body=html_body,
        run_at=now,
        created_at=now,
    )
    session.add(mail)
    session.flush()
    return mail
