"""The app's icons as PNG: our mark, drawn here at the sizes that home screens ask for. Pure."""

import io
from functools import lru_cache

from PIL import Image, ImageDraw

GROUND, INK, PERSON = "#1d2440", "#ffffff", "#ffb454"
SIZES = {"192": 192, "512": 512, "maskable-512": 512, "touch-180": 180}
_SIDE = 32  # the mark's own units, as in img/mark.svg
_SMOOTH = 4  # drawn so many times larger, then reduced
# Launchers cut a maskable icon to a circle of 80 % (W3C, Web Application Manifest, section on icon masks); the mark's
# corners must stand within it.
_MASKABLE_SCALE = 0.8


@lru_cache(maxsize=len(SIZES))
def icon(name: str) -> bytes:
    """The PNG of that name in ``SIZES``. Maskable and touch icons fill the square: the launcher rounds the corners."""
    side = SIZES[name]
    scale = side * _SMOOTH / _SIDE * (_MASKABLE_SCALE if name.startswith("maskable") else 1)
    picture = Image.new("RGBA", (side * _SMOOTH, side * _SMOOTH), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    if name in ("192", "512"):
        pen.rounded_rectangle((0, 0, side * _SMOOTH - 1, side * _SMOOTH - 1), radius=8 * scale, fill=GROUND)
    else:
        pen.rectangle((0, 0, side * _SMOOTH, side * _SMOOTH), fill=GROUND)
    _draw_mark(pen, scale, (side * _SMOOTH - _SIDE * scale) / 2)
    out = io.BytesIO()
    picture.resize((side, side), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _draw_mark(pen: ImageDraw.ImageDraw, scale: float, margin: float) -> None:
    """Three finder patterns and a person where the fourth would be."""

    def box(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        return (margin + left * scale, margin + top * scale, margin + right * scale, margin + bottom * scale)

    for left, top in ((6, 6), (18, 6), (6, 18)):
        frame = box(left - 1, top - 1, left + 9, top + 9)
        pen.rounded_rectangle(frame, radius=2 * scale, outline=INK, width=round(2 * scale))
        pen.rectangle(box(left + 3, top + 3, left + 5, top + 5), fill=INK)
    pen.ellipse(box(19.4, 17, 24.6, 22.2), fill=PERSON)
    pen.pieslice(box(17, 22.6, 27, 31.4), 180, 360, fill=PERSON)
