"""Flat pictures of construction equipment, 640 by 480 pixels, seen from the side."""

from collections.abc import Callable

from portal.demo.canvas import Canvas, darker, lighter
from portal.demo.drawn_vehicles import DARK, GLASS, LIGHT, METAL, ROAD, scene, wheel

Drawing = Callable[[Canvas, str], None]


def draw_machine(machine: str, paint: str, sky: str) -> bytes:
    """The machine (a key of MACHINES) in that paint, as PNG."""
    canvas = scene(sky, "#b7bf93", "#c9ae86")
    canvas.oval(90, ROAD - 2, 460, 34, "#b1966d")
    MACHINES[machine](canvas, paint)
    return canvas.png()


def _tracks(canvas: Canvas, left: float, width: float, height: float = 70) -> None:
    top = ROAD + 12 - height
    canvas.box(left, top, width, height, DARK, height / 2)
    canvas.box(left + 10, top + 10, width - 20, height - 20, "#4a505a", height / 2)
    count = round(width / 52)
    for index in range(count):
        x = left + height / 2 + index * (width - height) / max(count - 1, 1)
        canvas.disc(x, top + height / 2, height * 0.24, METAL)


def _cabin(canvas: Canvas, box: tuple[float, float, float, float], paint: str) -> None:
    left, top, width, height = box
    sill = top + 16 + height * 0.56
    canvas.box(left, top, width, height, paint, 12)
    canvas.box(left + 12, top + 16, width - 24, sill - top - 16, GLASS, 6)
    canvas.shape(
        [(left + 30, top + 16), (left + 48, top + 16), (left + 30, sill), (left + 14, sill)],
        lighter(GLASS, 0.6),
    )


def _excavator(canvas: Canvas, paint: str) -> None:
    canvas.line([(330, 262), (440, 130), (536, 218)], paint, 26)
    canvas.line([(536, 218), (520, 308)], darker(paint, 0.1), 22)
    canvas.line([(352, 270), (446, 170)], METAL, 9)
    canvas.shape([(486, 300), (540, 296), (546, 346), (498, 362), (470, 340)], DARK)
    _tracks(canvas, 120, 270)
    canvas.box(220, 306, 76, 26, DARK)
    canvas.box(116, 236, 220, 78, paint, 16)
    canvas.box(128, 252, 70, 40, darker(paint, 0.25), 6)
    _cabin(canvas, (236, 158, 92, 150), paint)


def _loader(canvas: Canvas, paint: str) -> None:
    canvas.line([(330, 268), (470, 330)], darker(paint, 0.1), 24)
    canvas.shape([(456, 278), (478, 284), (500, 362), (570, 382), (560, 396), (452, 396)], DARK)
    canvas.box(110, 230, 190, 104, paint, 16)
    canvas.box(122, 252, 62, 44, darker(paint, 0.25), 6)
    canvas.box(290, 280, 130, 52, paint, 12)
    _cabin(canvas, (228, 136, 104, 178), paint)
    for x in (184, 396):
        wheel(canvas, x, 58, paint)


def _backhoe(canvas: Canvas, paint: str) -> None:
    canvas.line([(196, 290), (130, 160), (92, 250)], paint, 22)
    canvas.shape([(70, 248), (112, 244), (118, 296), (82, 306)], DARK)
    canvas.line([(400, 290), (500, 340)], darker(paint, 0.1), 20)
    canvas.shape([(492, 310), (510, 312), (524, 378), (574, 390), (486, 396)], DARK)
    canvas.box(190, 276, 280, 64, paint, 14)
    _cabin(canvas, (236, 148, 112, 160), paint)
    wheel(canvas, 252, 60, paint)
    wheel(canvas, 424, 42, paint)


def _skid(canvas: Canvas, paint: str) -> None:
    canvas.line([(196, 232), (400, 250), (446, 340)], darker(paint, 0.15), 24)
    canvas.shape([(430, 330), (452, 322), (470, 380), (530, 392), (430, 396)], DARK)
    canvas.box(176, 224, 196, 136, paint, 22)
    _cabin(canvas, (226, 132, 120, 190), paint)
    for y in range(160, 226, 14):
        canvas.box(240, y, 92, 4, DARK)
    for x in (222, 348):
        wheel(canvas, x, 46, lighter(paint, 0.4))


def _dozer(canvas: Canvas, paint: str) -> None:
    _tracks(canvas, 130, 310, 88)
    canvas.box(330, 232, 140, 82, paint, 12)
    canvas.box(400, 176, 12, 62, DARK, 4)
    canvas.box(140, 254, 200, 66, paint, 12)
    _cabin(canvas, (214, 138, 122, 174), paint)
    canvas.line([(330, 350), (510, 350)], darker(paint, 0.2), 18)
    canvas.segment((488, 246, 90, 152), 90, 270, darker(paint, 0.3))
    canvas.line([(150, 300), (92, 320), (90, 384)], DARK, 12)


def _grader(canvas: Canvas, paint: str) -> None:
    canvas.line([(250, 270), (500, 240), (528, 330)], paint, 24)
    canvas.box(84, 238, 170, 96, paint, 14)
    canvas.box(98, 256, 60, 40, darker(paint, 0.25), 6)
    _cabin(canvas, (236, 138, 100, 170), paint)
    canvas.line([(390, 262), (380, 350)], METAL, 9)
    canvas.shape([(330, 346), (440, 346), (452, 390), (318, 390)], DARK)
    for x in (128, 216, 524):
        wheel(canvas, x, 44, paint)


def _paver(canvas: Canvas, paint: str) -> None:
    _tracks(canvas, 190, 240, 62)
    canvas.box(150, 262, 310, 74, paint, 12)
    canvas.shape([(430, 230), (570, 206), (546, 330), (430, 330)], darker(paint, 0.2))
    canvas.oval(446, 192, 108, 44, DARK)
    canvas.box(90, 330, 112, 60, METAL, 8)
    canvas.box(72, 366, 128, 28, DARK, 6)
    for x in (214, 366):
        canvas.box(x, 150, 9, 116, DARK)
    canvas.box(190, 134, 210, 22, paint, 8)
    canvas.box(270, 226, 40, 40, DARK, 6)


def _roller(canvas: Canvas, paint: str) -> None:
    canvas.box(170, 250, 300, 72, paint, 18)
    canvas.box(184, 266, 70, 34, darker(paint, 0.25), 6)
    for x in (176, 466):
        canvas.disc(x, 328, 68, METAL)
        canvas.disc(x, 328, 54, lighter(METAL, 0.4))
        canvas.line([(x, 328), (320, 286)], darker(paint, 0.2), 16)
        canvas.disc(x, 328, 12, DARK)
    for x in (268, 368):
        canvas.box(x, 140, 9, 114, DARK)
    canvas.box(244, 124, 158, 20, paint, 8)
    canvas.box(288, 214, 46, 40, DARK, 8)


def _mill(canvas: Canvas, paint: str) -> None:
    canvas.line([(400, 250), (580, 150)], DARK, 24)
    canvas.line([(400, 244), (576, 144)], METAL, 6)
    canvas.box(120, 226, 330, 100, paint, 14)
    canvas.box(150, 246, 120, 44, darker(paint, 0.25), 6)
    canvas.box(230, 160, 110, 14, paint, 6)
    for x in (240, 322):
        canvas.box(x, 170, 8, 58, DARK)
    canvas.disc(284, 342, 46, darker(paint, 0.4))
    for left in (126, 366):
        canvas.box(left + 34, 316, 22, 40, METAL)
        _tracks(canvas, left, 96, 52)


def _generator(canvas: Canvas, paint: str) -> None:
    canvas.line([(460, 350), (580, 366)], DARK, 12)
    canvas.box(130, 196, 340, 156, paint, 18)
    canvas.box(130, 196, 340, 34, darker(paint, 0.2), 16)
    for x in range(160, 280, 20):
        canvas.box(x, 252, 9, 76, darker(paint, 0.35), 4)
    canvas.box(324, 248, 116, 82, DARK, 8)
    canvas.box(338, 260, 46, 26, "#8fe0a0", 4)
    for x in (348, 376, 404):
        canvas.disc(x, 310, 9, LIGHT)
    canvas.box(406, 166, 18, 34, METAL, 4)
    wheel(canvas, 300, 40)
    canvas.box(560, 352, 10, 44, METAL)


def _tower(canvas: Canvas, paint: str) -> None:
    canvas.shape([(318, 96), (0, 40), (0, 190)], "#fdf3cf")
    canvas.box(312, 84, 16, 200, METAL)
    for top in (120, 170, 220):
        canvas.box(306, top, 28, 8, DARK)
    for left, top in ((248, 58), (326, 58), (248, 98), (326, 98)):
        canvas.box(left, top, 66, 34, DARK, 6)
        canvas.box(left + 6, top + 6, 54, 22, LIGHT, 4)
    canvas.box(216, 272, 210, 80, paint, 14)
    for x in range(236, 320, 18):
        canvas.box(x, 292, 8, 44, darker(paint, 0.3), 4)
    canvas.line([(180, 390), (240, 340)], METAL, 9)
    canvas.line([(460, 390), (400, 340)], METAL, 9)
    canvas.line([(420, 346), (550, 362)], DARK, 10)
    wheel(canvas, 320, 34)


def _compressor(canvas: Canvas, paint: str) -> None:
    canvas.line([(440, 340), (590, 362)], DARK, 12)
    canvas.shape([(130, 350), (130, 250), (190, 206), (430, 206), (470, 280), (470, 350)], paint)
    canvas.box(196, 230, 120, 60, darker(paint, 0.3), 8)
    canvas.ring(392, 276, 30, METAL, 8)
    canvas.line([(392, 276), (408, 260)], "#c8352c", 5)
    canvas.line([(140, 330), (96, 330), (84, 384), (150, 398), (210, 400)], "#c8352c", 9)
    wheel(canvas, 290, 42)
    canvas.box(566, 350, 10, 46, METAL)


def _pump(canvas: Canvas, paint: str) -> None:
    canvas.line([(150, 350), (60, 352), (40, 396)], "#3f7cac", 28)
    canvas.line([(470, 320), (560, 330), (600, 396)], "#3f7cac", 28)
    canvas.box(150, 366, 320, 18, DARK, 6)
    canvas.disc(226, 314, 66, paint)
    canvas.disc(226, 314, 40, darker(paint, 0.25))
    canvas.box(280, 246, 180, 116, paint, 14)
    canvas.box(298, 222, 100, 30, DARK, 8)
    for x in range(304, 440, 22):
        canvas.box(x, 278, 10, 60, darker(paint, 0.3), 4)
    canvas.box(206, 226, 40, 30, METAL, 5)


def _compactor(canvas: Canvas, paint: str) -> None:
    canvas.line([(250, 320), (150, 170), (206, 150)], DARK, 13)
    canvas.shape([(200, 366), (470, 366), (496, 334), (480, 398), (190, 398)], METAL)
    canvas.box(240, 280, 190, 86, paint, 14)
    canvas.box(270, 236, 120, 54, DARK, 12)
    canvas.disc(330, 262, 19, "#c8352c")
    canvas.box(230, 268, 210, 12, paint, 6)
    canvas.arc((236, 196, 200, 170), 180, 360, DARK, 9)


def _saw(canvas: Canvas, paint: str) -> None:
    canvas.disc(450, 336, 76, METAL)
    canvas.disc(450, 336, 60, lighter(METAL, 0.4))
    canvas.disc(450, 336, 15, DARK)
    canvas.segment((360, 244, 180, 180), 180, 350, paint)
    canvas.box(180, 250, 230, 94, paint, 14)
    canvas.box(210, 204, 130, 54, DARK, 10)
    canvas.line([(190, 262), (110, 196), (84, 210)], DARK, 12)
    for x in (214, 356):
        wheel(canvas, x, 28)
    canvas.box(0, ROAD + 12, 640, 100, "#8d939b")
    canvas.box(330, ROAD + 24, 310, 7, DARK)


def _welder(canvas: Canvas, paint: str) -> None:
    canvas.box(190, 214, 240, 148, paint, 16)
    canvas.arc((226, 166, 168, 110), 180, 360, DARK, 14)
    canvas.box(214, 240, 192, 50, DARK, 8)
    canvas.box(228, 252, 66, 26, "#8fe0a0", 4)
    canvas.disc(334, 265, 15, METAL)
    canvas.disc(378, 265, 15, METAL)
    for x in (250, 370):
        canvas.disc(x, 326, 14, DARK)
    canvas.line([(370, 326), (440, 384), (520, 376), (560, 340)], DARK, 9)
    canvas.line([(250, 326), (170, 386), (90, 388)], "#c8352c", 9)
    for x, y in ((560, 310), (588, 326), (544, 296), (596, 296), (572, 282)):
        canvas.disc(x, y, 6, LIGHT)
    for x in (226, 394):
        wheel(canvas, x, 26)


def _sign(canvas: Canvas, paint: str) -> None:
    canvas.box(312, 220, 16, 130, METAL)
    canvas.box(136, 88, 368, 158, DARK, 12)
    canvas.box(150, 102, 340, 130, "#15181d", 6)
    for y in (126, 166, 206):
        for x in range(176, 470, 16):
            canvas.disc(x, y, 5, "#ffb020" if (x // 16 + y) % 5 else "#3a3f46")
    canvas.shape([(170, 60), (470, 60), (490, 84), (150, 84)], "#3c5f86")
    canvas.box(210, 330, 220, 34, paint, 8)
    canvas.line([(420, 350), (560, 364)], DARK, 10)
    wheel(canvas, 320, 36)
    canvas.line([(230, 356), (196, 396)], METAL, 9)
    canvas.line([(540, 362), (540, 396)], METAL, 9)


def _survey(canvas: Canvas, paint: str) -> None:
    for x in (210, 320, 430):
        canvas.line([(320, 220), (x, 402)], "#d6a24a", 13)
        canvas.line([(320 + (x - 320) * 0.6, 330), (x, 402)], METAL, 9)
    canvas.box(270, 204, 100, 22, DARK, 8)
    canvas.box(276, 96, 88, 110, paint, 16)
    canvas.box(292, 112, 56, 70, "#f4f5f6", 8)
    canvas.disc(320, 140, 20, DARK)
    canvas.disc(320, 140, 11, "#5aa0d0")
    canvas.arc((284, 62, 72, 70), 180, 360, DARK, 9)
    canvas.line([(344, 140), (640, 140)], "#e5484d", 4)


MACHINES: dict[str, Drawing] = {
    "excavator": _excavator,
    "loader": _loader,
    "backhoe": _backhoe,
    "skid": _skid,
    "dozer": _dozer,
    "grader": _grader,
    "paver": _paver,
    "roller": _roller,
    "mill": _mill,
    "generator": _generator,
    "tower": _tower,
    "compressor": _compressor,
    "pump": _pump,
    "compactor": _compactor,
    "saw": _saw,
    "welder": _welder,
    "sign": _sign,
    "survey": _survey,
}
