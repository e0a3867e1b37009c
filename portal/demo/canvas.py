"""A canvas for flat pictures: measured in pixels of the finished picture, drawn twice as large and shrunk smoothly."""

import io
from collections.abc import Sequence

from PIL import Image, ImageColor, ImageDraw

FACTOR = 2  # drawn larger by this, which is what smooths the edges
Point = tuple[float, float]


def mixed(one: str, other: str, share: float) -> str:
    """The colour between two '#rrggbb'; ``share`` is how much of the other, 0 to 1."""
    pairs = zip(ImageColor.getrgb(one), ImageColor.getrgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def darker(colour: str, share: float = 0.2) -> str:
    """The colour with some black in it."""
    return mixed(colour, "#101828", share)


def lighter(colour: str, share: float = 0.3) -> str:
    """The colour with some white in it."""
    return mixed(colour, "#ffffff", share)


class Canvas:
    """A picture being drawn. Boxes are left, top, width, height; angles are degrees, clockwise from three o'clock."""

    def __init__(self, width: int, height: int, ground: str) -> None:
        self._picture = Image.new("RGB", (width * FACTOR, height * FACTOR), ground)
        self._draw = ImageDraw.Draw(self._picture)

    def box(  # noqa: PLR0917  a box is its four numbers, here as everywhere in drawing
        self, left: float, top: float, width: float, height: float, colour: str, radius: float = 0
    ) -> None:
        """A rectangle, its corners rounded by ``radius``."""
        self._draw.rounded_rectangle(_corners(left, top, width, height), radius * FACTOR, fill=colour)

    def oval(self, left: float, top: float, width: float, height: float, colour: str) -> None:
        """An ellipse that fills the box."""
        self._draw.ellipse(_corners(left, top, width, height), fill=colour)

    def disc(self, x: float, y: float, radius: float, colour: str) -> None:
        """A circle around a point."""
        self.oval(x - radius, y - radius, 2 * radius, 2 * radius, colour)

    def ring(self, x: float, y: float, radius: float, colour: str, width: float) -> None:
        """A circle's line."""
        corners = _corners(x - radius, y - radius, 2 * radius, 2 * radius)
        self._draw.ellipse(corners, outline=colour, width=round(width * FACTOR))

    def segment(self, box: tuple[float, float, float, float], start: float, end: float, colour: str) -> None:
        """The part of an ellipse that its chord from ``start`` to ``end`` cuts off."""
        self._draw.chord(_corners(*box), start, end, fill=colour)

    def arc(self, box: tuple[float, float, float, float], start: float, end: float, colour: str, width: float) -> None:
        """A part of an ellipse's line, its ends round."""
        self._draw.arc(_corners(*box), start, end, fill=colour, width=round(width * FACTOR))

    def shape(self, points: Sequence[Point], colour: str) -> None:
        """A polygon."""
        self._draw.polygon([(x * FACTOR, y * FACTOR) for x, y in points], fill=colour)

    def line(self, points: Sequence[Point], colour: str, width: float) -> None:
        """Lines from point to point with round joints and ends."""
        large = [(x * FACTOR, y * FACTOR) for x, y in points]
        self._draw.line(large, fill=colour, width=round(width * FACTOR), joint="curve")
        for x, y in (points[0], points[-1]):
            self.disc(x, y, width / 2 - 0.3, colour)

    def png(self) -> bytes:
        """The finished picture."""
        out = io.BytesIO()
        self._picture.reduce(FACTOR).save(out, "PNG", compress_level=0)  # read again at once, never kept
        return out.getvalue()


def _corners(left: float, top: float, width: float, height: float) -> tuple[float, float, float, float]:
    return (left * FACTOR, top * FACTOR, (left + width) * FACTOR - 1, (top + height) * FACTOR - 1)
