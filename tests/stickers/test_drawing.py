import io
import re
from xml.etree import ElementTree

import pytest
import zxingcpp
from PIL import Image
from pyzbar import pyzbar

from portal.stickers import drawing, symbols, tokens

URLS = [
    tokens.scan_url("https://qr.example.com", "K7Q2M4XJ9R3T5V8W"),
    tokens.scan_url("http://127.0.0.1:5000", "0123456789ABCDEF"),
    tokens.scan_url("https://a-rather-long-name.of-a-branch.example.org:8443", "ZZZZZZZZZZZZZZZZ"),
]
SVG = "{http://www.w3.org/2000/svg}"


def read_by_both(image):
    """What two independent decoders read from the image."""
    grey = image.convert("L")
    (first,) = zxingcpp.read_barcodes(grey)
    (second,) = pyzbar.decode(grey, symbols=[pyzbar.ZBarSymbol.QRCODE])
    assert second.data.decode() == first.text
    return first.text


def modules_of(image, pixels):
    """The image as rows of dark modules, after checking that every module is one colour throughout."""
    side = image.width // pixels
    small = image.resize((side, side), Image.Resampling.NEAREST)
    assert small.resize(image.size, Image.Resampling.NEAREST).tobytes() == image.tobytes()
    return tuple(tuple(small.getpixel((x, y)) == 0 for x in range(side)) for y in range(side))


def framed(symbol):
    """The symbol's rows within a light quiet zone of four modules."""
    side = symbol.size + 8
    margin = ((False,) * side,) * 4
    return margin + tuple((False,) * 4 + row + (False,) * 4 for row in symbol.rows()) + margin


def raster(svg, pixels):
    """Draw our SVG: the background and one rectangle for each part of the path."""
    root = ElementTree.fromstring(svg)
    _, _, width, height = map(int, root.get("viewBox").split())
    background, path = root.find(f"{SVG}rect"), root.find(f"{SVG}path")
    assert background.attrib == {"width": str(width), "height": str(height), "fill": "#fff"}
    image = Image.new("L", (width * pixels, height * pixels), 255)
    drawn = ""
    for part in re.finditer(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", path.get("d")):
        x, y, run, back = map(int, part.groups())
        assert run == back
        image.paste(0, (x * pixels, y * pixels, (x + run) * pixels, (y + 1) * pixels))
        drawn += part.group()
    assert drawn == path.get("d")
    return image


def screen(text, pixels, background, foreground):
    """Draw terminal text: every character is one module wide and two high."""
    lines = text.splitlines()
    assert len({len(line) for line in lines}) == 1
    halves = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
    colours = (background, foreground)
    image = Image.new("L", (len(lines[0]), 2 * len(lines)), background)
    for row, line in enumerate(lines):
        for column, character in enumerate(line):
            for half, lit in enumerate(halves[character]):
                image.putpixel((column, 2 * row + half), colours[lit])
    return image.resize((image.width * pixels, image.height * pixels), Image.Resampling.NEAREST)


@pytest.mark.parametrize("url", URLS)
def test_a_png_is_crisp_and_read_by_both_decoders(url):
    symbol = symbols.symbol_for(url)
    image = Image.open(io.BytesIO(drawing.png(symbol)))
    side = symbol.size + 8
    assert (image.format, image.mode) == ("PNG", "1")
    assert image.width == image.height >= 1000
    assert image.width % side == 0
    assert image.width - side < 1000, "no more pixels than needed"
    assert modules_of(image, image.width // side) == framed(symbol)
    assert read_by_both(image) == url


@pytest.mark.parametrize(("min_side", "side"), [(1, 37), (37, 37), (38, 74), (2000, 2035)])
def test_a_png_has_at_least_the_wanted_side(min_side, side):
    image = Image.open(io.BytesIO(drawing.png(symbols.symbol_for(URLS[0]), min_side)))
    assert image.size == (side, side)


@pytest.mark.parametrize("url", URLS)
def test_an_svg_draws_the_symbol_and_is_read_by_both_decoders(url):
    symbol = symbols.symbol_for(url)
    svg = drawing.svg(symbol, "Sticker of van 12")
    assert modules_of(raster(svg, 6), 6) == framed(symbol)
    assert read_by_both(raster(svg, 6)) == url
    assert svg.count("<path") == 1
    assert 'shape-rendering="crispEdges"' in svg


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Van <12> & \"co\" 'x'", "Van <12> & \"co\" 'x'"),
        ("</title><script>alert(1)</script>", "</title><script>alert(1)</script>"),
        ("Bell\x07 and null\x00 \ud800 gone \ufffe", "Bell and null  gone "),
        ("ขบวน 12 😀", "ขบวน 12 😀"),
    ],
)
def test_an_svg_title_is_text_and_nothing_else(title, shown):
    root = ElementTree.fromstring(drawing.svg(symbols.symbol_for(URLS[0]), title))
    assert root.find(f"{SVG}title").text == shown
    assert [child.tag for child in root] == [f"{SVG}title", f"{SVG}rect", f"{SVG}path"]


@pytest.mark.parametrize("url", URLS)
def test_terminal_text_is_read_from_a_dark_screen(url):
    symbol = symbols.symbol_for(url)
    text = drawing.terminal(symbol)
    assert text.endswith("\n")
    image = screen(text, 8, background=0, foreground=255)
    side = symbol.size + 8
    assert modules_of(image.crop((0, 0, side * 8, side * 8)), 8) == framed(symbol)
    # A terminal window is larger than the symbol: its background is all around.
    window = Image.new("L", (image.width + 80, image.height + 80), 0)
    window.paste(image, (40, 40))
    assert read_by_both(window) == url


def test_a_variable_symbol_is_drawn_too():
    text = "https://qr.example.com/pair#k7q2-m4xj"
    symbol = symbols.variable_symbol(text, "M")
    assert read_by_both(Image.open(io.BytesIO(drawing.png(symbol)))) == text
    assert read_by_both(raster(drawing.svg(symbol, "Pairing code"), 6)) == text
    assert read_by_both(screen(drawing.terminal(symbol), 8, background=0, foreground=255)) == text
