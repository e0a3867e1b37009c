"""The one verb of the log: writing a batch of scans."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Session

from portal.records.models import Record
from portal.stickers.models import Sticker
from portal.visits.models import Scan

REPEAT_WITHIN = timedelta(minutes=30)  # design, section 2: one browser and sticker counts once in this time


@dataclass(frozen=True, slots=True)
class NewScan:
    """An answered look that is not in the database yet."""

    account_id: int
    sticker_id: int
    at: datetime
    outcome: str
    is_admitted: bool
    browser: str
    browser_hash: str


@dataclass(frozen=True, slots=True)
class WrittenScan:
    """A look as it stands in the database now. ``record_state`` is '' when the record is gone."""

    scan: NewScan
    record_id: int | None
    record_state: str
    is_repeat: bool


def write_scans(session: Session, scans: Sequence[NewScan]) -> list[WrittenScan]:
    """Adds the scans and raises their stickers' ``last_scanned_at``. Returns what was written, the oldest first.

    Looks at a sticker that was deleted meanwhile are left out; the record is the sticker's present one.
    """
    scans = sorted(scans, key=lambda scan: scan.at)
    # Locked in one order by every process, and before the scans refer to them: a record that is being deleted waits.
    stickers = {
        row.id: (row.record_id, row.state or "")
        for row in session.execute(
            select(Sticker.id, Sticker.record_id, Record.state)
            .outerjoin(Record, Record.id == Sticker.record_id)
            .where(Sticker.id.in_({scan.sticker_id for scan in scans}))
            .order_by(Sticker.id)
            .with_for_update(of=Sticker)
        )
    }
    scans = [scan for scan in scans if scan.sticker_id in stickers]
    if not scans:
        return []
    counted = _last_counted(session, scans)
    written = []
    for scan in scans:
        key = (scan.sticker_id, scan.browser_hash)
        is_repeat = key in counted and scan.at - counted[key] < REPEAT_WITHIN
        if not is_repeat:
            counted[key] = scan.at
        written.append(WrittenScan(scan, *stickers[scan.sticker_id], is_repeat))
    session.execute(insert(Scan), [_row(one) for one in written])
    _raise_last_scanned(session, scans)
    return written


def _row(one: WrittenScan) -> dict[str, Any]:
    return {
        "account_id": one.scan.account_id,
        "sticker_id": one.scan.sticker_id,
        "record_id": one.record_id,
        "at": one.scan.at,
        "outcome": one.scan.outcome,
        "is_admitted": one.scan.is_admitted,
        "is_repeat": one.is_repeat,
        "browser": one.scan.browser,
        "browser_hash": one.scan.browser_hash,
    }


def _last_counted(session: Session, scans: Sequence[NewScan]) -> dict[tuple[int, str], datetime]:
    """When each sticker and browser of the batch was counted last, as far as that is recent enough to matter."""
    found = session.execute(
        select(Scan.sticker_id, Scan.browser_hash, func.max(Scan.at))
        .where(
            Scan.sticker_id.in_({scan.sticker_id for scan in scans}),
            Scan.at > scans[0].at - REPEAT_WITHIN,
            Scan.browser_hash.in_({scan.browser_hash for scan in scans}),
            Scan.is_repeat.is_(False),
        )
        .group_by(Scan.sticker_id, Scan.browser_hash)
    )
    return {(sticker_id, browser_hash): at for sticker_id, browser_hash, at in found}


def _raise_last_scanned(session: Session, scans: Sequence[NewScan]) -> None:
    latest = {scan.sticker_id: scan.at for scan in scans}  # in order of time, so the last one stays
    session.connection().execute(
        update(Sticker.__table__)  # type: ignore[arg-type]  # __table__ is typed as any selectable
        .where(
            Sticker.id == bindparam("sticker"),
            or_(Sticker.last_scanned_at.is_(None), Sticker.last_scanned_at < bindparam("latest_at")),
        )
        .values(last_scanned_at=bindparam("latest_at")),
        [{"sticker": sticker_id, "latest_at": at} for sticker_id, at in sorted(latest.items())],
    )


def forget_record(session: Session, account_id: int, record_id: int) -> None:
    """Before a record is deleted: its scans keep their rows and no longer say what was looked at."""
    session.execute(
        update(Scan).where(Scan.account_id == account_id, Scan.record_id == record_id).values(record_id=None)
    )
