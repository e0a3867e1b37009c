"""The tables of jobs, mails and the schedule."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base
from portal.lib.secrets import make_public_id

QUEUED = "queued"
RUNNING = "running"
DONE = "done"
DEAD = "dead"

# How a mail travels.
BY_MAIL = "mail"
BY_SMS = "sms"


class Job(Base):
    """One piece of work. ``payload`` holds ids and plain values; its files are named by the job's public id."""

    __tablename__ = "job"
    __table_args__ = (Index(None, "state", "run_at"), Index(None, "account_id", "kind", "id"))

    public_id: Mapped[str] = mapped_column(String(16), default=make_public_id, unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))  # who asked, and may see the result
    kind: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(10), default=QUEUED)
    percent: Mapped[int] = mapped_column(default=0)
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    fault: Mapped[str] = mapped_column(Text, default="")  # the sentence shown for a dead job
    try_count: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Mail(Base):
    """A mail to be sent by the worker, written with the data it speaks of. ``key`` names its occasion: once is enough.

    Without an SMTP server it stands in the page Outgoing mail, where an admin reads it. A way in that it carries is not
    in its text but under the key ring (``mails.Secret``), and forgotten when it is sent.
    """

    __tablename__ = "mail"
    __table_args__ = (Index(None, "account_id", "id"), Index(None, "state", "run_at"))

    public_id: Mapped[str] = mapped_column(String(16), default=make_public_id, unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    key: Mapped[str | None] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    channel: Mapped[str] = mapped_column(String(10), default=BY_MAIL)
    recipient: Mapped[str] = mapped_column(String(320))  # an address, or of an SMS the number in E.164
    sender_name: Mapped[str] = mapped_column(String(200), default="")  # the account's name
    reply_to: Mapped[str] = mapped_column(String(320), default="")
    subject: Mapped[str] = mapped_column(String(250))
    text_body: Mapped[str] = mapped_column(Text)
    html_body: Mapped[str] = mapped_column(Text, default="")
    sealed_secret: Mapped[str] = mapped_column(Text, default="")
    symbol_name: Mapped[str] = mapped_column(String(60), default="")  # of the file with the secret as QR code, "" none
    state: Mapped[str] = mapped_column(String(10), default=QUEUED)  # queued, running, done (sent), dead
    try_count: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    handed_at: Mapped[datetime | None]  # its text began to go to the server; without sent_at it may have arrived
    fault: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class Schedule(Base):
    """Work that comes again: one row per name, claimed by one worker among many."""

    __tablename__ = "schedule"

    name: Mapped[str] = mapped_column(String(60), unique=True)
    next_at: Mapped[datetime]
    last_at: Mapped[datetime | None]
