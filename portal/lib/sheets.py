"""Tables as CSV (RFC 4180): read in the forms that spreadsheet programs write, written so that none runs a cell."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_DELIMITERS = (",", ";", "\t")
# Rows that are looked at when two delimiters occur equally often in the heading line.
_SNIFFED_ROWS = 20
_BYTE_ORDER_MARK = "\ufeff"
_CHUNK_CHARACTERS = 32_768
# A cell longer than this is a quotation mark gone wrong, not a text (the csv module's own limit).
_LONGEST_CELL = 131_072

# A spreadsheet runs what begins with one of these (OWASP, CSV injection), full-width forms included. A cell that
# already begins with an apostrophe before one of them, or before an apostrophe, is guarded too: only so can the guard
# be taken off again without doubt.
_GUARDED = re.compile("'*[=+\\-@\t\r＝＋－＠]|''")
_UNGUARDED = re.compile("'('*[=+\\-@\t\r＝＋－＠]|'')")


class SheetRefused(ValueError):
    """Bytes that are not one readable table; `sentence` says what to do about it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Row:
    """One row: the physical line where it starts (from 1), one cell per heading, and what is wrong with its width.

    A row with a `problem` has its cells cut or filled up to the headings, and is not to be trusted.
    """

    line: int
    cells: tuple[str, ...]
    problem: str | None = None


@dataclass(frozen=True)
class Table:
    """A whole sheet. `encoding` is "utf-8", "utf-16" or "windows-1252"; `headings` are unique whatever their case."""

    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    delimiter: str
    encoding: str


def read_table(data: bytes) -> Table:
    """The table in a CSV file; formula guards are taken off, blank rows left out. Raises SheetRefused."""
    text, encoding = _decode(data)
    if not text.strip():
        raise SheetRefused("The file is empty. Choose a CSV file with a heading line and one line per record.")
    first_line, marked = text.split("\n", 1)[0].rstrip("\r").strip('"'), None
    if first_line.lower().startswith("sep=") and first_line[4:] in _DELIMITERS:
        # Spreadsheet programs write this line to name their delimiter; it is line 1, so the headings are on line 2.
        marked = first_line[4:]
    delimiter = marked or _sniff(text)
    records = _records(text, delimiter)
    if marked:
        next(records)
    _, first = next(records, (0, []))
    headings = _headings(first)
    rows = tuple(_row(line, cells, len(headings)) for line, cells in records)
    return Table(headings, rows, delimiter, encoding)


def write_table(headings: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str = ",") -> Iterator[bytes]:
    """The table as UTF-8 with a byte order mark and CRLF, in chunks of some 32 kB; cells are guarded here."""
    buffer = io.StringIO(newline="")
    buffer.write(_BYTE_ORDER_MARK)
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerow([guard_formula(heading) for heading in headings])
    for row in rows:
        writer.writerow([guard_formula(cell) for cell in row])
        if buffer.tell() >= _CHUNK_CHARACTERS:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def guard_formula(cell: str) -> str:
    """The cell with an apostrophe in front when a spreadsheet program would run it as a formula."""
    return f"'{cell}" if _GUARDED.match(cell) else cell


def unguard_formula(cell: str) -> str:
    """Exactly what guard_formula was given; a cell without a guard is returned as it is."""
    return cell[1:] if _UNGUARDED.match(cell) else cell


def _decode(data: bytes) -> tuple[str, str]:
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise SheetRefused(
            "This is a workbook, not a CSV file. In your spreadsheet, save it as CSV UTF-8 and try again."
        )
    is_utf_16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    # Windows-1252 accepts almost any bytes, so it is the last guess: only for what is not valid UTF-8.
    for encoding in ("utf-16",) if is_utf_16 else ("utf-8", "windows-1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text.removeprefix(_BYTE_ORDER_MARK), encoding
    raise SheetRefused(
        "The letters of this file cannot be read. In your spreadsheet, save it as CSV UTF-8 and try again."
    )


def _sniff(text: str) -> str:
    """The delimiter that occurs most often outside quotation marks in the heading line; comma if none does."""
    heading = next((line for line in _unquoted_lines(text) if line.strip()), "")
    most = max(heading.count(mark) for mark in _DELIMITERS)
    if most == 0:
        return ","
    return max(
        (mark for mark in _DELIMITERS if heading.count(mark) == most), key=lambda mark: _regular_rows(text, mark)
    )


def _unquoted_lines(text: str) -> Iterator[str]:
    """Each record without what stands between quotation marks, so that a quoted line end does not end it."""
    for record in re.finditer(r'(?:"[^"]*"|[^"\r\n])+', text):
        yield re.sub(r'"[^"]*"', "x", record[0])


def _regular_rows(text: str, delimiter: str) -> int:
    """How many of the first rows are as wide as the first."""
    widths = []
    try:
        for _, cells in _records(text, delimiter):
            widths.append(len(cells))
            if len(widths) > _SNIFFED_ROWS:
                break
    except SheetRefused:
        return 0
    return widths.count(widths[0]) if widths else 0


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(line where it starts, cells) of every record that is not blank."""
    # Strict: a quotation mark that is never closed would otherwise swallow the rest of the file without a word.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise SheetRefused(
                f"Line {line}: a quotation mark is not closed, or text follows one. Write quotation marks inside a"
                f' cell twice ("") and keep cells under {_LONGEST_CELL} characters.'
            ) from None
        if any(cell.strip() for cell in cells):
            yield line, cells


def _headings(cells: list[str]) -> tuple[str, ...]:
    names = [unguard_formula(cell).strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise SheetRefused("The heading line is missing. Put the names of the columns on the first line.")
    seen: set[str] = set()
    for number, name in enumerate(names, start=1):
        if not name:
            raise SheetRefused(f"Column {number} has no heading. Name it, or delete the column.")
        if name.casefold() in seen:
            raise SheetRefused(f"The heading “{name}” is there twice. Rename or delete one of the two columns.")
        seen.add(name.casefold())
    return tuple(names)


def _row(line: int, cells: list[str], width: int) -> Row:
    values = [unguard_formula(cell) for cell in cells]
    # Blank cells at the end beyond the headings are a habit of spreadsheet programs; missing ones are not blank ones.
    while len(values) > width and not values[-1].strip():
        values.pop()
    if len(values) == width:
        return Row(line, tuple(values))
    count = "1 cell" if len(values) == 1 else f"{len(values)} cells"
    problem = f"This line has {count} and the heading line {width}. Check delimiters and quotation marks."
    return Row(line, tuple((values + [""] * width)[:width]), problem)
