"""Expirations of a plan: a new day renews and keeps the old one as history, a blank cell removes."""

from sqlalchemy.orm import Session

from portal.records.drafts import PaperCell
from portal.records.expirations import WARN_DAYS
from portal.records.headings import paper_key
from portal.records.plans import ADD, EDIT, REMOVE, RENEW, CurrentPaper, PaperChange, Plan, PlannedRow
from portal.records.snapshots import read_papers


def compare_papers(session: Session, account_id: int, plan: Plan) -> None:
    """Compares the expirations of all rows with those that are current."""
    if not plan.sheet.columns.papers:
        return
    current = read_papers(session, account_id, (row.key for row in plan.rows if row.before is not None))
    for row in plan.rows:
        row.papers = current.get(row.key, [])
        for cell in row.draft.papers:
            if change := _compare(row, cell):
                row.paper_changes.append(change)


def _compare(row: PlannedRow, cell: PaperCell) -> PaperChange | None:
    old = find_paper(row.papers, cell.column.key)
    if old is None:
        if cell.expires_on is None:
            return None
        warn_days = WARN_DAYS if cell.warn_days is None else cell.warn_days
        return PaperChange(ADD, None, cell.column.what, cell.expires_on, warn_days)
    if cell.expires_on is None:
        return PaperChange(REMOVE, old, old.what, None, old.warn_days)
    warn_days = old.warn_days if cell.warn_days is None else cell.warn_days
    if cell.expires_on != old.expires_on:
        return PaperChange(RENEW, old, old.what, cell.expires_on, warn_days)
    return PaperChange(EDIT, old, old.what, old.expires_on, warn_days) if warn_days != old.warn_days else None


def find_paper(papers: list[CurrentPaper], key: tuple[str, int]) -> CurrentPaper | None:
    """The paper of this name, the first or a later one by day; None when there are fewer."""
    what, ordinal = key
    same = [paper for paper in papers if paper_key(paper.what) == what]
    return same[ordinal - 1] if len(same) >= ordinal else None
