"""Lines of text for a label: cleaned, split by font and direction, wrapped, shrunk and cut to a box.

Sizes and lengths are points; widths inside a line are thousandths of the font size until a size is chosen.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from bidi import algorithm as bidi

from portal.labels.fonts import Face, Glyph, Library, Weight

ELLIPSIS = "…"
#: Drawn for a character that no font has; ``missing_glyphs`` names it before printing.
SUBSTITUTE = "?"

_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
# Scripts whose letters join, stack or move: Hebrew and Arabic to Myanmar, Khmer, Mongolian, presentation forms.
_COMPLEX = re.compile(
    "[\u0590-\u109f\u1780-\u18af\u1900-\u1cff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00011fff\U0001e800-\U0001efff]"
)
_STACKED = re.compile(_COMPLEX.pattern + "|[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff]{2}")
_JOINERS = "\u200c\u200d"
_IDEOGRAPHS = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
# Words with the break opportunity behind them: after spaces, hyphens and slashes, and around every ideograph.
_WORD = re.compile(rf"[{_IDEOGRAPHS}] ?|[^ \-/\u2010{_IDEOGRAPHS}]*[-/\u2010]+ ?|[^ \-/\u2010{_IDEOGRAPHS}]+ ?| ")
_STEP = 0.5
_PLAIN_RISE, _PLAIN_LEADING = 0.98, 1.26  # Noto Sans: accents on capitals to 0.97 em, descenders to 0.24 em
_TALL_RISE, _TALL_LEADING = 1.22, 1.66  # stacked marks (Thai, Arabic, Devanagari) reach higher and lower


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of one font: characters for reportlab, or placed glyphs when the script needs shaping."""

    face: Face
    text: str
    glyphs: tuple[Glyph, ...] | None
    width: float
    rtl: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One logical line of a label. ``size`` is the most it may have; a ``whole`` one is left out rather than cut."""

    text: str
    bold: bool
    size: float
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line, its runs from left to right; ``baseline`` and lower end ``foot`` are below the box's top."""

    baseline: float
    size: float
    width: float
    foot: float
    rtl: bool
    runs: tuple[Run, ...]

    def placed(self, x: float) -> Iterator[tuple[Run, float]]:
        """Every run with its left end, when the line begins at ``x``."""
        for run in self.runs:
            yield run, x
            x += run.width * self.size / 1000


def clean(text: str) -> str:
    """The text as it can be printed: composed (NFC), without control, direction override and invisible characters."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(_visible(char) for char in unicodedata.normalize("NFC", text))
    return " ".join(text.split())


def _visible(char: str) -> str:
    category = unicodedata.category(char)
    if category in {"Cc", "Zl", "Zp", "Zs"}:
        return " "
    if char in _JOINERS:
        return char
    # Cf holds the direction controls U+202A to U+202E and U+2066 to U+2069; Cs are lone halves of surrogate pairs.
    return "" if category in {"Cf", "Cs"} or "\ufe00" <= char <= "\ufe0f" else char


def missing_glyphs(texts: Iterable[str], fonts: Library) -> set[str]:
    """The characters of these texts that no installed font can draw; they would print as a question mark."""
    chars = set().union(*map(clean, texts)) - fonts.bold.plain - set(_JOINERS)
    return {char for char in chars if fonts.bold.face_for(char) is None}


class Typesetter:
    """Fits blocks of text into one box of ``width`` x ``height`` points, never smaller than ``floor`` points."""

    def __init__(self, fonts: Library, width: float, height: float, floor: float) -> None:
        self.fonts = fonts
        self.width = width
        self.height = height
        self.floor = floor
        self._words: dict[tuple[str, bool], float] = {}

    def fit(self, blocks: Sequence[Block]) -> list[Line]:
        """The lines at the largest size at which they fit the box; at the floor, cut with an ellipsis."""
        texts = [_Text(block, self) for block in blocks if block.text]
        size = max((text.size for text in texts), default=0.0)
        while texts:
            placed = [(text, line) for text in texts for line in text.wrap(min(size, text.size))]
            if sum([text.leading * min(size, text.size) for text, _ in placed]) <= self.height:
                return self._set(placed, size)
            if size <= self.floor:
                return self._set(self._cut(texts), self.floor)
            size = max(size - _STEP, self.floor)
            # A text far too long for the box goes to the floor at once: its area tells.
            if size > self.floor and sum([text.area(self.floor) for text in texts]) > self.width * self.height:
                size = self.floor
        return []

    def width_of(self, word: str, bold: bool) -> float:
        """Width of a word in thousandths of the font size, kept because words repeat from label to label."""
        key = (word, bold)
        if (width := self._words.get(key)) is None:
            width = self._words[key] = measure(word, self.fonts.bold if bold else self.fonts.regular)
        return width

    def _cut(self, texts: Sequence["_Text"]) -> list[tuple["_Text", str]]:
        """Everything at the floor size: the first block yields lines to the others, which keep one each if they can."""
        groups = [text.wrap(self.floor) for text in texts]
        rows = int(self.height / (max((text.leading for text in texts), default=1.0) * self.floor) + 1e-6)
        limits = [len(group) if text.block.whole else 1 for text, group in zip(texts, groups, strict=True)]
        # What is cut first: the last lines that can be cut, then what must stay whole; the name never goes.
        while sum(limits) > rows and any(limits[1:]):
            droppable = [i for i in range(1, len(texts)) if limits[i] and not texts[i].block.whole]
            limits[droppable[-1] if droppable else max(i for i in range(1, len(texts)) if limits[i])] = 0
        spare = max(0, rows - sum(limits))
        for i, group in enumerate(groups):
            more = min(spare, max(0, len(group) - limits[i])) if limits[i] else 0
            limits[i] += more
            spare -= more
        placed = []
        for i, (text, group, limit) in enumerate(zip(texts, groups, limits, strict=True)):
            kept = group[:limit]
            # A line that is left out shows as an ellipsis at the end of the line before it.
            if kept and not text.block.whole and (len(group) > limit or limits[i + 1 : i + 2] == [0]):
                kept[-1] = text.shorten(kept[-1], self.floor)
            placed += [(text, line) for line in kept]
        return placed

    def _set(self, placed: Sequence[tuple["_Text", str]], size: float) -> list[Line]:
        lines, y = [], 0.0
        for text, line in placed:
            own = min(size, text.size)
            rtl, runs = text.runs(line)
            width = sum(run.width for run in runs) * own / 1000
            if width > self.width:
                # Words measured one by one can be a hair narrower than the same words set together.
                own *= self.width / width
                width = self.width
            foot = y + text.leading * own
            lines.append(Line(y + text.rise * own, own, width, foot, rtl, runs))
            y = foot
        return lines


class _Text:
    """One block while it is being fitted."""

    __slots__ = ("block", "broken", "full", "leading", "plain", "rise", "setter", "size", "weight", "words")

    def __init__(self, block: Block, setter: Typesetter) -> None:
        self.block = block
        self.setter = setter
        self.weight = setter.fonts.bold if block.bold else setter.fonts.regular
        self.plain = self.weight.plain.issuperset(block.text)
        tall = not self.plain and _STACKED.search(unicodedata.normalize("NFD", block.text))
        self.rise, self.leading = (_TALL_RISE, _TALL_LEADING) if tall else (_PLAIN_RISE, _PLAIN_LEADING)
        self.size = max(block.size, setter.floor)
        self.full = measure(block.text, self.weight)
        self.broken = False
        #: None: all of it fits on one line, whatever the size.
        self.words: list[str] | None = None
        if self.full * self.size > setter.width * 1000:
            self._part()

    def area(self, size: float) -> float:
        """The least that the text takes up at this size, in square points."""
        return self.full * size / 1000 * self.leading * size

    def _part(self) -> None:
        """Finds the words, and the largest size at which the widest one fits."""
        block, setter = self.block, self.setter
        self.words = _halves(block.text) if block.whole else _WORD.findall(block.text)
        widest = max([setter.width_of(word.rstrip(), block.bold) for word in self.words])
        #: A word is wider than the box even at the floor, so words are broken rather than shrunk.
        self.broken = widest * setter.floor > setter.width * 1000
        if not self.broken and widest * self.size > setter.width * 1000:
            self.size = max(setter.floor, int(setter.width * 1000 / widest / _STEP) * _STEP)

    def wrap(self, size: float) -> list[str]:
        """Lines of whole words; with ``broken``, words that are too wide are parted between clusters."""
        if self.words is None:
            return [self.block.text]
        room = self.setter.width * 1000 / size
        width_of, bold = self.setter.width_of, self.block.bold
        lines, line, used = [], "", 0.0
        for word in self._broken_words(self.words, room) if self.broken else self.words:
            width = width_of(word, bold)
            # The space behind a word may hang over the edge.
            if line and used + width > room and used + width_of(word.rstrip(), bold) > room:
                lines.append(line.rstrip())
                line, used = "", 0.0
            line += word
            used += width
        return [*lines, line.rstrip()]

    def _broken_words(self, words: Sequence[str], room: float) -> Iterator[str]:
        """The words, too wide ones in pieces; the widths of clusters are added, so that long texts cost little."""
        width_of, bold = self.setter.width_of, self.block.bold
        for word in words:
            if width_of(word.rstrip(), bold) <= room:
                yield word
                continue
            piece, used = "", 0.0
            for cluster in _clusters(word):
                width = width_of(cluster, bold)
                if piece and used + width > room:
                    yield piece
                    piece, used = "", 0.0
                piece += cluster
                used += width
            yield piece

    def shorten(self, line: str, size: float) -> str:
        """The line with an ellipsis at its end, as much of it as fits."""
        room = self.setter.width * 1000 / size
        clusters = _clusters(line)
        while clusters and measure("".join(clusters).rstrip() + ELLIPSIS, self.weight) > room:
            clusters.pop()
        return "".join(clusters).rstrip() + ELLIPSIS

    def runs(self, line: str) -> tuple[bool, tuple[Run, ...]]:
        """Whether the line reads from right to left, and its runs from left to right."""
        if self.plain:
            face = self.weight.everyday
            width = self.full if self.words is None and line == self.block.text else measure(line, self.weight)
            return False, (Run(face, line, None, width),)
        return _reads_rtl(self.block.text), itemize(line, self.weight, _reads_rtl(self.block.text))


def _halves(text: str) -> list[str]:
    """A code of several groups, to be parted in its middle if at all: ``K7Q2-M4XJ-`` and ``9R3T-5V8W``."""
    groups = text.split("-")
    middle = len(groups) // 2
    return ["-".join(groups[:middle]) + "-", "-".join(groups[middle:])] if middle else [text]


def _clusters(text: str) -> list[str]:
    """The text in pieces that must not be parted: a base with its marks and joiners."""
    clusters: list[str] = []
    for char in text:
        if clusters and (unicodedata.category(char)[0] == "M" or char in _JOINERS):
            clusters[-1] += char
        else:
            clusters.append(char)
    return clusters


def measure(text: str, weight: Weight) -> float:
    """Width in thousandths of the font size."""
    if weight.plain.issuperset(text):
        widths = weight.everyday.widths
        return sum([widths[ord(char)] for char in text])
    return sum(run.width for run in itemize(text, weight, _reads_rtl(text)))


def _reads_rtl(text: str) -> bool:
    """The direction of the first strong character (UAX 9, rules P2 and P3)."""
    if not _RTL.search(text):
        return False
    strong = (unicodedata.bidirectional(char) for char in text)
    return next((kind != "L" for kind in strong if kind in {"L", "R", "AL"}), False)


def itemize(text: str, weight: Weight, rtl: bool) -> tuple[Run, ...]:
    """The runs of one line from left to right: one font, one direction, shaped or not."""
    levels = _levels(text, rtl) if rtl or _RTL.search(text) else [0] * len(text)
    parts: list[tuple[int, Face, bool, str]] = []
    for cluster, level in _levelled_clusters(text, levels):
        drawn, face = _face_for(cluster, weight)
        shaped = level % 2 == 1 or len(cluster) > 1 or bool(_COMPLEX.match(drawn))
        if parts:
            last_level, last_face, last_shaped, before = parts[-1]
            neutral = not shaped and drawn in " -./,:" and ord(drawn) in last_face.widths
            if last_level == level and (neutral or (last_face is face and last_shaped == shaped)):
                parts[-1] = (level, last_face, last_shaped, before + drawn)
                continue
        parts.append((level, face, shaped, drawn))
    return tuple(_run(*part) for part in _visual_order(parts))


def _levels(text: str, rtl: bool) -> list[int]:
    """The embedding level of every character (UAX 9); even reads from left to right."""
    storage = bidi.get_empty_storage()
    storage["base_level"] = int(rtl)
    storage["base_dir"] = "R" if rtl else "L"
    # The library fails on unassigned code points, which have no class: here they count as neutral objects.
    bidi.get_embedding_levels("".join(char if unicodedata.bidirectional(char) else "\ufffc" for char in text), storage)
    for index, char in enumerate(storage["chars"]):
        char["index"] = index
    bidi.explicit_embed_and_overrides(storage)
    bidi.resolve_weak_types(storage)
    bidi.resolve_neutral_types(storage, False)
    bidi.resolve_implicit_levels(storage, False)
    # Joiners were taken out on the way (rule X9): they stay with the letter before them.
    found = {char["index"]: char["level"] for char in storage["chars"]}
    levels: list[int] = []
    for index in range(len(text)):
        levels.append(found.get(index, levels[-1] if levels else int(rtl)))
    return levels


def _levelled_clusters(text: str, levels: Sequence[int]) -> Iterator[tuple[str, int]]:
    at = 0
    for cluster in _clusters(text):
        yield cluster, levels[at]
        at += len(cluster)


def _face_for(cluster: str, weight: Weight) -> tuple[str, Face]:
    """What is drawn for a cluster, and by which font: one that has the base and its marks where there is one."""
    everyday = weight.everyday
    faces = [weight.face_for(char) for char in cluster if char not in _JOINERS]
    base = faces[0] if faces else None
    if base is None:
        return (SUBSTITUTE, everyday) if faces else (" ", everyday)
    codes = [ord(char) for char in cluster if char not in _JOINERS]
    for face in faces:
        if face is not None and all(code in face.widths for code in codes):
            return cluster, face
    # No font has both: the base alone, its marks as a visible substitute rather than nothing.
    return cluster[0] + SUBSTITUTE, base


def _visual_order(parts: list[tuple[int, Face, bool, str]]) -> list[tuple[int, Face, bool, str]]:
    """Whole runs reordered for display (UAX 9, rule L2); inside a run HarfBuzz does it."""
    if not parts:
        return parts
    ordered = parts
    for level in range(max(part[0] for part in parts), 0, -1):
        turned: list[tuple[int, Face, bool, str]] = []
        for high, group in groupby(ordered, key=partial(_reaches, level)):
            run = list(group)
            turned += reversed(run) if high else run
        ordered = turned
    return ordered


def _reaches(level: int, part: tuple[int, Face, bool, str]) -> bool:
    return part[0] >= level


def _run(level: int, face: Face, shaped: bool, text: str) -> Run:
    if not shaped:
        return Run(face, text, None, sum(face.widths[ord(char)] for char in text))
    rtl = level % 2 == 1
    glyphs = tuple(face.shape(text, rtl))
    return Run(face, text, glyphs, sum(glyph.advance for glyph in glyphs), rtl)
