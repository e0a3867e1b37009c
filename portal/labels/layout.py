"""Where everything stands: slots on sheets, and the symbol, the text and the logo inside one label.

All lengths are millimetres from the top left corner (of the page in ``place``, of the label in ``plan``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from portal.labels.stock import Stock

#: Empty modules around a symbol (ISO/IEC 18004, section 6.3.8; DENSO WAVE says the same).
QUIET_ZONE = 4
#: Below this width of a module in mm only industrial scanners read a symbol, so it is not printed.
MODULE_FLOOR = 0.25
#: Below this width a phone has to come close, and a worn print fails: printed, with a warning.
MODULE_WARN = 0.33
#: Wider modules scan no better from arm's length and would take the place of the text.
MODULE_CAP = 1.0
#: Kept empty along a label's edge, because no printer feeds sheets more exactly.
SAFE_INSET = 1.0
#: Office printers do not print nearer than this to the edge of a page.
PAGE_CLEARANCE = 4.0

_BESIDE_RATIO = 1.25  # from this ratio of width to height on, the text stands beside the symbol
_BESIDE_SHARE = 0.6  # the most of a wide label's width that the symbol may take
_BELOW_SHARE = 0.24  # the part of a square or tall label's height that is the text's
_LOGO_MIN_HEIGHT = 24.0  # of the text box: below this a logo would leave too little for the name
_LOGO_SHARE = 0.3
_LOGO_CAP = 14.0


class Symbol(Protocol):
    """What the renderer needs to know of a QR symbol, quiet zone not included."""

    @property
    def size(self) -> int:
        """Modules per side."""

    @property
    def stride(self) -> int:
        """Bits per row: whole bytes."""

    def hex(self) -> str:
        """The rows from the top, most significant bit left, 1 is dark: ``size * stride / 4`` hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Label:
    """One label's contents: its lines of text (the name first), what its symbol says, and the code to type."""

    lines: tuple[str, ...]
    url: str
    symbol: Symbol
    typed_code: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """The slot of one label: page from 0, the label's top left corner in mm, and which label of the list it is."""

    page: int
    x: float
    y: float
    index: int


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle inside a label, in mm from the label's top left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Box:
    """Where things stand in every label of a print run. ``quiet`` is the symbol with its quiet zone."""

    module: float
    symbol: Rect
    quiet: Rect
    text: Rect
    logo: Rect | None
    beside: bool
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why this stock cannot carry this symbol, as a sentence for the person who chose it."""

    reason: str


def place(labels_count: int, stock: Stock, first_slot: int = 1, copies: int = 1) -> Iterator[Position]:
    """The positions of ``labels_count`` labels, each ``copies`` times, from ``first_slot`` of the first sheet on.

    Raises ValueError when ``first_slot`` is not on the sheet or ``copies`` is below 1.
    """
    check_run(stock, first_slot, copies)
    corners = slots(stock, first_slot)
    for index in range(labels_count):
        for _ in range(copies):
            page, x, y = next(corners)
            yield Position(page, x, y, index)


def slots(stock: Stock, first_slot: int = 1) -> Iterator[tuple[int, float, float]]:
    """Page (from 0) and top left corner of one slot after the other, without end."""
    corners = [
        (stock.left + column * stock.pitch_x, stock.top + row * stock.pitch_y)
        for row in range(stock.rows)
        for column in range(stock.columns)
    ]
    for slot in count(first_slot - 1):
        page, here = divmod(slot, stock.slots)
        yield page, *corners[here]


def sheets_needed(labels_count: int, stock: Stock, first_slot: int = 1, copies: int = 1) -> int:
    """How many sheets ``labels_count`` labels take; none for none. Raises ValueError as ``place`` does."""
    check_run(stock, first_slot, copies)
    if not labels_count:
        return 0
    return -(-(first_slot - 1 + labels_count * copies) // stock.slots)


def check_run(stock: Stock, first_slot: int, copies: int) -> None:
    """Raises ValueError when ``first_slot`` is not on the sheet or ``copies`` is below 1."""
    if not 1 <= first_slot <= stock.slots:
        raise ValueError(f"first_slot must be 1 to {stock.slots} on {stock.number}, not {first_slot}")
    if copies < 1:
        raise ValueError(f"copies must be 1 or more, not {copies}")


def plan(stock: Stock, symbol_size: int, *, logo: bool = False) -> Box | Refusal:
    """The arrangement of a symbol of ``symbol_size`` modules and its text on this stock, or why there is none.

    The same for every slot: what one column must keep clear of the page's edge, all keep clear.
    """
    left, right = _inset(stock.left), _inset(stock.right)
    top, bottom = _inset(stock.top), _inset(stock.bottom)
    safe = Rect(left, top, stock.label_width - left - right, stock.label_height - top - bottom)
    return arrange(safe, symbol_size, logo=logo, paper=f"{stock.maker} {stock.number}")


def _inset(margin: float) -> float:
    return max(SAFE_INSET, PAGE_CLEARANCE - margin)


def arrange(safe: Rect, symbol_size: int, *, logo: bool, paper: str) -> Box | Refusal:
    """``plan`` for any label whose printable part is ``safe``; ``paper`` is its name in the sentences."""
    modules = symbol_size + 2 * QUIET_ZONE
    beside = safe.width >= _BESIDE_RATIO * safe.height
    room = min(safe.height, safe.width * _BESIDE_SHARE) if beside else min(safe.width, safe.height * (1 - _BELOW_SHARE))
    module = min(MODULE_CAP, room / modules)
    if module < MODULE_FLOOR:
        return Refusal(
            f"{paper} is too small: its labels leave {module:.2f} mm for a module of this code, "
            f"and phones need at least {MODULE_FLOOR} mm. Choose a larger label."
        )
    side = modules * module
    if beside:
        quiet = Rect(safe.x, safe.y + (safe.height - side) / 2, side, side)
        text = Rect(quiet.right, safe.y, safe.right - quiet.right, safe.height)
    else:
        quiet = Rect(safe.x + (safe.width - side) / 2, safe.y, side, side)
        text = Rect(safe.x, quiet.bottom, safe.width, safe.bottom - quiet.bottom)
    edge = QUIET_ZONE * module
    symbol = Rect(quiet.x + edge, quiet.y + edge, symbol_size * module, symbol_size * module)
    mark, text = _split_logo(text) if logo else (None, text)
    warnings = []
    if module < MODULE_WARN:
        warnings.append(
            f"The code on {paper} has modules of {module:.2f} mm: phones must come close, and wear harms it."
        )
    if logo and mark is None:
        warnings.append(f"The labels of {paper} are too small for the logo, so it is left out.")
    return Box(module, symbol, quiet, text, mark, beside, tuple(warnings))


def _split_logo(text: Rect) -> tuple[Rect | None, Rect]:
    """The logo's place at the head of the text box, and what remains for the text."""
    if text.height < _LOGO_MIN_HEIGHT:
        return None, text
    height = min(_LOGO_CAP, text.height * _LOGO_SHARE)
    gap = 1.0
    return (
        Rect(text.x, text.y, text.width, height),
        Rect(text.x, text.y + height + gap, text.width, text.height - height - gap),
    )
