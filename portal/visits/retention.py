"""How long the log is kept, as each company says: old scans are deleted, younger ones forget their browsers.

Done in chunks, each a transaction of the caller's, so that nobody waits for it.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.visits.models import Scan

CHUNK = 1_000  # scans in one transaction


def apply(session: Session, now: datetime) -> int:
    """One chunk of what all companies ask for. Returns how many scans were deleted or anonymised: 0 when all is done.

    The caller commits and calls again until then.
    """
    for account in session.scalars(
        select(Account).where(or_(Account.scan_kept_days > 0, Account.scan_anonymised_days > 0)).order_by(Account.id)
    ):
        changed = _delete(session, account, now) or _anonymise(session, account, now)
        if changed:
            return changed
    return 0


def _delete(session: Session, account: Account, now: datetime) -> int:
    """Deletes the oldest scans that are older than the company keeps them."""
    if not account.scan_kept_days:
        return 0
    old = select(Scan.id).where(Scan.account_id == account.id, Scan.at < now - timedelta(days=account.scan_kept_days))
    ids = session.scalars(old.order_by(Scan.at).limit(CHUNK)).all()
    if ids:
        session.execute(delete(Scan).where(Scan.account_id == account.id, Scan.id.in_(ids)))
    return len(ids)


def _anonymise(session: Session, account: Account, now: datetime) -> int:
    """Takes the browser off scans that are old enough. ``scan_anonymised_at`` marks how far that has come, so that no
    row is looked at twice."""
    if not account.scan_anonymised_days:
        return 0
    until = now - timedelta(days=account.scan_anonymised_days)
    done = account.scan_anonymised_at
    if done is not None and done >= until:
        return 0
    rest = [Scan.account_id == account.id, Scan.at < until, *([Scan.at >= done] if done is not None else [])]
    chunk = select(Scan.at).where(*rest).order_by(Scan.at).limit(CHUNK).subquery()
    last, count = session.execute(select(func.max(chunk.c.at), func.count()).select_from(chunk)).one()
    # All scans of the last moment go together, so that the mark can stand behind it.
    changed = 0
    if count:
        old = update(Scan).where(*rest, Scan.at <= last).values(browser="", browser_hash="").returning(Scan.id)
        changed = len(session.execute(old.execution_options(synchronize_session=False)).all())
    account.scan_anonymised_at = until if count < CHUNK else last + timedelta(microseconds=1)
    session.flush()
    return changed
