"""CSV in every form that spreadsheet programs write, and out in one that none of them runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.lib.sheets import Row, SheetRefused, guard_formula, read_table, unguard_formula, write_table

SHEET = "Name,Tag,Note\r\nCrane,C-1,Łódź\r\nTruck,T-7,größe\r\n"
# What a cell may hold: anything that is text, with formula signs, quotes and line ends often enough to matter.
CELL = st.text(
    alphabet=st.one_of(
        st.sampled_from("=+-@\t\r\n'\",;＝＋ a1"), st.characters(codec="utf-8", exclude_characters="\0")
    ),
    max_size=8,
)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("encode", "encoding"),
    [
        (lambda text: text.encode(), "utf-8"),
        (lambda text: text.encode("utf-8-sig"), "utf-8"),
        (lambda text: text.encode("utf-16"), "utf-16"),
        (lambda text: "\ufeff".encode("utf-16-be") + text.encode("utf-16-be"), "utf-16"),
        (lambda text: text.replace("Łódź", "Lodz").encode("windows-1252"), "windows-1252"),
    ],
)
@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
def test_encodings_delimiters_and_line_ends(delimiter, encode, encoding, line_end) -> None:
    table = read_table(encode(SHEET.replace(",", delimiter).replace("\r\n", line_end)))
    assert (table.delimiter, table.encoding) == (delimiter, encoding)
    assert table.headings == ("Name", "Tag", "Note")
    assert table.rows[1] == Row(3, ("Truck", "T-7", "größe"))
    assert [row.line for row in table.rows] == [2, 3]


def test_lines_are_those_of_the_file_where_a_row_starts() -> None:
    table = read_table(b'\n"Name\nof it",Note\n\nCrane,"two\r\nlines"\n,\nTruck,x\n')
    assert table.headings == ("Name\nof it", "Note")
    assert table.rows == (Row(5, ("Crane", "two\r\nlines")), Row(8, ("Truck", "x")))


def test_uneven_rows_are_reported_each_on_its_line() -> None:
    table = read_table(b"a;b;c\n1;2;3\n1;2\n1;2;3;4\n1;2;3;;\n")
    assert [row.line for row in table.rows if row.problem] == [3, 4]
    assert table.rows[1].problem.startswith("This line has 2 cells and the heading line 3.")
    assert read_table(b"a,b\n1\n").rows[0].problem.startswith("This line has 1 cell and the heading line 2.")
    assert {len(row.cells) for row in table.rows} == {3}
    assert table.rows[3] == Row(5, ("1", "2", "3"))


@pytest.mark.parametrize(
    ("data", "delimiter", "headings"),
    [
        (b'Name;"Tag, serial, or plate";Phone\n', ";", ("Name", "Tag, serial, or plate", "Phone")),
        (b"Name\tNotes, private; or not\tPhone\n", "\t", ("Name", "Notes, private; or not", "Phone")),
        (b"Name;Notes, private\nCrane;big\nTruck;small\n", ";", ("Name", "Notes, private")),
        (b"Name,Notes; private\nCrane,big\nTruck,small\n", ",", ("Name", "Notes; private")),
        (b'"Na\nme, first"\tPhone\n', "\t", ("Na\nme, first", "Phone")),
        (b"sep=;\r\nName;Tag\r\n", ";", ("Name", "Tag")),
        (b"Name\nCrane; big\n", ",", ("Name",)),
        (b"Name,Tag,,\n1,2,,\n", ",", ("Name", "Tag")),
        (b" Name ,'=Tag\n", ",", ("Name", "=Tag")),
    ],
)
def test_the_delimiter_is_read_off_the_heading_line(data, delimiter, headings) -> None:
    table = read_table(data)
    assert (table.delimiter, table.headings) == (delimiter, headings)
    assert not [row for row in table.rows if row.problem]


def test_the_line_that_names_the_delimiter_is_counted() -> None:
    assert read_table(b"sep=;\r\nName;Tag\r\nCrane;1\r\n").rows == (Row(3, ("Crane", "1")),)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty"),
        (b" \r\n\t\n", "The file is empty"),
        (b"\xef\xbb\xbf", "The file is empty"),
        (b"a,b\n1,\x002\n", "save it as CSV UTF-8"),
        ("a,b\n1,2\n".encode("utf-16-le"), "save it as CSV UTF-8"),
        ("a,b\n1,2\n".encode("utf-32"), "save it as CSV UTF-8"),
        (b"\xff\xfea", "save it as CSV UTF-8"),
        (b"a,b\n\x81\x8d,2\n", "save it as CSV UTF-8"),
        (b"PK\x03\x04rest", "not a CSV file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "not a CSV file"),
        (b"Name,name \n", "is there twice"),
        (b"Name,,Tag\n", "Column 2 has no heading"),
        (b",,\n,,\n", "heading line is missing"),
        (b'a,b\n1,2\n1,"2\n3,4\n', "Line 3: a quotation mark is not closed"),
        (b'a,b\n1,"2"x\n', "Line 2: a quotation mark is not closed"),
        (b"a,b\n1," + b"x" * 131_073 + b"\n", "Line 2:"),
    ],
)
def test_unreadable_files_are_refused_with_what_to_do(data: bytes, says: str) -> None:
    with pytest.raises(SheetRefused) as refused:
        read_table(data)
    assert says in refused.value.sentence
    assert refused.value.sentence.endswith(".")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_refused(data: bytes) -> None:
    try:
        table = read_table(data)
    except SheetRefused:
        return
    assert {len(row.cells) for row in table.rows} <= {len(table.headings)}


@pytest.mark.parametrize(
    "cell", ["=1+1", "+48601234567", "-5.2", "@SUM(A1)", "\t=1", "\r=1", "＝1", "'=1", "''=1", "''"]
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(cell: str) -> None:
    assert guard_formula(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "Crane", "1-2", "'tis", "'", " =1", "a@b.pl"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert guard_formula(cell) == cell
    assert unguard_formula(cell) == cell


@given(CELL)
def test_the_guard_comes_off_exactly(cell: str) -> None:
    guarded = guard_formula(cell)
    assert unguard_formula(guarded) == cell
    assert not guarded.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert guard_formula(guarded) != guarded or guarded == cell


@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=6), st.sampled_from([",", ";", "\t"]))
def test_a_table_comes_back_as_it_went(rows, delimiter) -> None:
    data = b"".join(write_table(["Name", "+Phone", "'Note"], rows, delimiter))
    assert data.startswith(b"\xef\xbb\xbfName")
    table = read_table(data)
    assert (table.headings, table.delimiter, table.encoding) == (("Name", "+Phone", "'Note"), delimiter, "utf-8")
    assert [row.cells for row in table.rows] == [row for row in rows if any(cell.strip() for cell in row)]
    assert not [row for row in table.rows if row.problem]


def test_large_tables_are_written_in_pieces() -> None:
    taken = []

    def rows():
        for number in range(20_000):
            taken.append(number)
            yield [f"Crane {number}", "+48601234567"]

    pieces = write_table(["Name", "Phone"], rows())
    first = next(pieces)
    assert len(taken) < 3_000
    rest = list(pieces)
    assert max(map(len, [first, *rest])) < 40_000
    table = read_table(first + b"".join(rest))
    assert len(table.rows) == 20_000
    assert {row.cells[1] for row in table.rows} == {"+48601234567"}
