import io
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from portal.labels import pdf
from portal.labels.layout import Box, Refusal, place, plan
from portal.labels.pdf import Options
from portal.labels.stock import Stock, all_stocks
from tests.labels.printing import (
    PIXELS_PER_MM,
    crop,
    ink_box,
    make_label,
    make_labels,
    pages,
    printed,
    read_zbar,
    read_zxing,
    stock_of,
)

ACCEPTED = [stock for stock in all_stocks() if isinstance(plan(stock, 29), Box)]
LONG = "Emergency generator for the north-western administration building, basement level two, behind the boiler room"
HOSTILE = [
    ") Tj ET Q BT /F1 40 Tf (owned",
    "back\\slash \\) \\( (((",
    "<feff> >> endstream endobj %%EOF",
    "EI Q BI ID \x00\x01\x1b[31m",
    "\u202egnp.exe\u2066\u2069",
    "\ud800 half a pair",
    "<b>bold</b> &amp; <img src=x>",
    "{{ 7*7 }} ${x} %(y)s %n",
    "\ufdd0\ufffe\U0010ffff\ue000",
    "a\u0301" * 40,
    "\u200b\u200d\u200c",
    "🚚👩\u200d🔧🏳️\u200d🌈",
    "W" * 500,
]


@pytest.fixture(scope="module")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fonts")


def test_every_label_of_a_thousand_decodes_to_its_own_url(cache_dir: Path) -> None:
    stock = stock_of("L7160")
    labels = make_labels(1000)
    sheets = list(pages(printed(labels, stock, cache_dir)))
    assert len(sheets) == 48
    for position in place(1000, stock):
        picture = crop(sheets[position.page], position.x, position.y, stock.label_width, stock.label_height)
        url = labels[position.index].url
        assert read_zxing(picture) == [url]
        assert read_zbar(picture) == [url]


@pytest.mark.parametrize("stock", ACCEPTED, ids=lambda stock: stock.number)
def test_a_sheet_of_every_stock_decodes_with_an_empty_quiet_zone(stock: Stock, cache_dir: Path) -> None:
    labels = [make_label(n, LONG, f"TAG-{n}", "Jönköping / Ł") for n in range(stock.slots)]
    (sheet,) = pages(printed(labels, stock, cache_dir, Options(scan_me="Scan me")))
    box = plan(stock, 29)
    assert isinstance(box, Box)
    for position in place(stock.slots, stock):
        picture = crop(sheet, position.x, position.y, stock.label_width, stock.label_height)
        assert read_zxing(picture) == [labels[position.index].url]
        assert read_zbar(picture) == [labels[position.index].url]
        quiet = crop(sheet, position.x + box.quiet.x, position.y + box.quiet.y, box.quiet.width, box.quiet.height)
        left, top, right, bottom = ink_box(quiet)
        margins = (left, top, box.quiet.width - right, box.quiet.height - bottom)
        assert min(margins) >= 4 * box.module - 3 / PIXELS_PER_MM


@pytest.mark.parametrize("number", ["L7160", "5160", "22806", "4625", "5167"])
def test_symbols_stand_where_they_should_to_a_third_of_a_millimetre(number: str, cache_dir: Path) -> None:
    stock = stock_of(number)
    labels = [make_label(n, "x") for n in range(stock.slots)]
    (sheet,) = pages(printed(labels, stock, cache_dir, Options(typed_code=False)))
    box = plan(stock, 29)
    assert isinstance(box, Box)
    for position in place(stock.slots, stock):
        x, y = position.x + box.quiet.x, position.y + box.quiet.y
        left, top, right, bottom = ink_box(crop(sheet, x, y, box.quiet.width, box.quiet.height))
        assert (left, top) == pytest.approx((4 * box.module, 4 * box.module), abs=0.3)
        assert (right - left, bottom - top) == pytest.approx((box.symbol.width, box.symbol.height), abs=0.3)


@pytest.mark.parametrize("stock", ACCEPTED, ids=lambda stock: stock.number)
def test_all_ink_stays_inside_the_labels(stock: Stock, cache_dir: Path) -> None:
    lines = ("Żółć jmgy " + "ปี่ป้ำญู " * 8, "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW", "Ěf" * 9)
    (sheet,) = pages(printed([make_label(n, *lines) for n in range(stock.slots)], stock, cache_dir))
    for position in place(stock.slots, stock):
        left, top, width, height = position.x, position.y, stock.label_width, stock.label_height
        inner = crop(sheet, left + 0.7, top + 0.7, width - 1.4, height - 1.4)
        assert (inner < 128).any()
        sheet[_rows(top + 0.7, height - 1.4), _rows(left + 0.7, width - 1.4)] = 255
    assert not (sheet < 128).any()


def _rows(start: float, length: float) -> slice:
    return slice(round(start * 300 / 25.4), round((start + length) * 300 / 25.4))


def test_copies_begin_at_the_first_free_slot(cache_dir: Path) -> None:
    stock = stock_of("L7160")
    labels = make_labels(2)
    first, second = pages(printed(labels, stock, cache_dir, first_slot=20, copies=2))
    assert read_zxing(first) == [labels[0].url] * 2
    assert read_zxing(second) == [labels[1].url] * 2
    assert ink_box(first)[1] > stock.top + 6 * stock.pitch_y
    assert ink_box(second)[3] < stock.top + stock.pitch_y


def test_a_stock_that_is_too_small_gives_the_reason_and_no_pdf(cache_dir: Path) -> None:
    answer = pdf.render(make_labels(1), stock_of("L4731REV-25"), cache_dir=cache_dir)
    assert isinstance(answer, Refusal)


@pytest.mark.parametrize("how", [{"first_slot": 22}, {"copies": 0}])
def test_a_run_off_the_sheet_is_an_error(how: dict[str, int], cache_dir: Path) -> None:
    with pytest.raises(ValueError, match=r"first_slot|copies"):
        printed(make_labels(1), stock_of("L7160"), cache_dir, **how)


def test_no_labels_make_one_empty_page(cache_dir: Path) -> None:
    assert len(PdfReader(io.BytesIO(printed([], stock_of("L7160"), cache_dir))).pages) == 1


def test_the_document_says_what_it_is_and_is_not_scaled(cache_dir: Path) -> None:
    document = pdf.render(make_labels(1), stock_of("5160"), cache_dir=cache_dir, title="Labels (5160) \\ Łódź")
    assert isinstance(document, bytes)
    reader = PdfReader(io.BytesIO(document))
    assert reader.metadata is not None and reader.metadata.title == "Labels (5160) \\ Łódź"
    assert reader.trailer["/Root"]["/ViewerPreferences"]["/PrintScaling"] == "/None"
    box = reader.pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx((612, 792), abs=0.01)


def test_the_same_labels_give_the_same_bytes(cache_dir: Path) -> None:
    stock = stock_of("L7160")
    assert printed(make_labels(3), stock, cache_dir) == printed(make_labels(3), stock, cache_dir)


def test_text_can_be_found_and_copied(cache_dir: Path) -> None:
    names = ["Żuraw 40 t", "Ανυψωτικό", "Экскаватор", "東京都", "a (b) \\ c", "ปั๊มน้ำ", "רכב", "رافعة"]
    labels = [make_label(number, name) for number, name in enumerate(names)]
    text = _text(printed(labels, stock_of("5161"), cache_dir))
    for name in names:
        assert name in text


@pytest.mark.parametrize("text", ["W" * 200, "ป้ำ" * 60, "سيارة" * 40, "東" * 200, "x " * 100])
def test_long_texts_cost_little(text: str, cache_dir: Path) -> None:
    """One label after the other, so that a file of such names cannot hold a worker: counted, not timed."""
    calls = 0

    def count(frame: object, event: str, _: object) -> None:
        nonlocal calls
        calls += event == "call"

    printed([make_label(0, text)], stock_of("L7160"), cache_dir)
    sys.setprofile(count)
    try:
        printed([make_label(n, text + str(n)) for n in range(20)], stock_of("L7160"), cache_dir)
    finally:
        sys.setprofile(None)
    assert calls / 20 < 20_000


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_stays_text(hostile: str, cache_dir: Path) -> None:
    """Page operators are those of a harmless label, and the symbol still decodes."""
    label = make_label(1, hostile, hostile)
    document = printed([label], stock_of("L7160"), cache_dir, Options(scan_me=hostile))
    reader = PdfReader(io.BytesIO(document))
    content = reader.pages[0].get_contents()
    assert content is not None
    known = {
        b"q",
        b"Q",
        b"cm",
        b"BT",
        b"ET",
        b"Td",
        b"Tf",
        b"Tj",
        b"TL",
        b"Tr",
        b"INLINE IMAGE",
        b"m",
        b"l",
        b"c",
        b"h",
        b"f",
    }
    operators = [operator for _, operator in content.operations]
    assert set(operators) <= known
    assert operators.count(b"INLINE IMAGE") == 1
    (sheet,) = pages(document)
    assert read_zxing(sheet) == [label.url]


def test_a_character_without_a_font_shows_as_a_question_mark(cache_dir: Path) -> None:
    document = printed([make_label(1, "Van 🚚")], stock_of("L7160"), cache_dir)
    assert "Van ?" in PdfReader(io.BytesIO(document)).pages[0].extract_text()


def test_the_typed_code_and_the_words_are_options(cache_dir: Path) -> None:
    label, stock = make_label(1), stock_of("5161")
    plain = _text(printed([label], stock, cache_dir, Options(typed_code=False)))
    full = _text(printed([label], stock, cache_dir, Options(scan_me="Scan me")))
    assert label.typed_code not in plain and "Scan me" not in plain
    assert label.typed_code in full and "Scan me" in full


def _text(document: bytes) -> str:
    return PdfReader(io.BytesIO(document)).pages[0].extract_text()


def test_the_logo_is_stored_once_and_drawn_on_every_label(cache_dir: Path) -> None:
    stock, file = stock_of("L7165"), io.BytesIO()
    Image.new("RGB", (200, 100), (0, 0, 0)).save(file, "PNG")
    options = Options(logo=file.getvalue())
    labels = make_labels(20)
    document = printed(labels, stock, cache_dir, options)
    assert document.count(b"/Subtype /Image") == 2, "the picture and its transparency"
    box = plan(stock, 29, logo=True)
    assert isinstance(box, Box) and box.logo is not None
    for number, sheet in enumerate(pages(document)):
        assert len(read_zxing(sheet)) == min(8, 20 - 8 * number)
        for position in place(min(8, 20 - 8 * number), stock):
            width, height = box.logo.height * 2, box.logo.height
            logo = crop(sheet, position.x + box.logo.x + 0.2, position.y + box.logo.y + 0.2, width - 0.4, height - 0.4)
            assert (logo < 128).all()


def test_one_label_on_a_page_of_its_own(cache_dir: Path) -> None:
    label = make_label(7, LONG, "TAG-7")
    document = pdf.render_single(label, cache_dir=cache_dir)
    assert isinstance(document, bytes)
    (page,) = pages(document)
    assert page.shape == pytest.approx((40 * 300 / 25.4, 62 * 300 / 25.4), abs=1.5)
    assert read_zxing(page) == read_zbar(page) == [label.url]


def test_symbols_are_masks_in_the_page_and_pages_are_compressed(cache_dir: Path) -> None:
    document = printed(make_labels(21), stock_of("L7160"), cache_dir)
    assert b"/Subtype /Image" not in document
    assert b"FlateDecode" in document and b"BI/W" not in document
    content = PdfReader(io.BytesIO(document)).pages[0].get_contents()
    assert content is not None
    raw = content.get_data()
    assert raw.count(b"/IM true/D[1 0]/F/AHx ID") == 21
    assert len(zlib.compress(raw)) / 21 < 300


def test_symbols_decode_as_a_thermal_printer_prints_them(cache_dir: Path) -> None:
    """Pixels of 203 dpi, black or white: the smallest stock that is accepted."""
    labels = make_labels(80)
    (sheet,) = pages(printed(labels, stock_of("5167"), cache_dir), dpi=203)
    bilevel = np.where(sheet < 128, 0, 255).astype(np.uint8).repeat(3, axis=0).repeat(3, axis=1)
    assert len(set(read_zxing(bilevel)) & {label.url for label in labels}) == 80
