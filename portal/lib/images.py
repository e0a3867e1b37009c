"""Pictures from outside: checked, decoded once, and written anew as WebP (photos) or PNG (logos).

What is stored shares no byte with what was sent, so no script, position or camera serial number comes along.
"""

import hashlib
import io
import os
import re
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image, ImageCms, ImageOps

MOST_BYTES = 10_000_000
# Read from the header before anything is decoded: 40 megapixels are 160 MB of memory at four bytes each.
MOST_PIXELS = 40_000_000
_LOGO_SIDE = 600
_CARD_SIDE = 480
_WEBP = {"quality": 80, "method": 4}

# ISO base media brands of still HEIC images (ISO/IEC 23008-12, annex B) at byte 8.
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")
_KEY = re.compile("[0-9a-f]{64}")
_FORMATS = "Choose a JPEG, PNG, WebP or HEIC picture."

# One picture at a time in a process: the memory above is needed once and not once per thread, and the warning filters
# that decoding sets are process-wide.
_one_at_a_time = threading.Lock()


class ImageRefused(ValueError):
    """Bytes that are not an acceptable picture; `sentence` says what to do about it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Photo:
    """A re-encoded photo: two WebP files, the pixel size of the full one, and its SHA-256 as the key of both."""

    key: str
    full: bytes
    thumb: bytes
    width: int
    height: int


def reencode(data: bytes, *, max_side: int = 1600, thumb_side: int = 320) -> Photo:
    """The photo at most `max_side` pixels wide and high, upright, in sRGB, on white, and its thumbnail.

    Of an animation the first picture is taken. Raises ImageRefused.
    """
    with _decoding():
        picture = _flat(_open_small(data, max_side))
        full = _written(picture, "WEBP")
        width, height = picture.size
        picture.thumbnail((thumb_side, thumb_side), Image.Resampling.LANCZOS)
        thumb = _written(picture, "WEBP")
    return Photo(hashlib.sha256(full).hexdigest(), full, thumb, width, height)


def reencode_logo(data: bytes) -> bytes:
    """The logo as PNG with its transparency, upright, in sRGB, at most 600 pixels a side. Raises ImageRefused."""
    with _decoding():
        picture = _open_small(data, _LOGO_SIDE)
        if not picture.has_transparency_data:
            return _written(_flat(picture), "PNG")
        alpha = picture.convert("RGBA").getchannel("A")
        colours = _in_srgb(picture.convert("RGB"), picture.info.get("icc_profile"))
        colours.putalpha(alpha)
        return _written(colours, "PNG")


def card_jpeg(stored: bytes) -> bytes:
    """A stored photo as a JPEG of at most 480 pixels, for contact cards: few address books read WebP."""
    with _decoding():
        picture = _flat(_open_small(stored, _CARD_SIDE))
        return _written(picture, "JPEG")


class PhotoStore:
    """Photos in a folder, each under its key: `ab/ab12…ef.webp` and `ab/ab12…ef-thumb.webp`.

    The key is the content, so one file may serve several owners: who deletes must know that nobody else uses it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, photo: Photo) -> str:
        """Writes both files, each whole or not at all, the thumbnail first; returns the key."""
        # In this order a photo that is there always has its thumbnail.
        self._write(self._place(photo.key, "thumb"), photo.thumb)
        self._write(self._place(photo.key, "full"), photo.full)
        return photo.key

    def path(self, key: str, size: Literal["full", "thumb"]) -> Path | None:
        """Where the file is, or None when there is none or the key is no key."""
        if not _KEY.fullmatch(key):
            return None
        place = self._place(key, size)
        return place if place.is_file() else None

    def save_logo(self, png: bytes) -> str:
        """Writes a logo as `reencode_logo` made it, `ab/ab12…ef.png`; returns its key, the SHA-256 of the file."""
        key = hashlib.sha256(png).hexdigest()
        self._write(self._logo_place(key), png)
        return key

    def logo_path(self, key: str) -> Path | None:
        """Where the logo is, or None when there is none or the key is no key."""
        if not _KEY.fullmatch(key):
            return None
        place = self._logo_place(key)
        return place if place.is_file() else None

    def delete(self, key: str) -> None:
        """Removes both files; a photo that is not there is removed already."""
        if _KEY.fullmatch(key):
            self._place(key, "full").unlink(missing_ok=True)
            self._place(key, "thumb").unlink(missing_ok=True)

    def _place(self, key: str, size: Literal["full", "thumb"]) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError("A photo's key is 64 hexadecimal digits.")
        return self._folder / key[:2] / (f"{key}.webp" if size == "full" else f"{key}-thumb.webp")

    def _logo_place(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.png"

    @staticmethod
    def _write(place: Path, content: bytes) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".new-", dir=place.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                # A web server of another user may hand the files out.
                os.fchmod(file.fileno(), 0o644)
                os.fsync(file.fileno())
            Path(name).replace(place)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


@contextmanager
def _decoding() -> Iterator[None]:
    """Turns every way in which a decoder fails into one refusal, and keeps its warnings out of the log."""
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Pillow only warns between 89 and 179 megapixels; both are far beyond the limit here.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            yield
        except ImageRefused:
            raise
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise _too_many_pixels() from None
        except Exception:  # Decoders promise no type of exception for damaged bytes.
            raise ImageRefused("The picture is damaged or incomplete. Save or send it again.") from None


def _open_small(data: bytes, side: int) -> Image.Image:
    """The picture, shrunk while decoding where the format can, upright, its colour profile still in `info`."""
    if not data:
        raise ImageRefused(f"The file is empty. {_FORMATS}")
    if len(data) > MOST_BYTES:
        raise ImageRefused(f"The picture is over {MOST_BYTES // 1_000_000} MB. Send a smaller copy of it.")
    kind = _kind(data)
    picture = _open_heic(data) if kind == "HEIC" else Image.open(io.BytesIO(data), formats=[kind])
    _check_pixels(picture.size)
    if picture.mode in ("P", "1", "I", "I;16", "F"):
        # Shrinking needs colours to mix, not palette numbers or single bits.
        picture = _plain_mode(picture)
    picture.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return ImageOps.exif_transpose(picture)


def _kind(data: bytes) -> Literal["JPEG", "PNG", "WEBP", "HEIC"]:
    """The format by its first bytes; the decoder of that format alone is then asked."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return "HEIC"
    if b"<svg" in data[:1024].lower():
        raise ImageRefused(f"SVG drawings are not accepted, since they can carry programs. {_FORMATS}")
    raise ImageRefused(f"This is not a picture that can be read here. {_FORMATS}")


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
        raise _too_many_pixels()


def _too_many_pixels() -> ImageRefused:
    return ImageRefused(f"The picture has over {MOST_PIXELS // 1_000_000} megapixels. Send a smaller copy of it.")


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
