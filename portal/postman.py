"""The postmen: threads of the worker that hand waiting mails to the mail server and text messages to the SMS gateway.

Threads of their own, so that a slow mail server keeps no import waiting, nor a slow gateway the mails. Without a server
none runs, and what waits for it stands in the page Outgoing mail.
"""

import threading
from collections.abc import Callable
from urllib.parse import urlsplit

import structlog
from flask import Flask
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.config import Settings
from portal.database import reading
from portal.enrollment import mailed
from portal.extensions import db
from portal.jobs import mails, outbox
from portal.jobs.models import BY_MAIL, BY_SMS
from portal.jobs.operations import LeaseLost
from portal.jobs.outbox import TakenMail
from portal.lib import sms
from portal.lib.clock import utc_now
from portal.lib.emails import EmailRefused
from portal.lib.mailserver import MailServer
from portal.lib.smsgateway import SmsGateway
from portal.lib.smtp import Letter, Undelivered, compose, deliver
from portal.stickers.drawing import png
from portal.stickers.symbols import variable_symbol
from portal.web.context import Portal

IDLE_PAUSE = 0.5  # seconds between looks at an empty outbox
SERVER_PAUSE = 30.0  # seconds after the server itself failed: the other mails would only fail too
Server = MailServer | SmsGateway

SYMBOL_SIDE = 600  # pixels, at least
PRODUCT = "QR Portal"  # who writes when no company does

log = structlog.get_logger()


def servers(settings: Settings) -> tuple[Server, ...]:
    """What is set up: each has a postman of its own."""
    return tuple(server for server in (settings.mail_server, settings.sms_gateway) if server is not None)


def run(app: Flask, server: Server, stop: threading.Event) -> None:
    """Sends what goes through ``server`` until ``stop`` is set."""
    parts: Portal = app.extensions["portal"]
    with app.app_context():
        while not stop.is_set():
            pause = IDLE_PAUSE
            try:
                pause = send_once(parts, server)
            except OperationalError as fault:
                log.warning("database away", fault=str(fault.orig))
            if pause:
                stop.wait(pause)


def send_once(parts: Portal, server: Server) -> float:
    """Takes one mail and sends it. Returns for how many seconds to pause. Needs an app context."""
    channel = BY_SMS if isinstance(server, SmsGateway) else BY_MAIL
    with Session(db.engine, expire_on_commit=False) as session:
        with reading():
            due = outbox.has_due(session, channel, utc_now())
            session.rollback()
        if not due:
            return IDLE_PAUSE
        mail = outbox.take(session, channel, utc_now())
        account = session.get(Account, mail.account_id) if mail and mail.account_id else None
        company = account.name if account else PRODUCT
        why_not = mailed.why_not(session, parts.key_ring, mail, utc_now()) if mail else ""
        if mail and why_not:
            outbox.bury(session, mail, why_not, utc_now())
            log.info("mail held back", kind=mail.kind, mail=mail.public_id)
        session.commit()
        return _send(session, parts, server, mail, company) if mail and not why_not else 0


def _send(session: Session, parts: Portal, server: Server, mail: TakenMail, company: str) -> float:
    def before_text() -> None:
        outbox.hand_over(session, mail, utc_now())
        session.commit()

    pause = 0.0
    try:
        _hand_over(parts, server, mail, company, before_text)
        outbox.finish(session, mail, utc_now())
        log.info("mail sent", kind=mail.kind, mail=mail.public_id, try_count=mail.try_count)
    except LeaseLost:
        session.rollback()
        log.warning("lease lost", kind=mail.kind, mail=mail.public_id)
    except EmailRefused as refusal:
        outbox.bury(session, mail, refusal.sentence, utc_now())
    except Undelivered as fault:
        session.rollback()
        verb = outbox.bury if fault.is_final else outbox.retry
        verb(session, mail, fault.sentence, utc_now())
        pause = SERVER_PAUSE if fault.is_server else 0.0
        log.warning("mail not sent", kind=mail.kind, mail=mail.public_id, try_count=mail.try_count, why=fault.sentence)
    session.commit()
    return pause


def _hand_over(parts: Portal, server: Server, mail: TakenMail, company: str, before_text: Callable[[], None]) -> None:
    body = mails.opened(parts.key_ring, mail)
    if isinstance(server, SmsGateway):
        sms.deliver(server, number=mail.recipient, text=body.text, name=mail.public_id, before_text=before_text)
        return
    hello = urlsplit(parts.settings.public_url).hostname or "localhost"
    message = compose(_letter(mail, body, server, company), server.sender)
    deliver(server, message, hello=hello, before_text=before_text)


def _letter(mail: TakenMail, body: mails.Opened, server: MailServer, company: str) -> Letter:
    return Letter(
        recipient=mail.recipient,
        subject=mail.subject,
        text=body.text,
        html=body.html,
        sender_name=mail.sender_name or company,
        reply_to=mail.reply_to,
        message_id=f"{mail.public_id}@{server.sender.rpartition('@')[2]}",
        written_at=mail.created_at,
        picture=_symbol(body.secret) if mail.symbol_name and body.secret else b"",
        picture_name=mail.symbol_name,
    )


def _symbol(secret: str) -> bytes:
    """The secret as a picture that another screen shows large enough for a camera."""
    return png(variable_symbol(secret, "M"), SYMBOL_SIDE)
