"""Mail as data: written in the transaction of what it speaks of, sent by the worker. The only way that mail leaves."""

from dataclasses import dataclass, field
from datetime import datetime
from html import escape

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.jobs.models import BY_SMS, DEAD, QUEUED, Mail
from portal.jobs.outbox import TakenMail
from portal.lib.emails import EmailRefused, parse_email
from portal.lib.lines import one_line
from portal.lib.phones import is_e164
from portal.lib.sealing import KeyRing
from portal.lib.secrets import make_public_id

LONGEST_ADDRESS = 320
LONGEST_NAME = 200
LONGEST_SUBJECT = 250
LONGEST_SMS = 1_600  # ten parts and a little: the most that gateways commonly take
NO_ADDRESS = "This is not an e-mail address. Correct it where it was typed; this mail is not sent."
NO_NUMBER = "This is not a phone number with its country code. Correct it where it was typed; this message is not sent."

# Where the secret of a mail stands in its text: a character of nobody's alphabet (Unicode, section 23.5, private use).
SECRET_MARK = "\ue000"  # noqa: S105  a mark, no secret
FORGOTTEN = "(no longer kept)"


@dataclass(frozen=True)
class Secret:
    """A way in that a mail carries at ``SECRET_MARK``: a link or a code. It is stored under the key ring only."""

    key_ring: KeyRing
    text: str = field(repr=False)


@dataclass(frozen=True)
class Opened:
    """A mail's bodies with its secret in them. ``secret`` "": it has none, or it is forgotten."""

    text: str
    html: str
    secret: str = field(repr=False)


def opened(key_ring: KeyRing, mail: Mail | TakenMail) -> Opened:
    """What is sent, and what stands in the page while it is not."""
    secret = secret_of(key_ring, mail)
    shown = secret or FORGOTTEN
    return Opened(
        mail.text_body.replace(SECRET_MARK, shown), mail.html_body.replace(SECRET_MARK, escape(shown)), secret
    )


def secret_of(key_ring: KeyRing, mail: Mail | TakenMail) -> str:
    """The way in that it carries; "" when it has none, or it is forgotten."""
    return key_ring.decrypt(mail.sealed_secret, _context(mail.public_id)) if mail.sealed_secret else ""


def _sealed(secret: Secret | None) -> dict[str, str]:
    """The columns of a mail that bind its secret to it."""
    public_id = make_public_id()
    sealed = secret.key_ring.encrypt(secret.text, _context(public_id)) if secret else ""
    return {"public_id": public_id, "sealed_secret": sealed}


def _context(public_id: str) -> str:
    return f"mail:{public_id}"


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
    secret: Secret | None = None,
    symbol_name: str = "",
) -> Mail | None:
    """A mail in the caller's transaction. ``key`` names the occasion: a second mail of the same key is not written,
    and None is returned. A recipient that is no address makes a dead mail, which an admin sees; a reply-to that is none
    is left out: visitors type those. ``secret`` stands where the bodies have ``SECRET_MARK``; with ``symbol_name`` it
    also goes along as a QR code in a file of that name."""
    if key is not None and session.scalar(select(Mail.id).where(Mail.key == key)) is not None:
        return None
    is_address = bool(_address(recipient))
    mail = Mail(
        **_sealed(secret),
        account_id=account_id,
        key=key,
        kind=kind,
        recipient=one_line(recipient)[:LONGEST_ADDRESS],
        sender_name=one_line(sender_name)[:LONGEST_NAME],
        reply_to=_address(reply_to),
        subject=one_line(subject)[:LONGEST_SUBJECT],
        text_body=text_body.replace("\0", ""),  # PostgreSQL takes none
        html_body=html_body.replace("\0", ""),
        symbol_name=symbol_name,
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
    secret: Secret | None = None,
) -> Mail | None:
    """A text message in the caller's transaction, like ``post``. ``number`` is E.164; one that is not makes a dead
    message. ``subject`` is its name in the page Outgoing mail and never travels. Raises ValueError for a text of more
    than ``LONGEST_SMS`` characters: the caller chooses its words, and a cut one could lose half a link.
    """
    length = len(text.replace(SECRET_MARK, secret.text if secret else ""))
    if length > LONGEST_SMS:
        raise ValueError(f"a text message of {length} characters")
    if key is not None and session.scalar(select(Mail.id).where(Mail.key == key)) is not None:
        return None
    is_number = is_e164(number)
    mail = Mail(
        **_sealed(secret),
        account_id=account_id,
        key=key,
        kind=kind,
        channel=BY_SMS,
        recipient=one_line(number)[:LONGEST_ADDRESS],
        subject=one_line(subject)[:LONGEST_SUBJECT],
        text_body=text.replace("\0", ""),  # PostgreSQL takes none
        state=QUEUED if is_number else DEAD,
        fault="" if is_number else NO_NUMBER,
        run_at=now,
        created_at=now,
    )
    session.add(mail)
    session.flush()
    return mail


def withdraw(session: Session, *, account_id: int, kind: str, fault: str) -> None:
    """Mails of this kind that wait go out no more: what they say has ceased to be true. ``fault`` tells admins why."""
    waiting = (Mail.account_id == account_id, Mail.kind == kind, Mail.state == QUEUED)
    session.execute(update(Mail).where(*waiting).values(state=DEAD, fault=fault))


def _address(text: str) -> str:
    """The address, or "" when the text is none."""
    try:
        return parse_email(text) if len(text) <= LONGEST_ADDRESS else ""
    except EmailRefused:
        return ""
