"""Flat pictures of places, 640 by 480 pixels."""

from collections.abc import Callable

from portal.demo.canvas import Canvas, darker, lighter
from portal.demo.drawn_vehicles import DARK, GLASS, METAL, scene

Drawing = Callable[[Canvas, str], None]
FLOOR = 372


def draw_place(place: str, paint: str, sky: str) -> bytes:
    """The place (a key of PLACES) in that paint, as PNG."""
    canvas = scene(sky, "#9dbb94", "#b9b3a3")
    PLACES[place](canvas, paint)
    return canvas.png()


def _tree(canvas: Canvas, x: float, size: float = 1) -> None:
    canvas.box(x - 7 * size, FLOOR - 60 * size, 14 * size, 64 * size, "#7a5b3c", 4)
    canvas.disc(x, FLOOR - 96 * size, 44 * size, "#5f8f5a")
    canvas.disc(x - 20 * size, FLOOR - 70 * size, 30 * size, "#6b9c64")
    canvas.disc(x + 22 * size, FLOOR - 72 * size, 30 * size, "#57864f")


def _office(canvas: Canvas, paint: str) -> None:
    _tree(canvas, 86)
    canvas.box(150, 152, 350, 226, paint, 6)
    canvas.box(138, 138, 374, 26, darker(paint, 0.35), 6)
    for top in (186, 250):
        for left in (176, 240, 304, 368, 432):
            canvas.box(left, top, 44, 42, GLASS, 4)
            canvas.box(left, top, 44, 12, lighter(GLASS, 0.5), 4)
    canvas.box(290, 306, 74, 72, darker(paint, 0.45), 4)
    canvas.box(298, 314, 26, 64, GLASS, 2)
    canvas.box(330, 314, 26, 64, GLASS, 2)
    canvas.box(276, 294, 102, 14, "#f2801e", 5)
    _tree(canvas, 560, 0.8)


def _shop(canvas: Canvas, paint: str) -> None:
    canvas.shape([(84, 210), (320, 130), (556, 210)], darker(paint, 0.4))
    canvas.box(96, 206, 448, 172, paint)
    canvas.box(250, 168, 140, 30, "#f2801e", 8)
    for left in (120, 264, 408):
        canvas.box(left, 244, 112, 134, "#eef1f4", 4)
        for top in range(256, 372, 20):
            canvas.box(left + 6, top, 100, 4, METAL)
    canvas.box(264, 330, 112, 48, "#3a4048", 2)
    canvas.box(288, 346, 64, 32, "#f2801e", 6)


def _yard(canvas: Canvas, paint: str) -> None:
    canvas.box(70, 230, 190, 148, paint, 4)
    canvas.shape([(56, 232), (165, 182), (274, 232)], darker(paint, 0.4))
    canvas.box(96, 266, 60, 46, GLASS, 4)
    canvas.box(184, 286, 50, 92, darker(paint, 0.45), 4)
    for left, colour in ((316, "#c4523c"), (316, "#3f7cac"), (452, "#d9a441")):
        canvas.box(left, 300 if colour != "#3f7cac" else 226, 126, 72, colour, 3)
        for x in range(12, 116, 16):
            canvas.box(left + x, 308 if colour != "#3f7cac" else 234, 5, 56, darker(colour))
    for x in range(16, 640, 48):
        canvas.box(x, 330, 7, 84, "#6d7681", 3)
    for top in (340, 366, 392):
        canvas.box(0, top, 640, 5, "#8a939e")


def _plant(canvas: Canvas, paint: str) -> None:
    for left in (330, 412, 494):
        canvas.box(left, 130, 70, 180, "#e8ebee", 20)
        canvas.box(left + 10, 150, 10, 140, "#ffffff", 5)
        canvas.shape([(left + 4, 308), (left + 66, 308), (left + 44, 346), (left + 26, 346)], METAL)
        canvas.box(left + 6, 330, 8, 46, DARK)
        canvas.box(left + 56, 330, 8, 46, DARK)
    canvas.line([(90, 366), (340, 160)], paint, 24)
    canvas.line([(96, 352), (340, 152)], darker(paint), 5)
    canvas.box(206, 250, 12, 124, DARK)
    canvas.shape([(30, 378), (108, 296), (186, 378)], "#8a7a67")
    canvas.box(240, 286, 84, 92, lighter(paint, 0.2), 4)
    canvas.box(252, 300, 34, 30, GLASS, 3)


def _pit(canvas: Canvas, paint: str) -> None:
    canvas.shape([(0, 378), (0, 240), (90, 226), (150, 290), (240, 300), (300, 378)], darker(paint, 0.15))
    canvas.shape([(640, 378), (640, 210), (560, 220), (500, 290), (430, 306), (380, 378)], darker(paint, 0.25))
    canvas.shape([(150, 380), (290, 236), (430, 380)], paint)
    canvas.shape([(290, 236), (430, 380), (330, 380)], darker(paint, 0.12))
    canvas.shape([(380, 392), (470, 300), (566, 392)], lighter(paint, 0.25))
    canvas.line([(60, 372), (268, 222)], "#f5c518", 16)
    canvas.box(150, 300, 10, 78, DARK)


def _dome(canvas: Canvas, paint: str) -> None:
    canvas.segment((110, 120, 420, 440), 180, 360, "#a77b4d")
    for half in (70, 140):
        canvas.arc((320 - half, 120, 2 * half, 440), 180, 360, darker("#a77b4d", 0.15), 5)
    canvas.box(110, 330, 420, 52, "#b9bec5")
    canvas.box(252, 250, 136, 132, DARK, 10)
    canvas.segment((258, 300, 124, 160), 180, 360, "#f4f7fa")
    canvas.disc(320, 118, 16, paint)


def _site(canvas: Canvas, paint: str) -> None:
    canvas.shape([(240, 366), (400, 366), (620, 480), (20, 480)], "#5d636c")
    for lane, breadth in ((384, 8), (412, 12), (448, 18)):
        canvas.box(320 - breadth / 2, lane, breadth, 18, "#f5e9b8", 2)
    canvas.box(250, 226, 140, 96, paint, 8)
    canvas.shape([(250, 150), (320, 84), (390, 150), (320, 216)], "#f5931e")
    canvas.shape([(262, 150), (320, 96), (378, 150), (320, 204)], "#ffb347")
    canvas.box(312, 124, 16, 40, DARK, 6)
    canvas.disc(320, 180, 9, DARK)
    canvas.box(264, 240, 112, 10, "#ffffff", 4)
    canvas.box(264, 262, 84, 10, "#ffffff", 4)
    canvas.box(264, 284, 98, 10, "#ffffff", 4)
    for x in (262, 370):
        canvas.box(x, 320, 10, 60, DARK, 3)
    for x, size in ((90, 1.1), (180, 0.9), (470, 0.9), (560, 1.1)):
        top = 400 - 104 * size
        canvas.shape([(x - 9 * size, top), (x + 9 * size, top), (x + 34 * size, 400), (x - 34 * size, 400)], "#f26a1b")
        canvas.box(x - 21 * size, 400 - 56 * size, 42 * size, 20 * size, "#ffffff", 2)
        canvas.box(x - 46 * size, 396, 92 * size, 14, "#d65a12", 5)


def _bridge(canvas: Canvas, paint: str) -> None:
    canvas.box(0, 366, 640, 114, "#6fa8c9")
    for left, top in ((60, 410), (260, 440), (430, 404)):
        canvas.box(left, top, 120, 7, "#a5cde2", 3)
    for x in (150, 460):
        canvas.box(x, 236, 40, 180, "#b4b9bf", 3)
        canvas.box(x - 10, 232, 60, 20, "#9ba1a8", 3)
    canvas.box(0, 200, 640, 36, paint, 2)
    canvas.box(0, 190, 640, 14, "#d7dbe0")
    for x in range(10, 640, 42):
        canvas.box(x, 156, 6, 36, "#8a9098")
    canvas.box(0, 154, 640, 6, "#8a9098")
    canvas.box(250, 236, 150, 70, "#f5c518", 4)
    canvas.line([(256, 306), (394, 236)], DARK, 4)
    canvas.line([(256, 236), (394, 306)], DARK, 4)


def _room(canvas: Canvas, paint: str) -> None:
    canvas.box(0, 0, 640, 480, lighter(paint, 0.62))
    canvas.box(0, 392, 640, 90, lighter(paint, 0.3))
    canvas.box(0, 380, 640, 14, darker(paint, 0.1))
    canvas.box(224, 96, 192, 288, darker(paint, 0.3), 4)
    canvas.box(236, 108, 168, 276, paint, 3)
    canvas.box(262, 136, 116, 90, GLASS, 4)
    canvas.shape([(300, 136), (330, 136), (300, 226), (270, 226)], lighter(GLASS, 0.6))
    canvas.disc(384, 262, 10, "#e5c25a")
    canvas.box(446, 172, 96, 66, "#ffffff", 6)
    for row in range(3):
        for column in range(3):
            if (row + column) % 2 == 0:
                canvas.box(472 + column * 15, 184 + row * 15, 12, 12, DARK)
    canvas.box(86, 220, 90, 12, "#8a6a45", 3)
    canvas.box(98, 168, 26, 52, "#f2801e", 4)
    canvas.box(134, 182, 30, 38, "#3f7cac", 4)


def _parking(canvas: Canvas, paint: str) -> None:
    canvas.box(0, 340, 640, 140, "#646b75")
    for x in range(40, 640, 140):
        canvas.shape([(x + 20, 350), (x + 28, 350), (x - 6, 460), (x - 20, 460)], "#f4f5f6")
    for x, colour in ((70, paint), (350, "#3f7cac")):
        canvas.box(x, 324, 150, 46, colour, 16)
        canvas.shape([(x + 28, 328), (x + 50, 292), (x + 106, 292), (x + 130, 328)], colour)
        canvas.shape([(x + 40, 324), (x + 56, 300), (x + 100, 300), (x + 116, 324)], GLASS)
        for at in (36, 114):
            canvas.disc(x + at, 370, 19, DARK)
            canvas.disc(x + at, 370, 9, METAL)
    canvas.box(546, 150, 12, 210, METAL, 4)
    canvas.box(508, 120, 88, 88, "#2f6fb3", 14)
    canvas.box(538, 138, 14, 54, "#ffffff", 3)
    canvas.ring(560, 154, 17, "#ffffff", 11)


PLACES: dict[str, Drawing] = {
    "office": _office,
    "shop": _shop,
    "yard": _yard,
    "plant": _plant,
    "pit": _pit,
    "dome": _dome,
    "site": _site,
    "bridge": _bridge,
    "room": _room,
    "parking": _parking,
}
