"""Hostile pictures meet a child process with limits: a sentence, never a fault, never the machine's memory."""

import io
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from PIL import Image

from portal.lib import decoding, images
from portal.lib.images import ImageRefused, reencode, reencode_logo
from tests.lib.hostile import HOSTILE, archive, noisy, png_that_never_ends
from tests.lib.test_images import make_picture, near, opened


@pytest.mark.parametrize("name", sorted(HOSTILE))
@pytest.mark.parametrize("take", [reencode, reencode_logo])
def test_hostile_files_are_refused_with_a_sentence(take, name: str) -> None:
    data, says = HOSTILE[name]
    with pytest.raises(ImageRefused) as refused:
        take(data)
    assert says in refused.value.sentence
    assert refused.value.sentence.endswith(".")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_tenth_of_a_picture_is_damaged_and_the_whole_is_not(kind: str) -> None:
    whole = noisy(kind)
    for tenth in range(1, 10):
        with pytest.raises(ImageRefused, match="damaged"):
            decoding.photo(whole[: len(whole) * tenth // 10])
    assert reencode(whole).width == 400


def test_lines_that_never_end_are_not_unpacked() -> None:
    """The decoder stops when the picture is full, whatever stands behind it."""
    assert opened(reencode(png_that_never_ends()).full).size == (100, 100)


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_of_a_long_animation_only_the_first_picture_costs_anything(kind: str) -> None:
    frames = [Image.new("RGB", (400, 400), (number, 0, 0)) for number in range(200)]
    out = io.BytesIO()
    frames[100].save(out, kind, save_all=True, append_images=frames, duration=1)
    full = opened(reencode(out.getvalue()).full)
    assert getattr(full, "n_frames", 1) == 1
    assert near(full.getpixel((200, 200)), (100, 0, 0))


def test_what_phones_put_behind_a_photo_is_no_archive() -> None:
    """Motion photos carry a film behind the picture; the archive's mark alone does not make an archive."""
    film = b"\0\0\0\x18ftypmp42" + bytes(2000)
    assert reencode(make_picture() + film).width == 640
    assert reencode(make_picture() + archive()[:-1]).width == 640


def test_the_child_has_too_little_memory_for_a_bomb_and_enough_for_the_largest_picture() -> None:
    """A WebP of 40 megapixels needs 640 MB in its decoder; a PNG of that size needs 160."""
    with pytest.raises(ImageRefused, match="too much memory"):
        reencode(make_picture("WEBP", (8000, 5000), quality=1, method=0))
    assert reencode(make_picture("PNG", (8000, 5000), mode="RGBA")).width == 1600


def run_in_limits(program: str) -> subprocess.CompletedProcess[bytes]:
    """Python code after the child's limits were set."""
    folder = str(Path(decoding.__file__).parents[2])
    start = f"import sys; sys.path.append({folder!r}); from portal.lib import decoding; decoding.limit_this_process(); "
    return subprocess.run([sys.executable, "-I", "-c", start + program], capture_output=True, timeout=60, check=False)


def test_the_limits_hold(tmp_path) -> None:
    assert b"MemoryError" in run_in_limits("bytearray(600_000_000)").stderr
    assert run_in_limits("bytearray(300_000_000)").returncode == 0
    target = tmp_path / "left-behind"
    assert b"File too large" in run_in_limits(f"open({str(target)!r}, 'wb', buffering=0).write(b'x')").stderr
    assert not target.stat().st_size


def stand_in(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Another program in the decoder's place."""
    monkeypatch.setattr(images, "_COMMAND", (sys.executable, "-I", "-c", program))


def test_a_decoder_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MOST_SECONDS", 0.5)
    stand_in(monkeypatch, "import signal; signal.pause()")
    before = time.monotonic()
    with pytest.raises(ImageRefused, match="takes too long"):
        reencode(make_picture())
    assert time.monotonic() - before < 5


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "takes too long"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "takes too long"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "damaged"),
        ("import os; os.abort()", "damaged"),
    ],
)
def test_a_decoder_that_dies_is_a_refusal(monkeypatch: pytest.MonkeyPatch, program: str, says: str) -> None:
    stand_in(monkeypatch, f"import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); {program}")
    with pytest.raises(ImageRefused, match=says):
        reencode(make_picture())


def test_a_fault_of_our_own_is_not_blamed_on_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, "raise SystemError('no decoder here')")
    with pytest.raises(RuntimeError, match="no decoder here"):
        reencode(make_picture())


def test_the_child_gets_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_DATABASE_URL", "postgresql://portal:secret@db/portal")
    stand_in(monkeypatch, "import os; raise SystemError(sorted(os.environ), os.getcwd())")
    with pytest.raises(RuntimeError) as fault:
        reencode(make_picture())
    assert "MALLOC_ARENA_MAX" in str(fault.value) and "PORTAL" not in str(fault.value)
    assert str(Path.cwd()) not in str(fault.value)


def test_the_child_loads_nothing_of_the_portal() -> None:
    program = (
        f"import runpy, sys; runpy.run_path({decoding.__file__!r}, run_name='decoder');"
        "print([name for name in sys.modules if name.split('.')[0] in ('portal', 'flask', 'sqlalchemy')])"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


def test_slow_pictures_never_occupy_every_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four may wait for the one decoder; the fifth is told at once."""
    monkeypatch.setattr(images, "MOST_SECONDS", 1)
    stand_in(monkeypatch, "import signal; signal.pause()")
    told: list[str] = []

    def send() -> None:
        with pytest.raises(ImageRefused) as refused:
            reencode(make_picture())
        told.append(refused.value.sentence)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ["Many pictures" in sentence for sentence in told] == [True] * 2 + [False] * 4
