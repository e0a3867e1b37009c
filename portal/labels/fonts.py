"""The system's fonts: which one draws a character, how wide, and with which outlines.

reportlab embeds TrueType outlines only, and of each font only what a document uses, in 2 ms. Latin, Greek and Cyrillic
are drawn from a subset that is made once with fonttools and kept in ``cache_dir``. The fonts of single scripts are
small, and WenQuanYi Zen Hei opens in 60 ms while its subset would take 10 s: those are opened as they are, once per
process, when first needed.
"""

import hashlib
import os
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import uharfbuzz
from reportlab.pdfbase.ttfonts import TTFError, TTFont

_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")

#: The Debian packages that hold every font below, for ``script/run`` and the operator's page.
DEBIAN_PACKAGES = ("fonts-noto-core", "fonts-dejavu-core", "fonts-wqy-zenhei")

# Latin, Greek, Cyrillic with their extensions, punctuation, currency, letterlike signs, arrows, ligatures, U+FFFD.
_EVERYDAY = ((0x20, 0x52F), (0x1AB0, 0x1AFF), (0x1C80, 0x1C8F), (0x1D00, 0x218F), (0x2190, 0x22FF), (0xFB00, 0xFB06))
_EVERYDAY_FILES = ("NotoSans", "DejaVuSans")

# Unicode blocks and the file stems that draw them, best first. Weight and ending are added by ``_find``.
_CJK = ("wqy-zenhei", "DroidSansFallbackFull")
_SCRIPTS: tuple[tuple[int, int, tuple[str, ...]], ...] = (
    (0x0530, 0x058F, ("NotoSansArmenian",)),
    (0x0590, 0x05FF, ("NotoSansHebrew",)),
    (0x0600, 0x06FF, ("NotoSansArabic", "NotoNaskhArabic", "NotoKufiArabic")),
    (0x0700, 0x074F, ("NotoSansSyriac",)),
    (0x0750, 0x077F, ("NotoSansArabic", "NotoNaskhArabic")),
    (0x0780, 0x07BF, ("NotoSansThaana",)),
    (0x08A0, 0x08FF, ("NotoSansArabic", "NotoNaskhArabic")),
    (0x0900, 0x097F, ("NotoSansDevanagari",)),
    (0x0980, 0x09FF, ("NotoSansBengali",)),
    (0x0A00, 0x0A7F, ("NotoSansGurmukhi",)),
    (0x0A80, 0x0AFF, ("NotoSansGujarati",)),
    (0x0B00, 0x0B7F, ("NotoSansOriya",)),
    (0x0B80, 0x0BFF, ("NotoSansTamil",)),
    (0x0C00, 0x0C7F, ("NotoSansTelugu",)),
    (0x0C80, 0x0CFF, ("NotoSansKannada",)),
    (0x0D00, 0x0D7F, ("NotoSansMalayalam",)),
    (0x0D80, 0x0DFF, ("NotoSansSinhala",)),
    (0x0E00, 0x0E7F, ("NotoSansThai", "NotoLoopedThai", "NotoSerifThai")),
    (0x0E80, 0x0EFF, ("NotoSansLao", "NotoLoopedLao")),
    (0x0F00, 0x0FFF, ("NotoSerifTibetan",)),
    (0x1000, 0x109F, ("NotoSansMyanmar",)),
    (0x10A0, 0x10FF, ("NotoSansGeorgian",)),
    (0x1200, 0x139F, ("NotoSansEthiopic",)),
    (0x13A0, 0x13FF, ("NotoSansCherokee",)),
    (0x1780, 0x17FF, ("NotoSansKhmer",)),
    (0x1800, 0x18AF, ("NotoSansMongolian",)),
    (0x1C90, 0x1CBF, ("NotoSansGeorgian",)),
    (0x2000, 0x2E7F, ("NotoSansSymbols", "NotoSansSymbols2", "NotoSansMath")),
    (0x2E80, 0xA4CF, _CJK),
    (0xAC00, 0xD7AF, _CJK),
    (0xF900, 0xFAFF, _CJK),
    (0xFB1D, 0xFB4F, ("NotoSansHebrew",)),
    (0xFB50, 0xFDFF, ("NotoSansArabic", "NotoNaskhArabic")),
    (0xFE30, 0xFE4F, _CJK),
    (0xFE70, 0xFEFE, ("NotoSansArabic", "NotoNaskhArabic")),
    (0xFF00, 0xFFEF, _CJK),
    (0x1F000, 0x1FAFF, ("NotoSansSymbols", "NotoSansSymbols2")),
)
_LAST_RESORT = ("DejaVuSans",)

#: reportlab's fonts keep a reading position while they subset themselves, so one document is saved at a time.
SAVING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Glyph:
    """One placed glyph; lengths in thousandths of the font size."""

    number: int
    advance: int
    x: int
    y: int


class Face:
    """One font file: code points for reportlab, shaped glyphs and their outlines for everything else."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self.font = TTFont(name, str(path), shapable=False)
        metrics = self.font.face
        #: Code point -> width in thousandths of the font size; holds exactly the characters that the font draws.
        self.widths: dict[int, float] = {
            code: metrics.charWidths.get(code, metrics.defaultWidth) for code in metrics.charToGlyph
        }
        self._shaper: uharfbuzz.Font | None = None
        self._outlines: dict[int, str] = {}

    def shape(self, text: str, rtl: bool) -> list[Glyph]:
        """HarfBuzz's glyphs for one run of one script, from left to right."""
        buffer = uharfbuzz.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        buffer.direction = "rtl" if rtl else "ltr"
        uharfbuzz.shape(self.shaper, buffer)
        return [
            Glyph(info.codepoint, place.x_advance, place.x_offset, place.y_offset)
            for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)
        ]

    @property
    def shaper(self) -> uharfbuzz.Font:
        if self._shaper is None:
            font = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(self.path))))
            font.scale = (1000, 1000)
            self._shaper = font
        return self._shaper

    def outline(self, glyph: int) -> str:
        """The glyph as PDF path operators, in thousandths of the font size, not yet filled."""
        if glyph not in self._outlines:
            pen = _PathPen()
            self.shaper.draw_glyph_with_pen(glyph, pen)
            self._outlines[glyph] = " ".join(pen.operators)
        return self._outlines[glyph]


class _PathPen:
    """Writes what HarfBuzz draws as PDF path operators; PDF has cubic curves only (ISO 32000-1, 8.5.2)."""

    def __init__(self) -> None:
        self.operators: list[str] = []
        self._at = (0.0, 0.0)

    def moveTo(self, point: tuple[float, float]) -> None:
        self._at = point
        self.operators.append(f"{point[0]:.0f} {point[1]:.0f} m")

    def lineTo(self, point: tuple[float, float]) -> None:
        self._at = point
        self.operators.append(f"{point[0]:.0f} {point[1]:.0f} l")

    def qCurveTo(self, control: tuple[float, float], end: tuple[float, float]) -> None:
        (x0, y0), (x1, y1), (x2, y2) = self._at, control, end
        first = (x0 + (x1 - x0) * 2 / 3, y0 + (y1 - y0) * 2 / 3)
        second = (x2 + (x1 - x2) * 2 / 3, y2 + (y1 - y2) * 2 / 3)
        self.curveTo(first, second, end)

    def curveTo(self, first: tuple[float, float], second: tuple[float, float], end: tuple[float, float]) -> None:
        self._at = end
        self.operators.append(" ".join(f"{x:.0f} {y:.0f}" for x, y in (first, second, end)) + " c")

    def closePath(self) -> None:
        self.operators.append("h")

    def endPath(self) -> None:
        """An open contour: filling closes it."""


class Weight:
    """All faces of one weight, opened as characters ask for them."""

    def __init__(self, bold: bool, cache_dir: Path) -> None:
        self.bold = bold
        self.everyday = _everyday_face(bold, cache_dir)
        #: Characters that need neither another font nor shaping: the fast path.
        self.plain = frozenset(chr(code) for code in self.everyday.widths if not 0x300 <= code < 0x370 and code >= 0x20)
        self._faces: dict[int, Face | None] = {}

    def face_for(self, char: str) -> Face | None:
        """The font that draws this character, or None when the system has none."""
        code = ord(char)
        if code not in self._faces:
            self._faces[code] = next((face for face in self._candidates(code) if code in face.widths), None)
        return self._faces[code]

    def _candidates(self, code: int) -> Iterable[Face]:
        yield self.everyday
        for first, last, stems in _SCRIPTS:
            if first <= code <= last:
                yield from _open_faces(stems, self.bold)
        yield from _open_faces(_LAST_RESORT, self.bold)


@dataclass(frozen=True, slots=True)
class Library:
    """The two weights that a label uses."""

    regular: Weight
    bold: Weight


@cache
def library(cache_dir: Path) -> Library:
    """The system's fonts, with the everyday subsets kept in ``cache_dir``. Raises FontsMissing when there are none."""
    return Library(Weight(False, cache_dir), Weight(True, cache_dir))


class FontsMissing(RuntimeError):
    """No usable font on this machine; the sentence names the packages."""


def _open_faces(stems: Iterable[str], bold: bool) -> Iterable[Face]:
    for stem in stems:
        for path in _find(stem, bold):
            face = _open(path)
            if face is not None:
                yield face


@cache
def _open(path: Path) -> Face | None:
    try:
        return Face(path, f"{path.stem}-{hashlib.sha256(bytes(path)).hexdigest()[:8]}")
    except TTFError:  # a damaged file, or outlines that reportlab cannot embed
        return None


def _find(stem: str, bold: bool) -> list[Path]:
    """The files of this family, the wanted weight first; a missing weight falls back to the other."""
    plain = (f"{stem}-Regular.ttf", f"{stem}.ttf", f"{stem}.ttc")
    heavy = (f"{stem}-Bold.ttf",)
    names = (*heavy, *plain) if bold else plain
    installed = _installed()
    return [installed[name] for name in names if name in installed]


@cache
def _installed() -> dict[str, Path]:
    return {
        name: Path(folder) / name
        for root in _FOLDERS
        for folder, _, names in os.walk(root)
        for name in names
        if name.endswith((".ttf", ".ttc"))
    }


def _everyday_face(bold: bool, cache_dir: Path) -> Face:
    for stem in _EVERYDAY_FILES:
        for path in _find(stem, bold):
            subset = _subset(path, cache_dir)
            return Face(subset, subset.stem)
    raise FontsMissing("No font for labels is installed. On Debian: apt install " + " ".join(DEBIAN_PACKAGES))


def _subset(path: Path, cache_dir: Path) -> Path:
    """The everyday part of a font, made once per font file and kept."""
    status = path.stat()
    mark = hashlib.sha256(f"{path}:{status.st_mtime_ns}:{status.st_size}:{_EVERYDAY}".encode()).hexdigest()[:16]
    target = cache_dir / f"{path.stem}-{mark}.ttf"
    if target.exists():
        return target
    from fontTools import subset, ttLib  # noqa: PLC0415 - 0.4 s, and needed once in the life of a data folder

    cache_dir.mkdir(parents=True, exist_ok=True)
    options = subset.Options(hinting=False, layout_features=["ccmp", "mark", "mkmk"], notdef_outline=True)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in _EVERYDAY for code in range(first, last + 1)])
    # Several workers may make it at once: each writes its own file, and the last rename wins.
    with (
        ttLib.TTFont(path, lazy=True) as font,
        tempfile.NamedTemporaryFile(dir=cache_dir, suffix=".part", delete=False) as file,
    ):
        subsetter.subset(font)
        font.save(file)
    Path(file.name).replace(target)
    return target
