"""Tables of stickers and of the passphrases that seal their tokens."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.database import Base
from portal.lib.secrets import make_public_id
from portal.records.models import Record


class Sticker(Base):
    """The physical code on one thing. A record has exactly one that is not revoked; revoked ones stay known.

    ``code`` is the first half of the scan token, unique over all accounts: a scan finds its row by it alone.
    A deleted record leaves its stickers revoked with ``record_id`` empty.
    """

    __tablename__ = "sticker"
    __table_args__ = (
        Index(None, "account_id", "record_id"),
        Index(
            "uq_sticker_current",
            "record_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
        Index(None, "account_id", "last_scanned_at"),
    )

    public_id: Mapped[str] = mapped_column(String(16), default=make_public_id, unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    record_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"))
    code: Mapped[str] = mapped_column(String(8), unique=True)
    created_at: Mapped[datetime]
    printed_at: Mapped[datetime | None]  # the first time a label of it left the product
    last_scanned_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    record: Mapped[Record | None] = relationship()


class Passphrase(Base):
    """The account's identifier baked into every QR. The current one has no ``retired_at``; old ones are kept to
    recognise old stickers. The text is encrypted with the key ring, context ``passphrase:<account id>``."""

    __tablename__ = "passphrase"
    __table_args__ = (
        Index(None, "account_id"),
        Index(
            "uq_passphrase_current",
            "account_id",
            unique=True,
            sqlite_where=text("retired_at IS NULL"),
            postgresql_where=text("retired_at IS NULL"),
        ),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    sealed_text: Mapped[str] = mapped_column(String(400))
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    honoured_until: Mapped[datetime | None]  # an overlap: the old seal still opens until then
