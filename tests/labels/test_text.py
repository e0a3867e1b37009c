from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from portal.labels.fonts import Face, Glyph, Library, library
from portal.labels.text import Block, Line, Typesetter, clean, itemize, missing_glyphs

LONG = "Emergency generator for the north-western administration building, basement level two"


@pytest.fixture(scope="module")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return library(tmp_path_factory.mktemp("fonts"))


def set_text(fonts: Library, *texts: str, width: float = 100, height: float = 60, size: float = 12) -> list[Line]:
    blocks = [Block(clean(text), number == 0, size) for number, text in enumerate(texts)]
    return Typesetter(fonts, width, height, 6).fit(blocks)


def words(line: Line) -> str:
    return "".join(run.text for run in line.runs)


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("e\u0301", "é"),
        ("a\x00b\x1b\tc\r\nd", "a b c d"),
        ("\u202egnp.exe\u2066x\u2069", "gnp.exex"),
        ("\u200bzero\ufeff\u200e", "zero"),
        ("\ud800half", "half"),
        ("  two   spaces\u00a0here ", "two spaces here"),
        ("plain", "plain"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("❤\ufe0f", "❤"),
    ],
)
def test_what_is_printed_of_a_text(written: str, printed: str) -> None:
    assert clean(written) == printed


def test_a_short_name_has_its_full_size_on_one_line(fonts: Library) -> None:
    (line,) = set_text(fonts, "Pump 7")
    assert (line.size, words(line)) == (12, "Pump 7")


def test_a_long_name_wraps_between_words_first(fonts: Library) -> None:
    lines = set_text(fonts, "North gate compressor", width=100)
    assert len(lines) > 1
    assert " ".join(words(line) for line in lines) == "North gate compressor"
    assert lines[0].size == 12


def test_a_longer_one_shrinks(fonts: Library) -> None:
    lines = set_text(fonts, LONG)
    assert 6 <= lines[0].size < 12
    assert " ".join(words(line) for line in lines) == LONG.replace("north- ", "north-")


def test_one_that_does_not_fit_at_the_floor_ends_in_an_ellipsis(fonts: Library) -> None:
    lines = set_text(fonts, LONG * 9, "TAG-1")
    assert lines[0].size == 6
    assert words(lines[-1]) == "TAG-1"
    assert words(lines[-2]).endswith("…")
    assert LONG.startswith(words(lines[0]))


def test_a_word_that_is_too_wide_shrinks_and_then_breaks(fonts: Library) -> None:
    (shrunk,) = set_text(fonts, "Hauptbetriebswerk", width=70)
    assert shrunk.size < 12
    broken = set_text(fonts, "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk", width=70)
    assert len(broken) > 1
    assert "".join(words(line) for line in broken) == "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk"


def test_a_code_parts_in_its_middle(fonts: Library) -> None:
    setter = Typesetter(fonts, 60, 60, 6)
    lines = setter.fit([Block("K7Q2-M4XJ-9R3T-5V8W", False, 8, whole=True)])
    assert [words(line) for line in lines] == ["K7Q2-M4XJ-", "9R3T-5V8W"]


def test_the_code_stays_when_the_name_is_too_long(fonts: Library) -> None:
    setter = Typesetter(fonts, 60, 30, 6)
    code = Block("K7Q2-M4XJ-9R3T-5V8W", False, 8, whole=True)
    lines = setter.fit([Block(LONG, True, 12), Block("TAG-1", False, 8), code])
    assert [words(line) for line in lines[-2:]] == ["K7Q2-M4XJ-", "9R3T-5V8W"]
    assert words(lines[0]).endswith("…")


def test_a_line_that_has_no_room_leaves_an_ellipsis(fonts: Library) -> None:
    lines = set_text(fonts, "Name", "one", "two", "three", height=17)
    assert [words(line) for line in lines] == ["Name", "one…"]


def test_ideographs_break_anywhere(fonts: Library) -> None:
    lines = set_text(fonts, "東京都港区フォークリフト", width=60)
    assert lines[0].size == 12 and len(lines) > 1


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_every_text_stays_in_its_box(fonts: Library, texts: list[str]) -> None:
    for line in set_text(fonts, *texts):
        assert line.width <= 100.01
        assert 6 <= line.size <= 12
        assert line.foot <= 60.01


@pytest.mark.parametrize(
    "text",
    [
        *("Zażółć gęślą jaźń ŁÓDŹ", "Ανυψωτικό μηχάνημα", "Экскаватор Ёж Їжак", "Tiếng Việt"),
        *("رافعة شوكية", "מלגזה", "รถยกไฟฟ้า ปั๊มน้ำ", "डीज़ल जनरेटर"),
        *("東京都フォークリフト", "叉车", "한국 지게차"),
    ],
)
def test_names_of_the_world_have_glyphs(text: str, fonts: Library) -> None:
    assert missing_glyphs([text], fonts) == set()
    for weight in (fonts.regular, fonts.bold):
        for run in itemize(clean(text), weight, rtl=False):
            assert "?" not in run.text
            assert all(glyph.number for glyph in run.glyphs or ()), "glyph 0 is the box of a missing glyph"


def test_missing_characters_are_named_and_never_boxes(fonts: Library) -> None:
    assert missing_glyphs(["Van 🚚", "Łódź", "\U0010ffff"], fonts) == {"🚚", "\U0010ffff"}
    runs = itemize("Van 🚚", fonts.bold, rtl=False)
    assert "".join(run.text for run in runs) == "Van ?"


def test_hebrew_runs_from_right_to_left_with_its_number_in_order(fonts: Library) -> None:
    (line,) = set_text(fonts, "מלגזה 12", width=200)
    assert line.rtl
    assert words(line).startswith("12")


def test_latin_in_arabic_keeps_its_own_direction(fonts: Library) -> None:
    (line,) = set_text(fonts, "رافعة Toyota شوكية", width=400)
    texts = [run.text.strip() for run in line.runs if run.text.strip()]
    assert texts == ["شوكية", "Toyota", "رافعة"]


def test_arabic_letters_join(fonts: Library) -> None:
    """Lam and alef become one glyph, which code points alone would not give."""
    (run,) = itemize("لا", fonts.regular, rtl=True)
    assert run.glyphs is not None
    apart = sum(sum(r.width for r in itemize(letter, fonts.regular, rtl=True)) for letter in "لا")
    assert run.width < apart


def test_a_joiner_does_not_shift_the_direction_of_what_follows(fonts: Library) -> None:
    runs = itemize("می\u200cخواهم abc 12", fonts.regular, rtl=True)
    assert [run.text.strip() for run in runs if run.text.strip()][:1] == ["abc 12"]


THAI = ["ปี่", "ที่", "ก็", "น้ำ", "ผู้", "กิ่", "ญู", "ฐุ", "ปั๊", "ฝื้"]


@pytest.mark.parametrize("syllable", THAI)
@pytest.mark.parametrize("bold", [False, True])
def test_thai_marks_do_not_collide(syllable: str, bold: bool, fonts: Library) -> None:
    (run,) = itemize(syllable, fonts.bold if bold else fonts.regular, rtl=False)
    assert run.glyphs is not None
    assert not collide(run.face, run.glyphs)


@pytest.mark.parametrize(
    "cluster", ["e\u0323\u0302\u0301", "x\u0302\u0301", "\u05e9\u05c1\u05b8", "\u0e1b\u0e34\u0e4d"]
)
def test_stacked_marks_of_other_scripts_do_not_collide(cluster: str, fonts: Library) -> None:
    """These come apart by the font's offsets alone (Thai syllables mostly by glyphs of their own)."""
    (run,) = itemize(clean(cluster), fonts.regular, rtl=False)
    assert run.glyphs is not None
    assert any(glyph.x or glyph.y for glyph in run.glyphs)
    assert not collide(run.face, run.glyphs)


def test_thai_marks_would_collide_without_their_positions(fonts: Library) -> None:
    """What code points alone would print: this is what the test above can see."""
    face = itemize("ปี่", fonts.regular, rtl=False)[0].face
    nominal = [face.shape(char, rtl=False)[-1] for char in "ปี่"]
    assert collide(face, nominal)


def collide(face: Face, glyphs: Sequence[Glyph]) -> bool:
    """Whether the inks of two glyphs meet, with a thousandth of the font size as one pixel."""
    seen, pen = np.zeros((2000, 4000), dtype=bool), 0
    for glyph in glyphs:
        ink = silhouette(face.outline(glyph.number), 1000 + pen + glyph.x, 600 + glyph.y)
        if (seen & ink).any():
            return True
        seen |= ink
        pen += glyph.advance
    return False


def silhouette(outline: str, x: int, y: int) -> NDArray[np.bool_]:
    """The outline's contours filled; curves are drawn by 8 chords each."""
    picture = Image.new("1", (4000, 2000))
    contour: list[tuple[float, float]] = []
    numbers: list[float] = []
    for word in outline.split():
        if word not in {"m", "l", "c", "h"}:
            numbers.append(float(word))
            continue
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        numbers = []
        if word == "h":
            ImageDraw.Draw(picture).polygon([(x + px, y + py) for px, py in contour], fill=1)
            contour = []
        elif word == "c":
            contour += [_bezier((contour[-1], *points), step / 8) for step in range(1, 9)]
        else:
            contour += points
    return np.array(picture)


def _bezier(points: Sequence[tuple[float, float]], t: float) -> tuple[float, float]:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    return sum(w * p[0] for w, p in zip(weights, points, strict=True)), sum(
        w * p[1] for w, p in zip(weights, points, strict=True)
    )


def test_the_mark_over_a_tall_consonant_moves_aside(fonts: Library) -> None:
    """The same mark stands elsewhere over po pla (tall) than over ko kai: positions come from the font's tables."""
    (low,), (tall,) = (itemize(text, fonts.regular, rtl=False) for text in ("กี่", "ปี่"))
    assert low.glyphs is not None and tall.glyphs is not None
    assert [g.number for g in low.glyphs[1:]] != [g.number for g in tall.glyphs[1:]] or [
        (g.x, g.y) for g in low.glyphs[1:]
    ] != [(g.x, g.y) for g in tall.glyphs[1:]]


def test_cache_folder_is_filled_once(tmp_path: Path) -> None:
    library(tmp_path)
    first = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    library.cache_clear()
    library(tmp_path)
    assert {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == first
    assert len(first) == 2
