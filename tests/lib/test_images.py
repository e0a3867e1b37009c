"""Photos and logos: what comes in, what goes out, what is refused before it costs memory."""

import hashlib
import io
import os
import struct
import sys
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from portal.lib import decoding, images
from portal.lib.images import ImageRefused, PhotoStore, card_jpeg, reencode, reencode_logo


def make_picture(kind: str = "JPEG", size: tuple[int, int] = (640, 480), mode: str = "RGB", **options: object) -> bytes:
    """Left half red, right half blue."""
    picture = Image.new("RGB", size, (200, 30, 30))
    ImageDraw.Draw(picture).rectangle((size[0] // 2, 0, *size), fill=(30, 30, 200))
    out = io.BytesIO()
    picture.convert(mode).save(out, kind, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def near(colour: tuple[int, ...], wanted: tuple[int, ...], by: int = 12) -> bool:
    return all(abs(one - other) <= by for one, other in zip(colour, wanted, strict=True))


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def heic_header(width: int, height: int) -> bytes:
    """A HEIC container (ISO/IEC 23008-12) that claims a size; its one picture has no content."""

    def box(kind: bytes, *parts: bytes) -> bytes:
        content = b"".join(parts)
        return struct.pack(">I", len(content) + 8) + kind + content

    def versioned(kind: bytes, version: int, *parts: bytes) -> bytes:
        return box(kind, struct.pack(">I", version << 24), *parts)

    coding = box(b"hvcC", b"\1\3\x70" + bytes(9) + b"\x1e\xf0\0\xfc\xfd\xf8\xf8\0\0\x0f\0")
    entry = versioned(b"infe", 2, struct.pack(">HH", 1, 0), b"hvc1", b"\0")
    size = versioned(b"ispe", 0, struct.pack(">II", width, height))
    uses = versioned(b"ipma", 0, struct.pack(">IHBBB", 1, 1, 2, 0x81, 0x02))
    meta = versioned(
        b"meta",
        0,
        versioned(b"hdlr", 0, bytes(4), b"pict", bytes(13)),
        versioned(b"pitm", 0, struct.pack(">H", 1)),
        versioned(b"iinf", 0, struct.pack(">H", 1), entry),
        versioned(b"iloc", 0, b"\x44\0", struct.pack(">HHHHII", 1, 1, 0, 1, 0, 8)),
        box(b"iprp", box(b"ipco", coding, size), uses),
    )
    return box(b"ftyp", b"heic", bytes(4), b"mif1", b"heic") + meta


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_becomes_two_webps(kind: str) -> None:
    photo = reencode(make_picture(kind, (3200, 2400)))
    full, thumb = opened(photo.full), opened(photo.thumb)
    assert (full.format, thumb.format) == ("WEBP", "WEBP")
    assert full.size == (photo.width, photo.height) == (1600, 1200)
    assert thumb.size == (320, 240)
    assert photo.key == hashlib.sha256(photo.full).hexdigest()
    assert near(full.getpixel((100, 100)), (200, 30, 30))
    assert near(thumb.getpixel((300, 100)), (30, 30, 200))
    assert reencode(make_picture(kind, (3200, 2400))) == photo


def test_small_and_narrow_pictures_are_not_enlarged_nor_lost() -> None:
    assert (reencode(make_picture(size=(50, 40))).width, reencode(make_picture(size=(50, 40))).height) == (50, 40)
    line = reencode(make_picture("PNG", (5000, 1)))
    assert (line.width, line.height) == (1600, 1)


def test_orientation_is_applied_and_everything_else_is_dropped() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn 90 degrees clockwise
    exif[0x010F] = "MAKER-OF-CAMERA"
    exif.get_ifd(0x8825)[2] = (52.0, 13.0, 0.0)  # latitude
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    sent = make_picture(exif=exif, icc_profile=profile, comment=b"SECRET-COMMENT", xmp=b"<x:xmpmeta>SECRET</x:xmpmeta>")
    photo = reencode(sent)
    assert (photo.width, photo.height) == (480, 640)
    full = opened(photo.full)
    assert near(full.getpixel((240, 50)), (200, 30, 30))
    assert near(full.getpixel((240, 600)), (30, 30, 200))
    for written in (photo.full, photo.thumb, card_jpeg(sent), reencode_logo(sent)):
        assert not opened(written).getexif()
        assert not {"exif", "icc_profile", "xmp", "comment"} & set(opened(written).info)
        assert b"MAKER" not in written
        assert b"SECRET" not in written


def test_text_chunks_of_a_png_are_dropped() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "SECRET")
    texts.add_itxt("XML:com.adobe.xmp", "SECRET")
    sent = make_picture("PNG", pnginfo=texts)
    assert b"SECRET" in sent
    assert b"SECRET" not in reencode(sent).full + reencode_logo(sent)


def test_colours_of_another_profile_are_converted() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    assert opened(reencode(make_picture(icc_profile=lab)).full).mode == "RGB"
    assert reencode(make_picture(icc_profile=b"broken profile")) == reencode(make_picture())
    # A profile with the primaries of sRGB and a straight tone curve: 30 of 255 there is a light 95 in sRGB.
    srgb = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for index in range(struct.unpack_from(">I", srgb, 128)[0]):
        tag, offset, length = struct.unpack_from(">4sII", srgb, 132 + 12 * index)
        if tag in (b"rTRC", b"gTRC", b"bTRC"):
            srgb[offset : offset + length] = (b"curv" + bytes(8)).ljust(length, b"\0")
    full = opened(reencode(make_picture("PNG", icc_profile=bytes(srgb))).full)
    assert near(full.getpixel((100, 100)), (229, 95, 95), by=6)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_other_colour_modes_of_jpeg(mode: str) -> None:
    full = opened(reencode(make_picture("JPEG", mode=mode)).full)
    assert (full.mode, full.size) == ("RGB", (640, 480))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_other_colour_modes_of_png(mode: str) -> None:
    source = Image.new("L", (40, 40), 128)
    if mode == "I;16":
        source = source.convert("I").point(lambda value: value * 257 + 0).convert("I;16")
    else:
        source = source.convert(mode)
    out = io.BytesIO()
    source.save(out, "PNG")
    full = opened(reencode(out.getvalue()).full)
    grey = full.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert near(grey, (128, 128, 128))


def test_transparency_becomes_white_in_photos_and_stays_in_logos() -> None:
    logo = Image.new("RGBA", (1200, 300), (0, 0, 0, 0))
    ImageDraw.Draw(logo).rectangle((0, 0, 599, 299), fill=(10, 120, 60, 255))
    for source in (logo, logo.quantize(8)):
        out = io.BytesIO()
        source.save(out, "PNG")
        full = opened(reencode(out.getvalue()).full)
        assert full.mode == "RGB"
        assert near(full.getpixel((1000, 150)), (255, 255, 255))
        kept = opened(reencode_logo(out.getvalue()))
        assert (kept.format, kept.size, kept.mode) == ("PNG", (600, 150), "RGBA")
        assert kept.getpixel((500, 75))[3] == 0
        assert near(kept.getpixel((100, 75)), (10, 120, 60, 255))
    assert opened(reencode_logo(make_picture())).mode == "RGB"


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_of_an_animation_the_first_picture_is_taken(kind: str) -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (60, 60), colour) for colour in ("red", "blue")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100)
    full = opened(reencode(out.getvalue()).full)
    assert getattr(full, "n_frames", 1) == 1
    assert near(full.getpixel((30, 30)), (254, 0, 0))


def test_a_contact_card_gets_a_small_jpeg_of_a_stored_photo() -> None:
    card = opened(card_jpeg(reencode(make_picture(size=(1600, 1200))).full))
    assert (card.format, card.size) == ("JPEG", (480, 360))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty"),
        (b"\xff\xd8\xff" + bytes(10_000_000), "over 10 MB"),
        (b'<?xml version="1.0"?><SVG xmlns="http://www.w3.org/2000/svg"><script/></SVG>', "SVG"),
        (b"GIF89a" + bytes(100), "Choose a JPEG, PNG, WebP or HEIC"),
        (b"%PDF-1.7", "Choose a JPEG, PNG, WebP or HEIC"),
        (b"<html><body>x</body></html>", "Choose a JPEG, PNG, WebP or HEIC"),
        (bytes(4) + b"ftypavif" + bytes(100), "Choose a JPEG, PNG, WebP or HEIC"),
        (b"\xff\xd8\xff<script>alert(1)</script>", "something else at once"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "damaged"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "damaged"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(60), "damaged"),
        (png_header(100, 100), "damaged"),
        (heic_header(100, 100), "damaged"),
        (heic_header(8000, 5001), "over 40 megapixels"),
        (png_header(8000, 5001), "over 40 megapixels"),
        (png_header(12_000, 9_000), "over 40 megapixels"),
        (png_header(13_000, 13_000), "over 40 megapixels"),
        (png_header(60_000, 60_000), "over 40 megapixels"),
    ],
)
@pytest.mark.parametrize("take", [reencode, reencode_logo])
def test_refusals_say_what_to_do(take, data: bytes, says: str) -> None:
    with pytest.raises(ImageRefused) as refused:
        take(data)
    assert says in refused.value.sentence
    assert refused.value.sentence.endswith(".")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_truncated_pictures_are_refused(kind: str) -> None:
    whole = make_picture(kind, (900, 700))
    for tenth in range(1, 10):
        with pytest.raises(ImageRefused, match="damaged"):
            decoding.photo(whole[: len(whole) * tenth // 10])
    with pytest.raises(ImageRefused, match="damaged"):
        reencode(whole[: len(whole) // 2])


def test_the_size_is_read_before_anything_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture of just too many pixels is real and would decode; its decoder must never be started."""
    picture = make_picture("PNG", (8000, 5001))
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", lambda self: os._exit(1))
    with pytest.raises(ImageRefused, match="megapixels"):
        decoding.photo(picture)


def test_without_the_heic_reader_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(ImageRefused, match="Send the photo as JPEG"):
        decoding.photo(b"\0\0\0\x18ftypheic" + bytes(100))


SAMPLES = {kind: make_picture(kind, (64, 48)) for kind in ("JPEG", "PNG", "WEBP")}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_damaged_bytes_are_a_picture_or_refused(kind: str, data: st.DataObject) -> None:
    damaged = bytearray(SAMPLES[kind])
    for place, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(damaged) - 1), st.integers(0, 255)), max_size=8)
    ):
        damaged[place] = value
    try:
        written = decoding.photo(bytes(damaged))
    except ImageRefused as refused:
        assert refused.sentence.endswith(".")
    else:
        assert opened(written.files[0]).size == written.size


def test_the_store_keeps_finds_and_deletes(tmp_path) -> None:
    store = PhotoStore(tmp_path / "photos")
    photo = reencode(make_picture())
    assert store.path(photo.key, "full") is None
    assert store.save(photo) == photo.key == store.save(photo)
    full = store.path(photo.key, "full")
    thumb = store.path(photo.key, "thumb")
    assert full.read_bytes() == photo.full
    assert thumb.read_bytes() == photo.thumb
    assert full.parent == tmp_path / "photos" / photo.key[:2]
    assert {file.stat().st_mode & 0o777 for file in (full, thumb)} == {0o644}
    assert len(list(full.parent.iterdir())) == 2
    store.delete(photo.key)
    store.delete(photo.key)
    assert store.path(photo.key, "full") is None
    assert list(full.parent.iterdir()) == []


@pytest.mark.parametrize(
    "key", ["", "..", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n", "a" * 62 + "/.", "ａ" * 64]
)
def test_what_is_no_key_leads_nowhere(tmp_path, key: str) -> None:
    store = PhotoStore(tmp_path)
    assert store.path(key, "full") is None
    store.delete(key)
    with pytest.raises(ValueError, match="64 hexadecimal"):
        store.save(images.Photo(key, b"full", b"thumb", 1, 1))
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = PhotoStore(tmp_path)
    photo = reencode(make_picture())

    def full_disk(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        store.save(photo)
    assert store.path(photo.key, "thumb") is None
    assert [place for place in tmp_path.rglob("*") if place.is_file()] == []
