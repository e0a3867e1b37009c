"""QR codes of pictures from outside are read by the child with limits, as photos are decoded."""

import io
import threading

import pytest
from PIL import Image

from portal.lib import images
from portal.lib.images import ImageRefused, read_codes, reencode
from portal.stickers.drawing import png
from portal.stickers.symbols import variable_symbol
from tests.lib.hostile import HOSTILE, png_that_never_ends
from tests.lib.test_images import make_picture

LINK = "https://qr.example.com/app#v=1&k=join&t=" + "aB3-_" * 8 + "xyz&n=N%C3%B6rdhof"


def drawn(text: str, side: int = 420) -> Image.Image:
    return Image.open(io.BytesIO(png(variable_symbol(text, "M"), side))).convert("RGB")


def written(picture: Image.Image, kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_code_is_read_from_every_kind_of_picture(kind: str) -> None:
    assert read_codes(written(drawn(LINK), kind)) == [LINK]


@pytest.mark.parametrize("turn", [0, 7, 90, 180, 263])
def test_a_code_held_at_an_angle_among_other_things_is_read(turn: int) -> None:
    frame = Image.new("RGB", (1280, 960), "grey")
    frame.paste(drawn(LINK).rotate(turn, expand=True, fillcolor="white"), (300, 150))
    assert read_codes(written(frame)) == [LINK]


def test_a_code_of_light_on_dark_is_read() -> None:
    assert read_codes(written(drawn(LINK).point(lambda value: 255 - value))) == [LINK]


def test_several_codes_are_all_read_up_to_eight() -> None:
    texts = [f"https://qr.example.com/{number}" for number in range(10)]
    frame = Image.new("RGB", (1500, 600), "white")
    for number, text in enumerate(texts[:2]):
        frame.paste(drawn(text, 250), (number * 300, 0))
    assert sorted(read_codes(written(frame, "PNG"))) == texts[:2]
    for number, text in enumerate(texts):
        frame.paste(drawn(text, 250), (number % 5 * 300, number // 5 * 300))
    assert len(read_codes(written(frame, "PNG"))) == 8


@pytest.mark.parametrize("text", ["ÄÖÜ Straße 日本", "line\nbreak", "<script>alert(1)</script>", "x" * 1500])
def test_the_text_comes_as_it_was_written(text: str) -> None:
    assert read_codes(written(drawn(text, 800), "PNG")) == [text]


def test_a_picture_without_a_code_has_no_texts() -> None:
    assert read_codes(make_picture()) == []


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_files_are_refused_with_a_sentence(name: str) -> None:
    data, says = HOSTILE[name]
    with pytest.raises(ImageRefused) as refused:
        read_codes(data)
    assert says in refused.value.sentence


def test_a_damaged_picture_is_a_refusal() -> None:
    whole = written(drawn(LINK))
    with pytest.raises(ImageRefused, match="damaged"):
        read_codes(whole[: len(whole) // 2])


def test_lines_that_never_end_are_not_unpacked() -> None:
    assert read_codes(png_that_never_ends()) == []


def test_a_reader_that_dies_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    program = "import os, resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); os.abort()"
    monkeypatch.setattr(images, "_COMMAND", (images.sys.executable, "-I", "-c", program))
    with pytest.raises(ImageRefused, match="damaged"):
        read_codes(make_picture())


def test_frames_without_end_keep_no_photo_waiting() -> None:
    """With every place for frames taken, the next frame is refused at once and a photo is decoded all the same."""
    with images._TO_READ.one_at_a_time:
        threads = [threading.Thread(target=lambda: results.append(read_codes(picture))) for _ in range(2)]
        results: list[list[str]] = []
        picture = make_picture()
        for thread in threads:
            thread.start()
        while images._TO_READ.room._value:  # both wait for the one that is being read
            threading.Event().wait(0.005)
        with pytest.raises(ImageRefused, match="Many pictures"):
            read_codes(picture)
        assert reencode(picture).width == 640
    for thread in threads:
        thread.join(30)
    assert results == [[], []]
