"""Tables of the passcode and of the attempts at it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base


class Passcode(Base):
    """The code of an account; one row each, made with the account.

    ``sealed_text`` is encrypted (context ``passcode:<account id>``), empty while no passcode is assigned.
    ``generation`` counts passcodes: the account's budget of guesses belongs to one of them.
    ``pass_generation`` counts invalidations: gate passes of an older one are void.
    """

    __tablename__ = "passcode"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), unique=True)
    sealed_text: Mapped[str] = mapped_column(String(400), default="")
    generation: Mapped[int] = mapped_column(default=1)
    pass_generation: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]


class AttemptCounter(Base):
    """A counter of the throttle: ``scope`` is client-burst, client-day, sticker or account; ``subject`` whom it counts.

    ``count`` is what is spent, ``since_at`` when its window began or when the bucket last leaked.
    """

    __tablename__ = "attempt_counter"
    __table_args__ = (UniqueConstraint("scope", "subject"),)

    scope: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(80))
    count: Mapped[int] = mapped_column(default=0)
    since_at: Mapped[datetime]


class Attempt(Base):
    """One evaluated wrong code, kept so that the same browser's failures can be given back when it succeeds."""

    __tablename__ = "attempt"
    __table_args__ = (Index(None, "account_id", "id"), Index(None, "browser_hash", "at"))

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    sticker_id: Mapped[int] = mapped_column(ForeignKey("sticker.id"))
    generation: Mapped[int]
    client: Mapped[str] = mapped_column(String(80))
    browser_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    refunded_at: Mapped[datetime | None]
