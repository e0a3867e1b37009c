"""Decodes pictures from outside and writes them anew: WebP (photos), PNG (logos), JPEG (contact cards). Reads their
QR codes.

A decoder is where hostile bytes do harm, so `lib.images` runs this file as a program of its own, in a child process
with limits on memory and time. It imports nothing of the portal, which keeps its start at a few hundredths of a second.

The program reads the picture on standard input. Its argument says what becomes of it (`photo`, `logo`, `codes`). It
answers with one line of JSON, `{"refused": sentence}`, `{"texts": [of each QR code]}` or
`{"size": [width, height], "lengths": [bytes of each file]}`, and then the files.
"""

import io
import json
import re
import resource
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from PIL import Image, ImageCms, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

MOST_BYTES = 10_000_000
# Read from the header before anything is decoded: 40 megapixels are 160 MB of memory at four bytes each.
MOST_PIXELS = 40_000_000
MOST_MEMORY = 512 * 1024 * 1024  # address space of the child, its programs and libraries included
MOST_SECONDS = 10

PHOTO_SIDE = 1600
_THUMB_SIDE = 320
_LOGO_SIDE = 600
_CARD_SIDE = 480
# A symbol of 57 modules that fills a third of the picture still has nine pixels a module.
_CODES_SIDE = 1600
MOST_CODES = 8
_WEBP = {"quality": 80, "method": 4}

Kind = Literal["JPEG", "PNG", "WEBP", "HEIC"]
# The decoders by name: Image.open() would load the forty others first, which takes longer than all the rest here.
_DECODERS: dict[Kind, Callable[[io.BytesIO], Image.Image]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WEBP": WebPImageFile,
}
# ISO base media brands of still HEIC images (ISO/IEC 23008-12, annex B) at byte 8.
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")

# What makes a browser or an interpreter take a file for its own, wherever it stands in it.
_PAGE = re.compile(rb"<(?:html|script|\?php|!doctype html)[\s>]", re.IGNORECASE)
_PDF_WITHIN = 1024  # readers look for the header of a PDF in so many first bytes (ISO 32000-1, annex H)
# A ZIP archive, a Java archive among them, ends with this record: 22 bytes and a comment (APPNOTE, section 4.3.16).
_ZIP_END, _ZIP_END_SIZE, _ZIP_COMMENT = b"PK\5\6", 22, 65_535


class ImageRefused(ValueError):
    """Bytes that are not an acceptable picture; `sentence` says what to do about it.

    Sentences are whole, their figures written out: they are keys of the catalogues, and this file imports nothing.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Written:
    """The files that a picture became, and the pixel size of the first."""

    size: tuple[int, int]
    files: tuple[bytes, ...]


def photo(data: bytes, side: int = PHOTO_SIDE) -> Written:
    """Two WebPs on white: at most `side` pixels wide and high, and a thumbnail of 320. Raises ImageRefused."""
    with _decoding():
        picture = _flat(_open_small(data, side))
        size, full = picture.size, _written(picture, "WEBP")
        picture.thumbnail((_THUMB_SIDE, _THUMB_SIDE), Image.Resampling.LANCZOS)
        return Written(size, (full, _written(picture, "WEBP")))


def logo(data: bytes) -> Written:
    """A PNG with its transparency, at most 600 pixels a side. Raises ImageRefused."""
    with _decoding():
        picture = _open_small(data, _LOGO_SIDE)
        if picture.has_transparency_data:
            alpha = picture.convert("RGBA").getchannel("A")
            colours = _in_srgb(picture.convert("RGB"), picture.info.get("icc_profile"))
            colours.putalpha(alpha)
        else:
            colours = _flat(picture)
        return Written(colours.size, (_written(colours, "PNG"),))


def card(data: bytes) -> Written:
    """A JPEG of at most 480 pixels a side. Raises ImageRefused."""
    with _decoding():
        picture = _flat(_open_small(data, _CARD_SIDE))
        return Written(picture.size, (_written(picture, "JPEG"),))


def codes(data: bytes) -> list[str]:
    """The texts of the QR codes in a picture, at most eight. Raises ImageRefused."""
    # Imported here because the portal's own processes import this file and never need it.
    import zxingcpp  # noqa: PLC0415

    with _decoding():
        picture = _flat(_open_small(data, _CODES_SIDE)).convert("L")
        pixels: Any = picture.tobytes()  # any buffer will do, whatever the library's types say
        grey = zxingcpp.ImageView(pixels, *picture.size, zxingcpp.ImageFormat.Lum)
        formats = zxingcpp.barcode_formats_from_str("QRCode")
        found = zxingcpp.read_barcodes(grey, formats=formats, text_mode=zxingcpp.TextMode.Plain)
        return [code.text for code in found[:MOST_CODES]]


def check(data: bytes) -> Kind:
    """The format by its first bytes; nothing is decoded. Raises ImageRefused for everything else.

    A file that is a picture and something else besides (a polyglot) is refused too. Writing it anew would disarm it,
    but nobody sends one by mistake.
    """
    if not data:
        raise ImageRefused("The file is empty. Choose a JPEG, PNG, WebP or HEIC picture.")
    if len(data) > MOST_BYTES:
        raise ImageRefused("The picture is over 10 MB. Send a smaller copy of it.")
    kind = _kind(data)
    end = data.rfind(_ZIP_END, -_ZIP_END_SIZE - _ZIP_COMMENT)
    comment = int.from_bytes(data[end + 20 : end + 22], "little")
    is_archive = end >= 0 and end + _ZIP_END_SIZE + comment == len(data)
    if is_archive or b"%PDF-" in data[:_PDF_WITHIN] or _PAGE.search(data):
        raise ImageRefused(
            "The file is a picture and something else at once, such as a web page or an archive. "
            "Save it anew as a picture and send that."
        )
    return kind


def _kind(data: bytes) -> Kind:
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return "HEIC"
    if b"<svg" in data[:1024].lower():
        raise ImageRefused(
            "SVG drawings are not accepted, since they can carry programs. Choose a JPEG, PNG, WebP or HEIC picture."
        )
    raise ImageRefused("This is not a picture that can be read here. Choose a JPEG, PNG, WebP or HEIC picture.")


@contextmanager
def _decoding() -> Iterator[None]:
    """Turns every way in which a decoder fails into one refusal, and keeps its warnings out of the log."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except ImageRefused:
            raise
        except MemoryError:
            raise ImageRefused("The picture needs too much memory to be read. Send a smaller copy of it.") from None
        except Exception:  # Decoders promise no type of exception for damaged bytes.
            raise ImageRefused("The picture is damaged or incomplete. Save or send it again.") from None


def _open_small(data: bytes, side: int) -> Image.Image:
    """The picture, shrunk while decoding where the format can, upright, its colour profile still in `info`.

    Of an animation it is the first picture.
    """
    kind = check(data)
    picture = _open_heic(data) if kind == "HEIC" else _DECODERS[kind](io.BytesIO(data))
    _check_pixels(picture.size)
    if picture.mode in ("P", "1", "I", "I;16", "F"):
        # Shrinking needs colours to mix, not palette numbers or single bits.
        picture = _plain_mode(picture)
    picture.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return ImageOps.exif_transpose(picture)


def _open_heic(data: bytes) -> Image.Image:
    # Imported here because it is an optional extra.
    try:
        import pi_heif  # noqa: PLC0415
    except ImportError:
        raise ImageRefused("HEIC pictures cannot be read on this server. Send the photo as JPEG instead.") from None
    container = pi_heif.open_heif(io.BytesIO(data))
    _check_pixels(container.size)
    picture: Image.Image = container.to_pillow()
    return picture


def _check_pixels(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MOST_PIXELS:
        raise ImageRefused("The picture has over 40 megapixels. Send a smaller copy of it.")


def _plain_mode(picture: Image.Image) -> Image.Image:
    if picture.mode in ("I", "I;16", "F"):
        # 16-bit grey (PNG) keeps its range in 0..65535; the mode I of older files does too.
        return picture.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _flat(picture: Image.Image) -> Image.Image:
    """The picture in sRGB without transparency, on white, and without anything but its pixels."""
    profile = picture.info.get("icc_profile")
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        picture = Image.alpha_composite(white, layer).convert("RGB")
    return _in_srgb(picture, profile)


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            # A profile that is broken or belongs to another kind of colours: plain conversion comes close enough.
            converted = None
        if converted is not None:
            return converted
    return picture.convert("RGB")


def _written(picture: Image.Image, kind: Literal["WEBP", "PNG", "JPEG"]) -> bytes:
    # The writers copy profile, position and comments from here.
    picture.info = {}
    out = io.BytesIO()
    options = _WEBP if kind == "WEBP" else {"optimize": True}
    picture.save(out, kind, **options)
    return out.getvalue()


def limit_this_process() -> None:
    """From here on: bounded memory and processor time, no file written, no core left behind."""
    for what, most in (
        (resource.RLIMIT_AS, MOST_MEMORY),
        (resource.RLIMIT_CPU, MOST_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        # Somebody may have set a lower one already, and only root may raise it.
        hard = resource.getrlimit(what)[1]
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (limit, limit))


def main(task: str) -> None:
    """Reads, decodes, answers."""
    limit_this_process()
    data = sys.stdin.buffer.read()
    try:
        if task == "codes":
            _answer({"texts": codes(data)})
            return
        written = {"photo": photo, "logo": logo}[task](data)
    except ImageRefused as refusal:
        _answer({"refused": refusal.sentence})
    else:
        _answer({"size": written.size, "lengths": [len(file) for file in written.files]}, *written.files)


def _answer(head: dict[str, object], *files: bytes) -> None:
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + b"".join(files))


if __name__ == "__main__":
    main(sys.argv[1])
