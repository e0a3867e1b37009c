"""What Chromium's fake camera shows: a still picture as a video, and the browser that films it."""

from pathlib import Path

import zxingcpp
from PIL import Image, ImageFilter
from playwright.sync_api import Browser

from tests.conftest import CHROMIUM_FLAGS

WIDTH, HEIGHT = 640, 480
WALL = 150  # grey
FAKE_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


def write_video(path: Path, picture: Image.Image) -> None:
    """One still frame as YUV4MPEG2, which Chromium's fake camera repeats; both colour planes are neutral."""
    colours = bytes([128]) * (WIDTH // 2 * (HEIGHT // 2) * 2)
    path.write_bytes(
        f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\nFRAME\n".encode() + picture.tobytes() + colours
    )


def with_camera(browser: Browser, path: Path, *more: str) -> Browser:
    """A browser of its own whose camera films the video at ``path``."""
    flags = [*CHROMIUM_FLAGS, *FAKE_CAMERA, f"--use-file-for-fake-video-capture={path}", *more]
    return browser.browser_type.launch(executable_path="/usr/bin/chromium", args=flags)


def filmed(paper: Image.Image, tilt: float = 9.0) -> Image.Image:
    """What a hand-held camera sees of a print or a screen: the code and what is around it, tilted, a little soft."""
    grey = paper.convert("L")
    [code] = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormat.QRCode)
    corners = [code.position.top_left, code.position.top_right, code.position.bottom_right, code.position.bottom_left]
    left, right = min(one.x for one in corners), max(one.x for one in corners)
    top, bottom = min(one.y for one in corners), max(one.y for one in corners)
    edge = (right - left) // 4
    near = grey.crop((max(0, left - edge), max(0, top - edge), right + edge, bottom + edge)).resize((400, 400))
    wall = Image.new("L", (WIDTH, HEIGHT), WALL)
    wall.paste(near, ((WIDTH - 400) // 2, (HEIGHT - 400) // 2))
    return wall.rotate(tilt, Image.Resampling.BICUBIC, fillcolor=WALL).filter(ImageFilter.GaussianBlur(0.8))
