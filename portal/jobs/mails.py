"""Mail as data: written in the transaction of what it speaks of, sent by the worker. The only way that mail leaves."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.jobs.models import BY_SMS, DEAD, QUEUED, Mail
from portal.lib.emails import EmailRefused, parse_email
from portal.lib.phones import is_e164

LONGEST_ADDRESS = 320
LONGEST_NAME = 200
LONGEST_SUBJECT = 250
LONGEST_SMS = 1_600  # ten parts and a little: the most that gateways commonly take
NO_ADDRESS = "This is not an e-mail address. Correct it where it was typed; this mail is not sent."
NO_NUMBER = "This is not a phone number with its country code. Correct it where it was typed; this message is not sent."


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
    and None is returned. A recipient that is no address makes a dead mail, which an admin sees; a reply-to that is none
    is left out: visitors type those."""
    if key is not None and session.scalar(select(Mail.id).where(Mail.key == key)) is not None:
        return None
    is_address = bool(_address(recipient))
    mail = Mail(
        account_id=account_id,
        key=key,
        kind=kind,
        recipient=_line(recipient)[:LONGEST_ADDRESS],
        sender_name=_line(sender_name)[:LONGEST_NAME],
        reply_to=_address(reply_to),
        subject=_line(subject)[:LONGEST_SUBJECT],
        text_body=text_body.replace("\0", ""),  # PostgreSQL takes none
        html_body=html_body.replace("\0", ""),
        state=QUEUED if is_address else DEAD,
        fault="" if is_address else NO_ADDRESS,
        run_at=now,
        created_at=now,
    )
    session.add(mail)
    session.flush()
    return mail


def post_sms(
    session: Session,
    *,
    account_id: int | None,
    kind: str,
    number: str,
    subject: str,
    text: str,
    now: datetime,
    key: str | None = None,
) -> Mail | None:
    """A text message in the caller's transaction, like ``post``. ``number`` is E.164; one that is not makes a dead
    message. ``subject`` is its name in the page Outgoing mail and never travels. Raises ValueError for a text of more
    than ``LONGEST_SMS`` characters: the caller chooses its words, and a cut one could lose half a link.
    """
    if len(text) > LONGEST_SMS:
        raise ValueError(f"a text message of {len(text)} characters")
    if key is not None and session.scalar(select(Mail.id).where(Mail.key == key)) is not None:
        return None
    is_number = is_e164(number)
    mail = Mail(
        account_id=account_id,
        key=key,
        kind=kind,
        channel=BY_SMS,
        recipient=_line(number)[:LONGEST_ADDRESS],
        subject=_line(subject)[:LONGEST_SUBJECT],
        text_body=text.replace("\0", ""),  # PostgreSQL takes none
        state=QUEUED if is_number else DEAD,
        fault="" if is_number else NO_NUMBER,
        run_at=now,
        created_at=now,
    )
    session.add(mail)
    session.flush()
    return mail


def _line(text: str) -> str:
    """One line without control characters."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _address(text: str) -> str:
    """The address, or "" when the text is none."""
    try:
        return parse_email(text) if len(text) <= LONGEST_ADDRESS else ""
    except EmailRefused:
        return ""
