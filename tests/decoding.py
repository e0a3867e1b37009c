"""Reading labels as a scanner does: PDF pages become pictures at a printer's resolution, pictures become texts."""

import io

import pypdfium2
import zxingcpp
from PIL import Image
from pyzbar import pyzbar


def rasterise(pdf: bytes, dpi: int = 300) -> list[Image.Image]:
    """Every page of a PDF, grey, at ``dpi``."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.render(scale=dpi / 72, grayscale=True).to_pil() for page in document]
    finally:
        document.close()


def read_zxing(picture: Image.Image) -> list[str]:
    """All QR codes of a picture, by ZXing."""
    return [code.text for code in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)]


def read_zbar(picture: Image.Image) -> list[str]:
    """All QR codes of a picture, by ZBar."""
    return [code.data.decode() for code in pyzbar.decode(picture, symbols=[pyzbar.ZBarSymbol.QRCODE])]


def read_pdf(pdf: bytes) -> list[str]:
    """All QR codes of all pages."""
    return [text for page in rasterise(pdf) for text in read_zxing(page)]


def read_png(png: bytes) -> list[str]:
    with Image.open(io.BytesIO(png)) as picture:
        return read_zxing(picture.convert("L"))
