"""Scans by day as bars: spans of one day, or of more when there are too many, and where each bar stands. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

MOST_BARS = 93  # three months by day; a year by four days
WIDTH, HEIGHT = 720, 160  # of the drawing, in its own units
GAP = 0.25  # of a bar's room
TICKS = 4  # lines across, the ground's left out


@dataclass(frozen=True)
class Span:
    """One or more days that share a bar, both ends shown."""

    start: date
    end: date

    @property
    def label(self) -> str:
        """'2026-03-05', or '2026-03-05 to 2026-03-08'."""
        first = self.start.isoformat()
        return first if self.start == self.end else f"{first} to {self.end.isoformat()}"


@dataclass(frozen=True)
class Count:
    """What happened in a span: scans, and tries that were refused."""

    span: Span
    scan_count: int
    refused_count: int


@dataclass(frozen=True)
class Bar:
    """Where a count is drawn; the heights are of ``HEIGHT``, from the ground."""

    count: Count
    x: float
    width: float
    y: float
    height: float
    refused_y: float
    refused_height: float


@dataclass(frozen=True)
class Chart:
    """The drawing: its size, the figure at its top, its bars, and the heights of the lines across it."""

    width: int
    height: int
    top: int
    bars: tuple[Bar, ...]
    lines: tuple[float, ...]


def spans(start: date, end: date) -> list[Span]:
    """The days from ``start`` to ``end`` in equal spans (the last may be shorter), at most MOST_BARS of them."""
    days = (end - start).days + 1
    step = -(-days // MOST_BARS)
    return [
        Span(start + timedelta(days=at), min(start + timedelta(days=at + step - 1), end)) for at in range(0, days, step)
    ]


def draw(counts: Sequence[Count]) -> Chart:
    """Bars of all counts under one scale that ends at a round figure."""
    top = ceiling(max((max(one.scan_count, one.refused_count) for one in counts), default=0))
    room = WIDTH / max(len(counts), 1)
    bars = []
    for index, one in enumerate(counts):
        height, refused = (round(HEIGHT * count / top, 1) for count in (one.scan_count, one.refused_count))
        x, width = round(room * (index + GAP / 2), 1), round(room * (1 - GAP), 1)
        bars.append(Bar(one, x, width, round(HEIGHT - height, 1), height, round(HEIGHT - refused, 1), refused))
    lines = tuple(round(HEIGHT * part / TICKS, 1) for part in range(1, TICKS))
    return Chart(WIDTH, HEIGHT, top, tuple(bars), lines)


def ceiling(most: int) -> int:
    """The smallest of 4, 8, 20, 40, 80, 200, 400 ... that is not below ``most``: a quarter of it is whole."""
    scale = 4
    while True:
        for factor in (1, 2, 5):
            if scale * factor >= most:
                return scale * factor
        scale *= 10
