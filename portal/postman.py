"""The postman: a thread of the worker that hands waiting mails to the mail server, one after the other.

A thread of its own, so that a slow mail server keeps no import waiting. Without a mail server it does not run, and
mails stand in the page Outgoing mail.
"""

import threading
from urllib.parse import urlsplit

import structlog
from flask import Flask
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.database import reading
from portal.extensions import db
from portal.jobs import outbox
from portal.jobs.operations import LeaseLost
from portal.jobs.outbox import TakenMail
from portal.lib.clock import utc_now
from portal.lib.emails import EmailRefused
from portal.lib.mailserver import MailServer
from portal.lib.smtp import Letter, Undelivered, compose, deliver
from portal.web.context import Portal

IDLE_PAUSE = 0.5  # seconds between looks at an empty outbox
SERVER_PAUSE = 30.0  # seconds after the server itself failed: the other mails would only fail too
PRODUCT = "QR Portal"  # who writes when no company does

log = structlog.get_logger()


def run(app: Flask, stop: threading.Event) -> None:
    """Sends until ``stop`` is set. Returns at once without a mail server."""
    parts: Portal = app.extensions["portal"]
    if parts.settings.mail_server is None:
        return
    with app.app_context():
        while not stop.is_set():
            pause = IDLE_PAUSE
            try:
                pause = send_once(parts, parts.settings.mail_server)
            except OperationalError as fault:
                log.warning("database away", fault=str(fault.orig))
            if pause:
                stop.wait(pause)


def send_once(parts: Portal, server: MailServer) -> float:
    """Takes one mail and sends it. Returns for how many seconds to pause. Needs an app context."""
    with Session(db.engine, expire_on_commit=False) as session:
        with reading():
            due = outbox.has_due(session, utc_now())
            session.rollback()
        if not due:
            return IDLE_PAUSE
        mail = outbox.take(session, utc_now())
        account = session.get(Account, mail.account_id) if mail and mail.account_id else None
        company = account.name if account else PRODUCT
        session.commit()
        return _send(session, parts, server, mail, company) if mail else 0


def _send(session: Session, parts: Portal, server: MailServer, mail: TakenMail, company: str) -> float:
    def before_text() -> None:
        outbox.hand_over(session, mail, utc_now())
        session.commit()

    hello = urlsplit(parts.settings.public_url).hostname or "localhost"
    pause = 0.0
    try:
        message = compose(_letter(mail, server, company), server.sender)
        deliver(server, message, hello=hello, before_text=before_text)
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


def _letter(mail: TakenMail, server: MailServer, company: str) -> Letter:
    return Letter(
        recipient=mail.recipient,
        subject=mail.subject,
        text=mail.text_body,
        html=mail.html_body,
        sender_name=mail.sender_name or company,
        reply_to=mail.reply_to,
        message_id=f"{mail.public_id}@{server.sender.rpartition('@')[2]}",
        written_at=mail.created_at,
    )
