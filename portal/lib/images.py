"""Pictures from outside: checked, decoded once by a child process with limits, and written anew; and where they stand.
Others are only looked through for QR codes, by the same child, and not kept.

What is stored shares no byte with what was sent, so no script, position or camera serial number comes along.
"""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from portal.lib import decoding
from portal.lib.decoding import MOST_SECONDS, ImageRefused, Written
from portal.lib.words import marked

__all__ = [
    "ImageRefused",
    "Photo",
    "PhotoStore",
    "TooBusy",
    "card_jpeg",
    "read_codes",
    "reencode",
    "reencode_drawn",
    "reencode_logo",
]

_KEY = re.compile("[0-9a-f]{64}")


class _Queue:
    """One child at a time in a process: its memory is needed once and not once per thread. Who comes while so many
    wait is refused at once, so that slow pictures never occupy all eight threads of a web process."""

    def __init__(self, most_waiting: int) -> None:
        self.one_at_a_time = threading.Lock()
        self.room = threading.BoundedSemaphore(most_waiting)


_TO_KEEP = _Queue(4)
# Cameras send frames without end: they wait for each other, and nobody's photo waits for them.
_TO_READ = _Queue(2)
# Isolated: neither the working folder nor the environment decides what the child imports.
_COMMAND = (sys.executable, "-I", decoding.__file__)
# Nothing of our environment, which may hold passwords. One heap: each thread's own would count as 64 MB of memory.
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "1"}
_TOO_SLOW = marked("The picture takes too long to be read. Send a smaller copy of it.")
_DAMAGED = marked("The picture is damaged or incomplete. Save or send it again.")


class TooBusy(ImageRefused):
    """Nothing is wrong with the picture: too many others wait."""


@dataclass(frozen=True)
class Photo:
    """A re-encoded photo: two WebP files, the pixel size of the full one, and its SHA-256 as the key of both."""

    key: str
    full: bytes
    thumb: bytes
    width: int
    height: int


def reencode(data: bytes) -> Photo:
    """The photo at most 1600 pixels wide and high, upright, in sRGB, on white, and its thumbnail of 320.

    Of an animation the first picture is taken. Raises ImageRefused.
    """
    return _photo(_decode_apart("photo", data))


def reencode_drawn(data: bytes, *, max_side: int) -> Photo:
    """As `reencode`, for pictures that this program drew itself: in this process, which saves a child's start."""
    return _photo(decoding.photo(data, max_side))


def reencode_logo(data: bytes) -> bytes:
    """The logo as PNG with its transparency, upright, in sRGB, at most 600 pixels a side. Raises ImageRefused."""
    return _decode_apart("logo", data).files[0]


def card_jpeg(stored: bytes) -> bytes:
    """A stored photo as a JPEG of at most 480 pixels, for contact cards: few address books read WebP.

    Decoded in this process: we wrote what we read here.
    """
    return decoding.card(stored).files[0]


def read_codes(data: bytes) -> list[str]:
    """The texts of the QR codes in a picture, at most eight; none is an answer too. Raises ImageRefused."""
    decoding.check(data)
    texts: list[str] = _let_child("codes", data, _TO_READ)[0]["texts"]
    return texts


def _photo(written: Written) -> Photo:
    full, thumb = written.files
    return Photo(hashlib.sha256(full).hexdigest(), full, thumb, *written.size)


def _decode_apart(task: Literal["photo", "logo"], data: bytes) -> Written:
    decoding.check(data)
    head, rest = _let_child(task, data, _TO_KEEP)
    files: list[bytes] = []
    for length in head["lengths"]:
        files.append(rest[:length])
        rest = rest[length:]
    width, height = head["size"]
    return Written((width, height), tuple(files))


def _let_child(task: str, data: bytes, queue: _Queue) -> tuple[dict[str, Any], bytes]:
    """Lets a child do the task; the head of its answer and what follows it.

    Raises ImageRefused; a RuntimeError when the child has a fault of its own.
    """
    if not queue.room.acquire(blocking=False):
        raise TooBusy(marked("Many pictures are being read at the moment. Send it again in a minute."))
    try:
        with queue.one_at_a_time:
            child = subprocess.run(
                [*_COMMAND, task],
                input=data,
                capture_output=True,
                env=_ENVIRONMENT,
                cwd="/",
                timeout=MOST_SECONDS,
                check=False,
            )
    except subprocess.TimeoutExpired:
        raise ImageRefused(_TOO_SLOW) from None
    finally:
        queue.room.release()
    if child.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise ImageRefused(_TOO_SLOW)
    if child.returncode < 0:
        raise ImageRefused(_DAMAGED)  # the decoder itself died of it
    if child.returncode:
        raise RuntimeError(f"the decoding child failed: {child.stderr.decode(errors='replace')[-2000:]}")
    return _read_answer(child.stdout)


def _read_answer(answer: bytes) -> tuple[dict[str, Any], bytes]:
    line, _, rest = answer.partition(b"\n")
    head: dict[str, Any] = json.loads(line)
    if "refused" in head:
        sentence = head["refused"]  # the child's words, which decoding.py holds
        raise ImageRefused(sentence)
    return head, rest


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
