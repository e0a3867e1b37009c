"""Files that are sent as pictures and are none, or more than one, or far larger than they look."""

import io
import struct
import zipfile
import zlib

from PIL import Image, ImageDraw

from tests.lib.test_images import heic_header, make_picture, png_header

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_of(width: int, height: int, lines: bytes, *, before: bytes = b"") -> bytes:
    """An 8-bit grey PNG with these compressed lines."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return PNG_MAGIC + png_chunk(b"IHDR", header) + before + png_chunk(b"IDAT", lines) + png_chunk(b"IEND", b"")


def png_that_never_ends() -> bytes:
    """100 by 100 pixels, and compressed lines of 400 MB behind them."""
    squeeze = zlib.compressobj(9)
    lines = b"".join(squeeze.compress(bytes(1_000_000)) for _ in range(400)) + squeeze.flush()
    return png_of(100, 100, lines)


def png_with_a_bomb_as_profile() -> bytes:
    """Its colour profile unpacks to 400 MB."""
    squeeze = zlib.compressobj(9)
    profile = b"".join(squeeze.compress(bytes(1_000_000)) for _ in range(400)) + squeeze.flush()
    return png_of(1, 1, zlib.compress(b"\0\0"), before=png_chunk(b"iCCP", b"x\0\0" + profile))


def jpeg_that_claims(width: int, height: int) -> bytes:
    """A small JPEG whose frame header says otherwise."""
    whole = bytearray(make_picture("JPEG", (64, 48)))
    frame = whole.index(b"\xff\xc0")
    whole[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(whole)


def webp_that_claims(width: int, height: int) -> bytes:
    """A small lossy WebP whose frame header (RFC 6386, section 9.1) says otherwise."""
    whole = bytearray(make_picture("WEBP", (64, 48)))
    start = whole.index(b"\x9d\x01\x2a")
    whole[start + 3 : start + 7] = struct.pack("<HH", width, height)
    return bytes(whole)


def webp_with_a_canvas(width: int, height: int) -> bytes:
    """A small picture on a huge canvas (WebP container, section Extended File Format)."""
    frame = make_picture("WEBP", (64, 48))[12:]
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    moved = struct.pack("<I", 0)[:3] * 2 + struct.pack("<I", 63)[:3] + struct.pack("<I", 47)[:3] + bytes(4)
    parts = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + size
    parts += b"ANIM" + struct.pack("<I", 6) + bytes(6)
    parts += b"ANMF" + struct.pack("<I", len(moved) + len(frame)) + moved + frame
    return b"RIFF" + struct.pack("<I", len(parts) + 4) + b"WEBP" + parts


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("Main.class", b"\xca\xfe\xba\xbe")
    return out.getvalue()


def gifar() -> bytes:
    """A GIF that is a Java archive too."""
    out = io.BytesIO()
    Image.new("P", (10, 10)).save(out, "GIF")
    return out.getvalue() + archive()


def noisy(kind: str, size: tuple[int, int] = (400, 300)) -> bytes:
    """A picture with something on every line, so that no part of its file can be missed."""
    picture = Image.effect_noise(size, 80).convert("RGB")
    ImageDraw.Draw(picture).ellipse((50, 50, 200, 200), fill=(10, 200, 40))
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


JPEG = make_picture("JPEG")
DAMAGED, PIXELS, FORMATS, BOTH = "damaged", "over 40 megapixels", "Choose a JPEG", "something else at once"

# name -> (file, what the sentence holds)
HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "The file is empty"),
    "png-claims-3600-megapixels": (png_header(60_000, 60_000), PIXELS),
    "png-claims-40-megapixels": (png_header(8000, 5000), DAMAGED),
    "jpeg-claims-4200-megapixels": (jpeg_that_claims(65_000, 65_000), PIXELS),
    "webp-claims-268-megapixels": (webp_that_claims(16_383, 16_383), DAMAGED),
    "webp-canvas-268-megapixels": (webp_with_a_canvas(16_384, 16_384), "."),
    "png-profile-bomb": (png_with_a_bomb_as_profile(), DAMAGED),
    "heic-claims-40-megapixels": (heic_header(8000, 5001), PIXELS),
    "heic-garbage": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(range(256)) * 40, DAMAGED),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "SVG"),
    "svg-behind-a-prolog": (b'<?xml version="1.0"?>\n<!-- x -->\n<SVG/>', "SVG"),
    "html": (b"<!doctype html><title>x</title>", FORMATS),
    "html-behind-jpeg-magic": (b"\xff\xd8\xff\xe0<html><body>x</body></html>", BOTH),
    "html-in-a-jpeg-comment": (make_picture("JPEG", comment=b"<script>alert(1)</script>"), BOTH),
    "php-behind-a-jpeg": (JPEG + b"<?php system($_GET[0]);", BOTH),
    "gifar": (gifar(), FORMATS),
    "jpeg-and-archive": (JPEG + archive(), BOTH),
    "png-and-archive": (make_picture("PNG") + archive(), BOTH),
    "pdf-in-a-jpeg-comment": (make_picture("JPEG", comment=b"%PDF-1.7\n"), BOTH),
    "program": (b"\x7fELF" + bytes(500), FORMATS),
    "cut-jpeg": (noisy("JPEG")[:-3000], DAMAGED),
    "cut-png": (noisy("PNG")[:-3000], DAMAGED),
    "cut-webp": (noisy("WEBP")[:-3000], DAMAGED),
}
