"""Reads the QR code of an SVG that draws each run of dark modules as one rectangle of its path."""

import re

from PIL import Image

from tests.decoding import read_zxing

PIXELS = 4  # per module


def read_svg(svg: str) -> str:
    """The text of the picture's one QR code."""
    side = int(re.search(r'viewBox="0 0 (\d+) \1"', svg)[1])
    picture = Image.new("L", (side * PIXELS, side * PIXELS), 255)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", svg):
        picture.paste(0, tuple(PIXELS * int(edge) for edge in (x, y, int(x) + int(width), int(y) + 1)))
    [text] = read_zxing(picture)
    return text
