"""Lines of text for a label: cleaned, split by font and direction, wrapped, shrunk and cut to a box.

Sizes and lengths are points; widths inside a line are thousandths of the font size until a size is chosen.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from bidi import algorithm as bidi

from portal.labels.fonts import Face, Glyph, Library, Weight

ELLIPSIS = "…"
#: Drawn for a character that no font has; ``missing_glyphs`` names it before printing.
SUBSTITUTE = "?"

_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
# Scripts whose letters join, stack or move: Hebrew and Arabic to Tibetan and Myanmar, Khmer, Mongolian, presentation forms.
_COMPLEX = re.compile(
    "[\u0590-\u109f\u1780-\u18af\u1900-\u1cff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00011fff\U0001e800-\U0001efff]"
)
_IDEOGRAPH = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
_JOINERS = "\u200c\u200d"
# Words with the break opportunity behind them: after spaces, hyphens and slashes, and around every ideograph.
_WORD = re.compile(
    "[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff] ?"
    "|[^ \\-/\u2010\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]*[-/\u2010]+ ?"
    "|[^ \\-/\u2010\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]+ ?| "
)
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


@dataclass(frozen=True, slots=True)
class Block:
    """One logical line of a label. ``size`` is the most it may have; ``whole`` text is left out rather than cut."""

    text: str
    bold: bool
    size: float
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line: ``baseline`` and ``foot`` (its lower end) below the top of the text box, width in points, runs from left to right."""

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
        """The lines at the largest size at which everything fits unbroken; at the floor, cut with an ellipsis."""
        texts = [_Text(block, self) for block in blocks if block.text]
        top = max((text.size for text in texts), default=0.0)
        size = top
        while size >= self.floor:
            lines = [text.wrap(min(size, text.size)) for text in texts]
            if None not in lines:
                placed = [(text, line) for text, group in zip(texts, lines, strict=True) for line in group or ()]
                if self._height_of(placed, size) <= self.height:
                    return self._set(placed, size)
            size -= _STEP
        return self._set(self._cut(texts), self.floor)

    def width_of(self, word: str, bold: bool) -> float:
        """Width of a word in thousandths of the font size, kept because words repeat from label to label."""
        key = (word, bold)
        if (width := self._words.get(key)) is None:
            width = self._words[key] = measure(word, self.fonts.bold if bold else self.fonts.regular)
        return width

    def _height_of(self, placed: Sequence[tuple["_Text", str]], size: float) -> float:
        return sum(text.leading * min(size, text.size) for text, _ in placed)

    def _cut(self, texts: Sequence["_Text"]) -> list[tuple["_Text", str]]:
        """Everything at the floor size: the first block yields lines to the others, which keep one each if they can."""
        groups = [text.wrap_hard(self.floor) for text in texts]
        rows = int(self.height / (max((text.leading for text in texts), default=1.0) * self.floor) + 1e-6)
        limits = [len(group) if text.block.whole else 1 for text, group in zip(texts, groups, strict=True)]
        # What is cut first: the last lines that can be cut, then what must stay whole; the name never goes.
        while sum(limits) > rows and sum(limits[1:]):
            droppable = [i for i in range(1, len(texts)) if limits[i] and not texts[i].block.whole]
            limits[droppable[-1] if droppable else max(i for i in range(1, len(texts)) if limits[i])] = 0
        spare = max(0, rows - sum(limits))
        for i, group in enumerate(groups):
            more = min(spare, max(0, len(group) - limits[i])) if limits[i] else 0
            limits[i] += more
            spare -= more
        placed = []
        for text, group, limit in zip(texts, groups, limits, strict=True):
            kept = group[:limit]
            if kept and len(group) > limit:
                kept[-1] = text.shorten(kept[-1], self.floor)
            placed += [(text, line) for line in kept]
        return placed

    def _set(self, placed: Sequence[tuple["_Text", str]], size: float) -> list[Line]:
        lines, y = [], 0.0
        for text, line in placed:
            own = min(size, text.size)
            rtl, runs = text.runs(line)
            width = sum(run.width for run in runs) * own / 1000
            foot = y + text.leading * own
            lines.append(Line(y + text.rise * own, own, width, foot, rtl, runs))
            y = foot
        return lines


class _Text:
    """One block while it is being fitted."""

    __slots__ = ("block", "leading", "plain", "rise", "setter", "size", "weight", "words")

    def __init__(self, block: Block, setter: Typesetter) -> None:
        self.block = block
        self.setter = setter
        self.size = max(block.size, setter.floor)
        self.weight = setter.fonts.bold if block.bold else setter.fonts.regular
        self.plain = self.weight.plain.issuperset(block.text)
        self.rise, self.leading = (_PLAIN_RISE, _PLAIN_LEADING) if self.plain else (_TALL_RISE, _TALL_LEADING)
        self.words = _WORD.findall(block.text)

    def wrap(self, size: float) -> list[str] | None:
        """Lines of whole words, or None when a word is wider than the box."""
        room = self.setter.width * 1000 / size
        bold = self.block.bold
        lines, line, used = [], "", 0.0
        for word in self.words:
            width = self.setter.width_of(word, bold)
            if used + width > room:
                # The space behind a word may hang over the edge.
                bare = self.setter.width_of(word.rstrip(), bold)
                if bare > room:
                    return None
                if used + bare > room:
                    lines.append(line.rstrip())
                    line, used = "", 0.0
            line += word
            used += width
        return [*lines, line.rstrip()] if line else lines

    def wrap_hard(self, size: float) -> list[str]:
        """Lines as ``wrap``, words that are too wide broken between clusters."""
        room = self.setter.width * 1000 / size
        pieces: list[str] = []
        for word in self.words:
            while self.setter.width_of(word.rstrip(), self.block.bold) > room:
                head, word = self._split(word, room)
                pieces.append(head)
            pieces.append(word)
        kept, self.words = self.words, pieces
        lines = self.wrap(size)
        self.words = kept
        # Only a single cluster wider than the box is left over then: print it alone.
        return lines if lines is not None else pieces

    def _split(self, word: str, room: float) -> tuple[str, str]:
        clusters = _clusters(word)
        count = 1
        while count < len(clusters) - 1 and measure("".join(clusters[: count + 1]), self.weight) <= room:
            count += 1
        return "".join(clusters[:count]), "".join(clusters[count:])

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
            return False, (Run(face, line, None, sum(map(face.widths.__getitem__, map(ord, line)))),)
        return _reads_rtl(self.block.text), itemize(line, self.weight, _reads_rtl(self.block.text))


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
        return sum(map(weight.everyday.widths.__getitem__, map(ord, text)))
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
    bidi.get_embedding_levels(text, storage)
    bidi.explicit_embed_and_overrides(storage)
    bidi.resolve_weak_types(storage)
    bidi.resolve_neutral_types(storage, False)
    bidi.resolve_implicit_levels(storage, False)
    return [char["level"] for char in storage["chars"]]


def _levelled_clusters(text: str, levels: Sequence[int]) -> Iterator[tuple[str, int]]:
    at = 0
    for cluster in _clusters(text):
        yield cluster, levels[at] if at < len(levels) else levels[-1]
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
        for high, group in groupby(ordered, key=lambda part, level=level: part[0] >= level):  # type: ignore[misc]
            turned += reversed(list(group)) if high else group
        ordered = turned
    return ordered


def _run(level: int, face: Face, shaped: bool, text: str) -> Run:
    if not shaped:
        return Run(face, text, None, sum(face.widths[ord(char)] for char in text))
    glyphs = tuple(face.shape(text, rtl=level % 2 == 1))
    return Run(face, text, glyphs, sum(glyph.advance for glyph in glyphs))
