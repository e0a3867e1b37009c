"""Exports of records: columns that import reads back without a change."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.records.cells import show_cell
from portal.records.directory import Directory
from portal.records.expirations import WARN_DAYS
from portal.records.headings import ID_LABEL, PaperColumn, expires_heading, paper_key, warns_heading
from portal.records.kinds import BY_NAME, Field, Kind
from portal.records.paper_plans import find_paper
from portal.records.plans import CurrentPaper
from portal.records.snapshots import RECORDS, in_chunks, make_directory, read_papers

_EXAMPLES = {
    "vehicle": {"name": "Delivery van 7", "tag": "V-007", "make": "Volvo", "year": "2021"},
    "equipment": {"name": "Generator 12", "tag": "E-012", "manufacturer": "Atlas Copco", "serial_number": "AC-90412"},
    "location": {"name": "North yard", "tag": "L-003", "latitude": "52.2297", "longitude": "21.0122"},
    "contact": {
        "name": "Maria Keller",
        "tag": "C-021",
        "email": "maria.keller@example.com",
        "job_title": "Yard manager",
    },
}
_EXAMPLE_PAPERS = {
    "vehicle": ("registration", "insurance"),
    "equipment": ("inspection",),
    "location": ("inspection",),
    "contact": ("licence",),
}
_EXAMPLE_DAY = "2027-03-31"


class Export:
    """The records ``ids`` of one kind as headings and rows of cells. References are e-mails, unique names or ids."""

    def __init__(self, session: Session, account_id: int, kind: str, ids: Sequence[int]) -> None:
        self.kind: Kind = BY_NAME[kind]
        self._session, self._account_id, self._ids = session, account_id, ids
        self._papers = read_papers(session, account_id, ids)
        self._columns = _paper_columns(self._papers.values())
        self._warned = {column.key for column in self._columns if self._has_own_warning(column)}
        references = {one.reference for one in self.kind.fields if one.type == "reference"}
        self._directories = {target: make_directory(session, account_id, target) for target in references}

    @property
    def headings(self) -> list[str]:
        """The heading line: id, the kind's fields, then expirations."""
        papers = [
            heading
            for column in self._columns
            for heading in (expires_heading(column), *([warns_heading(column)] if column.key in self._warned else ()))
        ]
        return [ID_LABEL, *(one.label for one in self.kind.fields), *papers]

    def rows(self) -> Iterator[list[str]]:
        """One row per record, in the order of the ids."""
        for chunk in in_chunks(self._ids):
            wanted = select(RECORDS).where(RECORDS.c.account_id == self._account_id, RECORDS.c.id.in_(chunk))
            records: dict[int, Mapping[str, Any]] = {}
            for row in self._session.execute(wanted).mappings():
                records[row["id"]] = dict(row)
            for record_id in chunk:
                if record_id in records:
                    yield self._row(records[record_id])

    def _row(self, record: Mapping[str, Any]) -> list[str]:
        cells = [record["public_id"], *(self._cell(one, record[one.name]) for one in self.kind.fields)]
        papers = self._papers.get(record["id"], [])
        for column in self._columns:
            paper = find_paper(papers, column.key)
            cells.append(paper.expires_on.isoformat() if paper else "")
            if column.key in self._warned:
                cells.append(str(paper.warn_days) if paper else "")
        return cells

    def _cell(self, one: Field, value: Any) -> str:
        if one.type != "reference" or value is None:
            return show_cell(value)
        directory: Directory = self._directories[one.reference]
        return directory.reference(value)

    def _has_own_warning(self, column: PaperColumn) -> bool:
        papers = (find_paper(papers, column.key) for papers in self._papers.values())
        return any(paper is not None and paper.warn_days != WARN_DAYS for paper in papers)


def _paper_columns(all_papers: Iterable[list[CurrentPaper]]) -> list[PaperColumn]:
    """Every expiration that any of the records has, by name; a second one of a name on one record gets a column."""
    found: dict[tuple[str, int], PaperColumn] = {}
    for papers in all_papers:
        seen: dict[str, int] = {}
        for paper in papers:
            key = paper_key(paper.what)
            seen[key] = seen.get(key, 0) + 1
            found.setdefault((key, seen[key]), PaperColumn(paper.what, seen[key]))
    return [found[key] for key in sorted(found)]


def make_template(kind: str) -> tuple[list[str], list[list[str]]]:
    """The headings of a kind and one example row, to be filled in."""
    shape, papers = BY_NAME[kind], [PaperColumn(what) for what in _EXAMPLE_PAPERS[kind]]
    cells = [_EXAMPLES[kind].get(one.name, "") for one in shape.fields]
    headings = [one.label for one in shape.fields] + [expires_heading(paper) for paper in papers]
    return headings, [cells + [_EXAMPLE_DAY] * len(papers)]
