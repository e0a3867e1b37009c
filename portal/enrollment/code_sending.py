"""How an installation code reaches whoever will carry the device: by mail, or by text message."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import names
from portal.accounts.models import Account, Membership, User
from portal.devices.models import Device
from portal.enrollment.models import Grant
from portal.jobs import mails
from portal.jobs.models import Mail
from portal.lib.clock import show_moment
from portal.lib.emails import EmailRefused, parse_email
from portal.lib.phones import PhoneRefused, parse_phone
from portal.lib.sealing import KeyRing
from portal.records.kinds import CONTACT
from portal.records.queries import find_record

BY_MAIL, BY_SMS, NOT_SENT = "email", "sms", ""
KIND = "installation_code"  # of the mails; their keys begin with the device, so that the last one is found again

Render = Callable[..., tuple[str, str]]


@dataclass(frozen=True)
class Sending:
    """Which way, and to which address or number (E.164)."""

    way: str
    recipient: str


@dataclass(frozen=True)
class Content:
    """What is said: the code in groups, the scanned link with that code in it, and where the code is typed."""

    link: str
    code: str = field(repr=False)
    host: str

    @property
    def marked_link(self) -> str:
        """The link as it is kept: with the mark in the place of the code, which is sealed."""
        return self.link.replace(self.code, mails.SECRET_MARK)


def check(session: Session, account: Account, *, way: str, typed: str, user_id: int | None) -> Sending | str:
    """Where the code goes, or the sentence that says what to type. Without a text a mail goes to the owner."""
    if way == NOT_SENT:
        return Sending(NOT_SENT, "")
    if way == BY_SMS:
        try:
            return Sending(BY_SMS, parse_phone(typed, account.country))
        except PhoneRefused as refusal:
            return refusal.sentence
    if way != BY_MAIL:
        return "Choose how the code is sent."
    typed = typed or _mail_address(session, account.id, user_id)
    if not typed:
        return "Type the e-mail address that the code goes to."
    try:
        return Sending(BY_MAIL, parse_email(typed))
    except EmailRefused as refusal:
        return refusal.sentence


def check_contact(session: Session, account_id: int, *, way: str, public_id: str) -> Sending | str:
    """Where a contact of the records gets the code: their e-mail address, or their mobile before their other number."""
    contact = find_record(session, account_id, public_id)
    if contact is None or contact.kind != CONTACT or contact.archived_at is not None:
        return "Choose a contact from the list."
    if way == BY_SMS:
        number = contact.mobile or contact.phone
        return Sending(BY_SMS, number) if number else f"{contact.name} has no phone number. Type one below."
    if contact.email:
        return Sending(BY_MAIL, contact.email)
    return f"{contact.name} has no e-mail address. Type one below, or send an SMS."


def send(
    session: Session,
    account: Account,
    device: Device,
    grant: Grant,
    *,
    sending: Sending,
    content: Content,
    key_ring: KeyRing,
    render: Render,
    now: datetime,
) -> None:
    """Writes the message in the caller's transaction; the worker sends it, or it stands in Outgoing mail."""
    if sending.way == NOT_SENT:
        return
    until = show_moment(grant.expires_at, account.timezone) if grant.expires_at else ""
    envelope: dict[str, Any] = {
        "account_id": account.id,
        "kind": KIND,
        "subject": f"Install the app on {device.name}",
        "key": f"{KIND}:{device.public_id}:{grant.public_id}:{now.isoformat()}",
        "secret": mails.Secret(key_ring, content.code),
        "now": now,
    }
    if sending.way == BY_SMS:
        text = (
            f"{account.name}: install the app on {device.name}. Open {content.marked_link} on it, or "
            f"{content.host}/app and type {mails.SECRET_MARK}. Works until {until}."
        )
        mails.post_sms(session, number=sending.recipient, text=text, **envelope)
        return
    text, html = _write(render, account, device, content, until)
    mails.post(
        session,
        recipient=sending.recipient,
        text_body=text,
        html_body=html,
        sender_name=account.name,
        reply_to=account.contact_email,
        **envelope,
    )


def _write(render: Render, account: Account, device: Device, content: Content, until: str) -> tuple[str, str]:
    """The mail's text and HTML, with the mark in the place of the code."""
    return render(
        "enrollment/installation_code",
        account_name=account.name,
        device_name=device.name,
        link=content.marked_link,
        code=mails.SECRET_MARK,
        host=content.host,
        expires=until,
    )


def find_last(session: Session, account_id: int, device: Device) -> Mail | None:
    """The last message about a code of this device."""
    return session.scalars(
        select(Mail)
        .where(
            Mail.account_id == account_id,
            Mail.kind == KIND,
            Mail.key.startswith(f"{KIND}:{device.public_id}:", autoescape=True),
        )
        .order_by(Mail.id.desc())
        .limit(1)
    ).first()


def is_about(mail: Mail, grant: Grant) -> bool:
    """Whether the message about a device carried this code of it."""
    return f":{grant.public_id}:" in (mail.key or "")


def _mail_address(session: Session, account_id: int, user_id: int | None) -> str:
    """The mailbox of a person of the account, or "" when they have none."""
    if user_id is None:
        return ""
    found = session.scalar(
        select(User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(User.id == user_id, Membership.account_id == account_id)
    )
    return found if found and names.has_email(found) else ""
