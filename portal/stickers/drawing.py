"""Single symbols as pictures: PNG, SVG and text for a terminal, each with its quiet zone. (Sheets: the labels room.)"""

import re
from base64 import b64encode
from html import escape
from io import BytesIO
from itertools import groupby

from PIL import Image

from portal.stickers.symbols import QUIET_ZONE, Symbol

# What XML 1.0 does not allow even as a character reference (section 2.2), which a pasted title may still hold.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HALF_BLOCKS = {(True, True): " ", (True, False): "▄", (False, True): "▀", (False, False): "█"}


def png(symbol: Symbol, min_side: int = 1000) -> bytes:
    """Return a 1-bit PNG of at least `min_side` pixels a side, with the same number of pixels for every module."""
    side = symbol.size + 2 * QUIET_ZONE
    pixels = -(-min_side // side)
    size = (symbol.size, symbol.size)
    # Raw mode "1;I": in a Symbol 1 is dark, in Pillow 1 is light.
    modules = Image.frombytes("1", size, symbol.to_bytes(), "raw", "1;I")
    image = Image.new("1", (side * pixels, side * pixels), 1)
    image.paste(
        modules.resize((symbol.size * pixels, symbol.size * pixels), Image.Resampling.NEAREST),
        (QUIET_ZONE * pixels, QUIET_ZONE * pixels),
    )
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def svg(symbol: Symbol, title: str) -> str:
    """Return an SVG of one path on white, one unit per module, without a size of its own: the page sets it."""
    side = symbol.size + 2 * QUIET_ZONE
    name = escape(_NOT_XML.sub("", title))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img" shape-rendering="crispEdges">'
        f'<title>{name}</title><rect width="{side}" height="{side}" fill="#fff"/>'
        f'<path fill="#000" d="{_path(symbol)}"/></svg>'
    )


def data_address(picture: str) -> str:
    """Return an SVG as an address that a page shows without another request."""
    return "data:image/svg+xml;base64," + b64encode(picture.encode()).decode()


def _path(symbol: Symbol) -> str:
    """Return a rectangle for each run of dark modules in a row."""
    parts = []
    for y, row in enumerate(symbol.rows(), QUIET_ZONE):
        x = QUIET_ZONE
        for dark, run in groupby(row):
            width = sum(1 for _ in run)
            if dark:
                parts.append(f"M{x} {y}h{width}v1h-{width}z")
            x += width
    return "".join(parts)


def terminal(symbol: Symbol) -> str:
    """Return lines of half blocks, two rows of modules a line, for a terminal with light text on a dark background.

    The blocks are the light modules and the quiet zone, the background shows through as the dark ones. The side is
    odd, so the lower half of the last line is background, outside the quiet zone.
    """
    side = symbol.size + 2 * QUIET_ZONE
    margin = (False,) * QUIET_ZONE
    rows = [(False,) * side] * QUIET_ZONE
    rows += [margin + row + margin for row in symbol.rows()]
    rows += [(False,) * side] * QUIET_ZONE
    rows.append((True,) * side)
    lines = ("".join(map(_HALF_BLOCKS.__getitem__, zip(*rows[at : at + 2], strict=True))) for at in range(0, side, 2))
    return "\n".join(lines) + "\n"
