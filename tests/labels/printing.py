"""Labels to print, and what a printed sheet looks like: rasterised, measured and decoded."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pypdfium2
import zxingcpp
from numpy.typing import NDArray
from pyzbar import pyzbar

from portal.labels import pdf
from portal.labels.layout import Label, Refusal
from portal.labels.pdf import Options
from portal.labels.stock import Stock, find_stock
from portal.stickers.symbols import symbol_for

PREFIX = "HTTPS://QR.EXAMPLE.COM/Q/"
DPI = 300
PIXELS_PER_MM = DPI / 25.4

DEFAULTS = Options()

Page = NDArray[np.uint8]


def make_label(number: int, *lines: str) -> Label:
    token = f"{number:016d}".replace("1", "K").replace("7", "X")
    code = "-".join(token[at : at + 4] for at in range(0, 16, 4))
    return Label(lines or (f"Pump {number}", f"TAG-{number:06d}"), PREFIX + token, symbol_for(PREFIX + token), code)


def make_labels(count: int) -> list[Label]:
    return [make_label(number) for number in range(count)]


def stock_of(number: str) -> Stock:
    stock = find_stock(number)
    assert stock is not None
    return stock


def printed(labels: list[Label], stock: Stock, cache_dir: Path, options: Options = DEFAULTS, **how: int) -> bytes:
    document = pdf.render(labels, stock, cache_dir=cache_dir, options=options, **how)
    assert not isinstance(document, Refusal), document
    return document


def pages(document: bytes, dpi: int = DPI) -> Iterator[Page]:
    """Every page as grey pixels, 0 is black."""
    opened = pypdfium2.PdfDocument(document)
    try:
        for page in opened:
            yield page.render(scale=dpi / 72, grayscale=True).to_numpy().copy().reshape(-1, _width(page, dpi))
    finally:
        opened.close()


def _width(page: pypdfium2.PdfPage, dpi: int) -> int:
    return int(-(-page.get_width() * dpi / 72 // 1))


def crop(page: Page, x: float, y: float, width: float, height: float) -> Page:
    """A rectangle given in mm."""
    left, top, right, bottom = (round(value * PIXELS_PER_MM) for value in (x, y, x + width, y + height))
    return np.ascontiguousarray(page[top:bottom, left:right])


def ink_box(page: Page) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of everything dark, in mm."""
    rows, columns = np.nonzero(page < 128)
    edges = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    left, top, right, bottom = (float(edge) / PIXELS_PER_MM for edge in edges)
    return left, top, right, bottom


def read_zxing(picture: Page) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)]


def read_zbar(picture: Page) -> list[str]:
    return [code.data.decode() for code in pyzbar.decode(picture, symbols=[pyzbar.ZBarSymbol.QRCODE])]
