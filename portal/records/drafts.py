"""The rows of a file, read without the database: what each cell says, and what is wrong with it alone. Pure."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from portal.lib.lines import one_line
from portal.lib.sheets import Row, SheetRefused, Table, read_table
from portal.records import checking, expirations, headings
from portal.records.cells import shorten
from portal.records.checking import Value
from portal.records.days import parse_day
from portal.records.headings import Columns, PaperColumn
from portal.records.kinds import BY_NAME, Kind

MAX_ROWS = 50_000  # applied in one transaction, which must end while others wait for it


class FileRefused(ValueError):
    """The file as a whole cannot be imported; `sentence` says what to do about it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Sheet:
    """A file whose headings were understood."""

    kind: Kind
    table: Table
    columns: Columns

    def heading(self, name: str) -> str:
        """The heading, as the file spells it, of a field's column."""
        return self.table.headings[self.columns.fields[name]]


@dataclass(frozen=True)
class RefusedCell:
    """Why a row is not taken. ``column`` is the heading in the file, "" when the whole row is meant."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True)
class PaperCell:
    """An expiration as a row gives it. ``expires_on`` None removes it; ``warn_days`` None leaves the warning."""

    column: PaperColumn
    expires_on: date | None
    warn_days: int | None


@dataclass
class Draft:
    """One row. ``typed`` holds the cells of fields as they stand in the file, ``values`` what they mean, and ``errors``
    the sentence of each field that means nothing. References stay text: only the database knows them. Of a broken row
    nothing was read, since its cells may stand in the wrong columns.
    """

    line: int
    public_id: str
    typed: dict[str, str]
    values: dict[str, Value] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    papers: list[PaperCell] = field(default_factory=list)
    refused: list[RefusedCell] = field(default_factory=list)
    is_broken: bool = False
    made: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)  # columns made from values, by those

    @property
    def tag(self) -> str:
        """The tag, "" when there is none."""
        return str(self.values.get("tag") or "")


def read_sheet(kind: str, data: bytes) -> Sheet:
    """Reads the bytes of a file with records of one kind, and its heading line. Raises FileRefused."""
    try:
        table = read_table(data)
    except SheetRefused as refusal:
        raise FileRefused(refusal.sentence) from None
    shape = BY_NAME[kind]
    columns = headings.match(shape, table.headings)
    if columns.doubled:
        raise FileRefused(
            f"The column “{columns.doubled[0]}” means the same as another one. Delete or rename one of the two."
        )
    if not columns.fields and not columns.papers:
        raise FileRefused(f"No heading is known for {shape.plural.lower()}. The template shows the headings.")
    if columns.id is None and not {"name", "tag"} & columns.fields.keys():
        raise FileRefused("The file needs a column “Name”, “Tag” or “id”, so that its rows can be told apart.")
    if not table.rows:
        raise FileRefused("The file has headings and no rows. Put one record on each line below the headings.")
    if len(table.rows) > MAX_ROWS:
        raise FileRefused(f"The file has {len(table.rows):,} rows. Split it into files of at most {MAX_ROWS:,}.")
    return Sheet(shape, table, columns)


def read_drafts(sheet: Sheet, start: int, stop: int, *, country: str, today: date) -> list[Draft]:
    """Rows ``start`` to ``stop`` (from 0, stop excluded). ``country`` decides about phones and days like 3/1/2027."""
    return [_draft(sheet, row, country, today) for row in sheet.table.rows[start:stop]]


def _draft(sheet: Sheet, row: Row, country: str, today: date) -> Draft:
    columns = sheet.columns
    if row.problem:
        return Draft(row.line, "", {}, refused=[RefusedCell(row.line, "", row.problem)], is_broken=True)
    typed = {name: row.cells[index] for name, index in columns.fields.items()}
    draft = Draft(row.line, _id(row, columns), typed)
    fields: dict[str, Value] = {
        one.name: typed[one.name] for one in sheet.kind.fields if one.name in typed and one.type != "reference"
    }
    checked = checking.check(sheet.kind, fields, country=country, today=today)
    draft.values, draft.errors = checked.values, checked.errors
    for column in columns.papers:
        _read_paper(sheet, draft, row, column, country)
    return draft


def _id(row: Row, columns: Columns) -> str:
    return "" if columns.id is None else one_line(row.cells[columns.id]).lower()


def _read_paper(sheet: Sheet, draft: Draft, row: Row, column: PaperColumn, country: str) -> None:
    index, warns = sheet.columns.papers[column], sheet.columns.warnings.get(column.key)
    text = row.cells[index].strip()
    warn_text = row.cells[warns].strip() if warns is not None else ""
    day = parse_day(text, country) if text else None
    if day is None:
        if text:
            reason = f"“{shorten(text)}” is not a day. Write it like 2027-03-31, with a year of four digits."
        elif warn_text:
            reason = "A warning needs its day. Fill in this cell, or clear the days of warning."
        else:
            draft.papers.append(PaperCell(column, None, None))
            return
        draft.refused.append(RefusedCell(row.line, sheet.table.headings[index], reason))
        return
    checked = expirations.check({"what": column.what, "expires_on": day.isoformat(), "warn_days": warn_text})
    if isinstance(checked, dict):
        place = warns if warns is not None and "warn_days" in checked else index
        draft.refused.append(RefusedCell(row.line, sheet.table.headings[place], next(iter(checked.values()))))
        return
    named = PaperColumn(checked.what, column.ordinal)
    draft.papers.append(PaperCell(named, day, None if warns is None else checked.warn_days))
