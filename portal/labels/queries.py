"""Reads for labels, always within one account."""

from collections.abc import Sequence

from sqlalchemy import case, select
from sqlalchemy.orm import Session, aliased

from portal.accounts.models import Account
from portal.errors import NotFound
from portal.labels.composing import LabelRow
from portal.labels.models import PrintRun
from portal.labels.stock import Stock, find_stock
from portal.records.lists import list_by_public_ids
from portal.records.models import Record
from portal.stickers.models import Sticker

# Countries that print on US Letter (CLDR territory data, paper size); everybody else has A4.
LETTER_COUNTRIES = frozenset(
    ("US", "CA", "MX", "PH", "CL", "CO", "VE", "GT", "CR", "NI", "SV", "PA", "PR", "DO", "BO", "BZ")
)
CHUNK = 500  # ids in one statement: SQLite takes 32,766 parameters, planners like fewer


def usual_stock(session: Session, account: Account) -> Stock:
    """The stock of the account's last print run, else the commonest one for its country's paper."""
    last = session.scalar(
        select(PrintRun.stock).where(PrintRun.account_id == account.id).order_by(PrintRun.id.desc()).limit(1)
    )
    stock = find_stock(last) if last else None
    return stock or default_stock(account.country)


def default_stock(country: str) -> Stock:
    """Avery 5160 on Letter, L7160 on A4."""
    stock = find_stock("5160" if country in LETTER_COUNTRIES else "L7160")
    if stock is None:
        raise LookupError("the table of stocks lost its two commonest sheets")
    return stock


def list_record_ids(session: Session, account_id: int, public_ids: Sequence[str]) -> list[int]:
    """The records of these public ids, in their order, each once. Raises NotFound if any is not the account's."""
    found = list_by_public_ids(session, account_id, public_ids)
    if len(found) != len(set(public_ids)):
        raise NotFound("a record to print")
    return found


def list_label_rows(session: Session, account_id: int, record_ids: Sequence[int]) -> list[LabelRow]:
    """Rows in the order of the ids, without those that are archived or whose sticker was revoked."""
    owner, place = aliased(Record), aliased(Record)
    detail = case(
        (Record.kind == "vehicle", Record.plate),
        (Record.kind == "equipment", Record.serial_number),
        (Record.kind == "contact", Record.job_title),
        else_="",
    )
    statement = (
        select(Record.id, Sticker.id, Sticker.code, Record.name, Record.tag, detail, owner.name, place.name)
        .join(Sticker, (Sticker.record_id == Record.id) & Sticker.revoked_at.is_(None))
        .outerjoin(owner, owner.id == Record.owner_id)
        .outerjoin(place, place.id == Record.location_id)
        .where(Record.account_id == account_id, Record.archived_at.is_(None))
    )
    found: dict[int, LabelRow] = {}
    for start in range(0, len(record_ids), CHUNK):
        for record_id, sticker_id, code, name, tag, more, owner_name, place_name in session.execute(
            statement.where(Record.id.in_(record_ids[start : start + CHUNK]))
        ):
            found[record_id] = LabelRow(
                record_id, sticker_id, code, name, tag, more, owner_name or "", place_name or ""
            )
    return [found[record_id] for record_id in record_ids if record_id in found]
