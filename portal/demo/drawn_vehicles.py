"""Flat pictures of vehicles, 640 by 480 pixels, seen from the side, the nose to the right."""

from collections.abc import Callable

from portal.demo.canvas import Canvas, darker, lighter

WIDTH, HEIGHT = 640, 480
ROAD = 384  # where wheels stand
DARK, METAL, GLASS, LIGHT = "#262a31", "#c8ced6", "#b5d7ea", "#ffe08a"
Drawing = Callable[[Canvas, str], None]


def scene(sky: str, hills: str, ground: str) -> Canvas:
    """Sky, hills and ground, with the wheels' line at ROAD."""
    canvas = Canvas(WIDTH, HEIGHT, sky)
    canvas.disc(536, 92, 42, lighter(sky, 0.6))
    for left, top, width in ((70, 86, 132), (330, 60, 110)):
        canvas.box(left, top, width, 26, lighter(sky, 0.55), 13)
        canvas.box(left + 30, top - 16, width - 66, 32, lighter(sky, 0.55), 16)
    canvas.oval(-140, 264, 520, 300, lighter(hills, 0.25))
    canvas.oval(240, 280, 640, 320, hills)
    canvas.box(0, ROAD - 18, WIDTH, 200, ground)
    return canvas


def wheel(canvas: Canvas, x: float, radius: float = 36, hub: str = METAL) -> None:
    """A wheel that stands on the road."""
    y = ROAD - radius + 12
    canvas.disc(x, y, radius, DARK)
    canvas.disc(x, y, radius * 0.56, hub)
    canvas.disc(x, y, radius * 0.2, darker(hub, 0.4))


def draw_vehicle(body: str, paint: str, sky: str) -> bytes:
    """The vehicle of that body (a key of BODIES) in that paint, as PNG."""
    canvas = scene(sky, "#9dbb94", "#7c828b")
    for left in range(20, WIDTH, 130):
        canvas.box(left, 438, 76, 9, "#f2e9c8", 4)
    canvas.oval(70, ROAD - 4, 500, 30, "#646a73")
    BODIES[body](canvas, paint)
    return canvas.png()


def _stripe(canvas: Canvas, left: float, top: float, width: float, paint: str) -> None:
    canvas.box(left, top, width, 12, "#f2801e" if paint != "#f2801e" else "#ffffff")


def _cab(canvas: Canvas, paint: str, sleeper: bool = False) -> None:
    """The nose of a heavy truck, from x = 392 to 572, with chassis and beacon."""
    canvas.box(84, 328, 470, 22, DARK, 6)
    canvas.box(382, 150, 12, 190, METAL, 6)
    if sleeper:
        canvas.box(306, 168, 110, 168, paint, 18)
        canvas.box(330, 206, 40, 34, GLASS, 8)
    canvas.box(398, 184, 104, 156, paint, 16)
    canvas.box(470, 248, 92, 92, paint, 18)
    canvas.shape([(424, 204), (484, 204), (496, 258), (424, 258)], GLASS)
    canvas.shape([(440, 204), (456, 204), (440, 258), (426, 258)], lighter(GLASS, 0.6))
    canvas.box(416, 266, 4, 66, darker(paint))
    canvas.box(426, 276, 20, 6, darker(paint, 0.4), 3)
    canvas.box(544, 262, 18, 50, METAL, 5)
    canvas.disc(548, 326, 10, LIGHT)
    canvas.box(536, 332, 40, 20, METAL, 6)
    canvas.box(432, 170, 34, 16, "#ff9f1a", 7)
    _stripe(canvas, 398, 300, 146, paint)
    wheel(canvas, 508)


def _pickup(canvas: Canvas, paint: str) -> None:
    canvas.box(90, 268, 470, 84, paint, 20)
    canvas.shape([(262, 272), (290, 196), (404, 196), (452, 272)], paint)
    canvas.shape([(286, 264), (304, 212), (348, 212), (348, 264)], GLASS)
    canvas.shape([(360, 212), (396, 212), (432, 264), (360, 264)], GLASS)
    canvas.box(98, 262, 160, 12, darker(paint), 6)
    canvas.box(353, 270, 4, 74, darker(paint))
    canvas.box(372, 284, 24, 7, darker(paint, 0.4), 3)
    canvas.box(336, 180, 44, 16, "#ff9f1a", 7)
    canvas.box(536, 286, 24, 22, LIGHT, 6)
    canvas.box(88, 284, 14, 34, "#c8352c", 5)
    canvas.box(76, 334, 26, 16, METAL, 5)
    canvas.box(538, 332, 34, 18, METAL, 6)
    _stripe(canvas, 110, 318, 420, paint)
    for x in (184, 472):
        canvas.disc(x, 350, 48, darker(paint, 0.3))
        wheel(canvas, x, 40)


def _van(canvas: Canvas, paint: str) -> None:
    canvas.box(88, 160, 380, 190, paint, 22)
    canvas.shape([(420, 160), (470, 168), (530, 254), (568, 276), (568, 350), (420, 350)], paint)
    canvas.shape([(404, 182), (456, 182), (504, 252), (404, 252)], GLASS)
    canvas.shape([(424, 182), (442, 182), (424, 252), (408, 252)], lighter(GLASS, 0.6))
    canvas.box(394, 176, 4, 168, darker(paint))
    canvas.box(240, 176, 4, 168, darker(paint))
    canvas.box(250, 268, 26, 7, darker(paint, 0.4), 3)
    canvas.box(408, 268, 26, 7, darker(paint, 0.4), 3)
    canvas.box(120, 146, 200, 9, METAL, 4)
    canvas.box(546, 286, 22, 26, LIGHT, 6)
    canvas.box(82, 262, 12, 44, "#c8352c", 5)
    canvas.box(546, 330, 32, 18, METAL, 6)
    _stripe(canvas, 88, 308, 452, paint)
    for x in (184, 480):
        wheel(canvas, x, 40)


def _service(canvas: Canvas, paint: str) -> None:
    _pickup(canvas, paint)
    canvas.box(84, 214, 182, 102, lighter(paint, 0.5) if paint != "#f6f7f8" else "#e4e8ec", 8)
    for left in (94, 150, 206):
        canvas.box(left, 226, 50, 60, METAL, 6)
        canvas.box(left + 18, 250, 14, 7, DARK, 3)
    canvas.line([(92, 206), (262, 206)], "#e0a13a", 8)
    canvas.line([(92, 190), (262, 190)], "#e0a13a", 8)
    for x in range(104, 262, 26):
        canvas.line([(x, 190), (x, 206)], "#e0a13a", 5)
    wheel(canvas, 184, 40)


def _dump(canvas: Canvas, paint: str) -> None:
    for left, top, width in ((120, 182, 110), (190, 166, 130), (272, 182, 96)):
        canvas.oval(left, top, width, 80, "#8b7355")
    canvas.shape([(78, 216), (392, 200), (392, 326), (112, 326)], darker("#f2801e", 0.1))
    canvas.shape([(78, 216), (392, 200), (392, 216), (82, 232)], "#f2801e")
    for x in (150, 212, 274, 336):
        canvas.box(x, 224, 12, 98, darker("#f2801e", 0.28), 3)
    canvas.box(380, 188, 70, 14, "#f2801e", 5)
    _cab(canvas, paint)
    for x in (172, 252):
        wheel(canvas, x)


def _plow(canvas: Canvas, paint: str) -> None:
    _dump(canvas, paint)
    canvas.line([(548, 340), (588, 352)], DARK, 12)
    canvas.segment((572, 262, 86, 134), 90, 270, "#f5c518")
    canvas.box(604, 376, 18, 20, DARK, 4)
    canvas.line([(612, 262), (612, 228)], "#ff7f11", 5)


def _tanker(canvas: Canvas, paint: str) -> None:
    canvas.box(88, 204, 298, 126, lighter(paint, 0.2) if paint != "#f6f7f8" else "#4d86b8", 58)
    canvas.box(110, 222, 250, 22, lighter("#4d86b8", 0.55), 11)
    for x in (156, 236, 316):
        canvas.box(x, 204, 9, 126, DARK)
    canvas.box(206, 188, 64, 20, METAL, 8)
    canvas.line([(96, 330), (76, 356)], METAL, 8)
    _cab(canvas, paint)
    for x in (172, 252):
        wheel(canvas, x)


def _sweeper(canvas: Canvas, paint: str) -> None:
    canvas.shape([(86, 220), (130, 178), (386, 178), (386, 330), (86, 330)], "#e8eaed")
    canvas.box(150, 204, 200, 70, "#f2801e", 10)
    for x in range(166, 340, 28):
        canvas.box(x, 216, 10, 46, darker("#f2801e", 0.25), 5)
    canvas.line([(352, 330), (368, 372)], METAL, 14)
    _cab(canvas, paint)
    for x in (150, 236):
        wheel(canvas, x)
    canvas.shape([(320, 366), (404, 366), (424, 398), (300, 398)], "#7a5b34")
    canvas.box(318, 352, 88, 18, "#f5c518", 8)


def _bucket(canvas: Canvas, paint: str) -> None:
    canvas.box(84, 268, 300, 62, "#e8eaed", 8)
    for left in (96, 168, 240, 312):
        canvas.box(left, 280, 60, 40, METAL, 6)
    canvas.box(196, 226, 60, 46, DARK, 8)
    canvas.line([(226, 236), (120, 140), (366, 88)], "#f2801e", 22)
    canvas.disc(120, 140, 18, DARK)
    canvas.box(348, 84, 62, 66, "#f6f7f8", 10)
    canvas.box(344, 78, 70, 16, "#f2801e", 8)
    _cab(canvas, paint)
    for x in (176, 256):
        wheel(canvas, x)


def _mixer(canvas: Canvas, paint: str) -> None:
    drum = [(92, 178), (150, 150), (316, 176), (388, 236), (380, 292), (300, 316), (132, 300), (92, 236)]
    canvas.shape(drum, "#eceff2")
    canvas.shape([(172, 153), (226, 161), (196, 308), (150, 302)], "#f2801e")
    canvas.shape([(278, 170), (322, 180), (318, 312), (268, 314)], "#f2801e")
    canvas.shape([(76, 140), (116, 164), (104, 212), (66, 190)], METAL)
    canvas.line([(84, 208), (70, 290)], METAL, 12)
    canvas.box(300, 300, 76, 30, DARK, 6)
    canvas.box(120, 300, 40, 30, DARK, 6)
    _cab(canvas, paint)
    for x in (172, 252):
        wheel(canvas, x)


def _tractor(canvas: Canvas, paint: str) -> None:
    _cab(canvas, paint, sleeper=True)
    canvas.shape([(120, 328), (150, 302), (270, 302), (290, 328)], METAL)
    canvas.box(306, 312, 84, 34, METAL, 14)
    for x in (160, 240):
        wheel(canvas, x)


def _trailer(canvas: Canvas, paint: str) -> None:
    canvas.shape([(40, 300), (470, 300), (520, 250), (610, 250), (610, 272), (532, 276), (486, 330), (40, 330)], paint)
    canvas.box(40, 288, 430, 14, "#a9793f", 3)
    canvas.line([(572, 272), (572, 392)], METAL, 12)
    canvas.box(552, 388, 40, 10, METAL, 4)
    for left, top in ((170, 256), (236, 256), (302, 256), (203, 206), (269, 206)):
        canvas.disc(left + 30, top + 5, 32, "#9aa3ad")
        canvas.disc(left + 30, top + 5, 20, "#59626d")
    for left in range(56, 460, 60):
        canvas.box(left, 308, 34, 9, "#c8352c" if left // 60 % 2 else "#ffffff", 3)
    for x in (110, 186, 262):
        wheel(canvas, x, 32)


def _flatbed(canvas: Canvas, paint: str) -> None:
    canvas.box(80, 300, 312, 26, "#a9793f", 4)
    for left, top in ((100, 252), (182, 252), (264, 252), (141, 204), (223, 204)):
        canvas.box(left, top, 78, 46, "#c8b48f", 4)
        canvas.box(left + 34, top, 10, 46, darker("#c8b48f", 0.2))
    canvas.box(374, 210, 14, 116, DARK, 4)
    _cab(canvas, paint)
    for x in (172, 252):
        wheel(canvas, x)


BODIES: dict[str, Drawing] = {
    "pickup": _pickup,
    "van": _van,
    "service": _service,
    "dump": _dump,
    "plow": _plow,
    "tanker": _tanker,
    "sweeper": _sweeper,
    "bucket": _bucket,
    "mixer": _mixer,
    "tractor": _tractor,
    "trailer": _trailer,
    "flatbed": _flatbed,
}
