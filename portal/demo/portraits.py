"""Drawn portraits in a flat, friendly style: a Look says who it is, the same look is the same picture."""

from dataclasses import dataclass

from portal.demo.canvas import Canvas, darker, lighter, mixed

SIDE = 480  # pixels

SKINS = ("#fbdcc4", "#f2c7a0", "#e0a876", "#c68a58", "#9c6238", "#6f4325")
HAIRS = {
    "black": "#221d22",
    "brown": "#523527",
    "chestnut": "#7d4a2b",
    "red": "#b2552a",
    "blond": "#d9ac5e",
    "grey": "#9aa0a6",
    "white": "#dcdfe2",
}
GROUNDS = ("#c9dcec", "#f3d9b8", "#cfe3cf", "#ecd0cf", "#dcd5ea", "#cde3e2", "#efe2b4", "#d9dde3")
CLOTHES = ("#2f4a6d", "#7a3b3f", "#3d6450", "#5b5170", "#8a6a3b", "#39606e", "#4a4f57", "#a3552f")
INK = "#2b2430"
FACE = (150, 104, 180, 228)  # left, top, width, height
VEST = "#f2801e"
LIME = "#cfe33a"
SILVER = "#dfe4e8"


@dataclass(frozen=True)
class Look:
    """``skin`` counts from light to dark in SKINS; ``colour`` is the hair's in HAIRS.

    ``hair``: short, parted, quiff, buzz, rim, bald, long, bob, bun, ponytail, curly, afro, braids or scarf. ``wear``:
    vest, lime, suit, shirt, hoodie or blouse. ``extras``: words out of glasses, beard, stubble, moustache, helmet, cap,
    beanie, earrings, lips and blush.
    """

    skin: int
    hair: str
    colour: str
    wear: str
    ground: int
    cloth: int = 0
    extras: str = ""

    @property
    def tone(self) -> str:
        return SKINS[self.skin]

    @property
    def tint(self) -> str:
        return HAIRS[self.colour]

    def has(self, word: str) -> bool:
        return word in self.extras.split()


def draw_portrait(look: Look) -> bytes:
    """The portrait as PNG, 480 pixels a side."""
    ground = GROUNDS[look.ground % len(GROUNDS)]
    canvas = Canvas(SIDE, SIDE, ground)
    canvas.disc(240, 270, 216, lighter(ground, 0.45))
    _hair_behind(canvas, look)
    _body(canvas, look)
    _head(canvas, look)
    _beard(canvas, look)
    _features(canvas, look)
    _hair_before(canvas, look)
    _hat(canvas, look)
    return canvas.png()


def shaded(skin: str, share: float = 0.22) -> str:
    """Skin in shadow: redder, not greyer."""
    return mixed(skin, "#8a3b22", share)


def _hair_behind(canvas: Canvas, look: Look) -> None:
    shade = darker(look.tint, 0.18)
    if look.hair == "long":
        canvas.box(124, 92, 232, 320, shade, 108)
    elif look.hair == "bob":
        canvas.box(126, 90, 228, 236, shade, 96)
    elif look.hair == "bun":
        canvas.disc(240, 76, 44, shade)
        canvas.oval(140, 92, 200, 190, shade)
    elif look.hair == "ponytail":
        canvas.oval(306, 118, 84, 224, shade)
        canvas.oval(140, 92, 200, 190, shade)
    elif look.hair == "afro":
        canvas.disc(240, 176, 142, look.tint)
        canvas.box(108, 176, 264, 96, look.tint, 48)
    elif look.hair == "curly":
        for x, y in ((146, 226), (134, 186), (142, 144), (334, 226), (346, 186), (338, 144)):
            canvas.disc(x, y, 32, shade)
    elif look.hair == "braids":
        canvas.oval(136, 90, 208, 200, shade)
        for side in (140, 316):
            for step in range(6):
                canvas.oval(side - 4, 228 + step * 30, 32, 36, shade)
    elif look.hair == "scarf":
        canvas.box(120, 74, 240, 300, darker(CLOTHES[look.cloth], 0.15), 116)


def _body(canvas: Canvas, look: Look) -> None:
    cloth = CLOTHES[look.cloth % len(CLOTHES)]
    base = {"suit": darker(cloth, 0.35), "vest": darker(cloth, 0.1), "lime": darker(cloth, 0.1)}.get(look.wear, cloth)
    canvas.box(72, 366, 336, 240, base, 108)
    shadow = shaded(look.tone)
    canvas.box(202, 296, 76, 98, shadow, 34)
    canvas.segment((178, 340, 124, 88), 0, 180, shadow)
    if look.wear in ("vest", "lime"):
        _vest(canvas, VEST if look.wear == "vest" else LIME, lighter(cloth, 0.25))
    elif look.wear == "suit":
        _suit(canvas, cloth, base)
    elif look.wear == "shirt":
        _collar(canvas, lighter(cloth, 0.28), darker(cloth, 0.2))
    elif look.wear == "hoodie":
        canvas.arc((160, 318, 160, 132), 8, 172, darker(cloth, 0.22), 24)
        canvas.line([(206, 432), (204, 478)], lighter(cloth, 0.6), 6)
        canvas.line([(274, 432), (276, 478)], lighter(cloth, 0.6), 6)
    elif look.wear == "blouse" and look.hair != "scarf":
        canvas.shape([(180, 372), (300, 372), (240, 456)], shadow)
        canvas.line([(178, 372), (240, 460), (302, 372)], lighter(cloth, 0.4), 12)
    if look.hair == "scarf":
        scarf = CLOTHES[look.cloth]
        canvas.box(144, 300, 192, 136, scarf, 60)
        canvas.arc((156, 284, 168, 128), 20, 160, darker(scarf, 0.14), 6)


def _vest(canvas: Canvas, colour: str, collar: str) -> None:
    canvas.shape([(150, 372), (192, 364), (238, 480), (112, 480), (112, 396)], colour)
    canvas.shape([(330, 372), (288, 364), (242, 480), (368, 480), (368, 396)], colour)
    for left in (136, 316):
        canvas.box(left, 374, 28, 110, SILVER)
    canvas.line([(240, 440), (240, 480)], darker(colour, 0.3), 5)
    canvas.shape([(186, 356), (206, 352), (238, 404), (208, 420)], collar)
    canvas.shape([(294, 356), (274, 352), (242, 404), (272, 420)], collar)


def _suit(canvas: Canvas, tie: str, jacket: str) -> None:
    canvas.shape([(184, 364), (296, 364), (240, 480)], "#f7f8fa")
    canvas.shape([(228, 384), (252, 384), (258, 404), (252, 480), (228, 480), (222, 404)], lighter(tie, 0.1))
    canvas.shape([(176, 362), (200, 352), (240, 392), (214, 410)], "#ffffff")
    canvas.shape([(304, 362), (280, 352), (240, 392), (266, 410)], "#ffffff")
    canvas.shape([(160, 370), (180, 362), (236, 480), (170, 480)], lighter(jacket, 0.12))
    canvas.shape([(320, 370), (300, 362), (244, 480), (310, 480)], lighter(jacket, 0.12))


def _collar(canvas: Canvas, colour: str, seam: str) -> None:
    canvas.line([(240, 412), (240, 480)], seam, 4)
    canvas.shape([(178, 360), (202, 350), (240, 406), (206, 428)], colour)
    canvas.shape([(302, 360), (278, 350), (240, 406), (274, 428)], colour)
    canvas.disc(240, 440, 5, seam)
    canvas.disc(240, 468, 5, seam)


def _head(canvas: Canvas, look: Look) -> None:
    if look.hair != "scarf":
        for x in (152, 328):
            canvas.oval(x - 20, 204, 40, 50, look.tone)
            canvas.oval(x - 10, 214, 20, 30, shaded(look.tone))
    canvas.oval(*FACE, look.tone)
    canvas.box(152, 170, 176, 110, look.tone, 54)


def _beard(canvas: Canvas, look: Look) -> None:
    stubble = mixed(look.tone, look.tint, 0.28)
    if look.has("beard") or look.has("stubble"):
        colour = look.tint if look.has("beard") else stubble
        canvas.segment((150, 128, 180, 214 if look.has("beard") else 204), 12, 168, colour)
        canvas.box(150, 206, 18, 62, colour, 6)
        canvas.box(312, 206, 18, 62, colour, 6)
        canvas.oval(194, 218, 92, 66, look.tone)
    if look.has("beard") or look.has("moustache"):
        canvas.segment((196, 258, 88, 44), 180, 360, look.tint)


def _features(canvas: Canvas, look: Look) -> None:
    brow = darker(look.tint, 0.15) if look.colour not in ("white", "blond") else darker(look.tint, 0.35)
    for x, start, end in ((203, 205, 320), (277, 220, 335)):
        canvas.oval(x - 9, 208, 18, 23, INK)
        canvas.disc(x + 3, 214, 4, "#ffffff")
        canvas.arc((x - 26, 182, 52, 34), start, end, brow, 7)
    if look.has("blush"):
        rose = mixed(look.tone, "#e2575a", 0.25)
        canvas.oval(166, 246, 36, 22, rose)
        canvas.oval(278, 246, 36, 22, rose)
    canvas.arc((226, 226, 28, 32), 20, 160, shaded(look.tone, 0.4), 6)
    if look.has("lips"):
        canvas.segment((208, 254, 64, 50), 10, 170, "#b23a48")
    elif look.skin % 2:
        canvas.segment((206, 252, 68, 54), 12, 168, "#7c2f33")
        canvas.segment((211, 258, 58, 28), 12, 168, "#ffffff")
    else:
        canvas.arc((206, 250, 68, 46), 20, 160, "#7c3a36", 7)
    if look.has("glasses"):
        for x in (203, 277):
            canvas.ring(x, 220, 31, "#33363f", 6)
        canvas.line([(234, 216), (246, 216)], "#33363f", 6)
        canvas.line([(172, 216), (152, 210)], "#33363f", 6)
        canvas.line([(308, 216), (328, 210)], "#33363f", 6)
    if look.has("earrings"):
        canvas.disc(148, 258, 8, "#e5b93c")
        canvas.disc(332, 258, 8, "#e5b93c")


def _hair_before(canvas: Canvas, look: Look) -> None:
    tint = look.tint
    if look.hair in ("short", "ponytail", "bun"):
        canvas.segment((142, 84, 196, 212), 196, 344, tint)
        canvas.box(144, 150, 18, 62, tint, 9)
        canvas.box(318, 150, 18, 62, tint, 9)
    elif look.hair == "parted":
        canvas.segment((140, 80, 200, 210), 188, 352, tint)
        canvas.box(141, 150, 18, 66, tint, 9)
        canvas.box(321, 150, 18, 66, tint, 9)
        canvas.segment((176, 142, 152, 110), 180, 352, look.tone)
        _features(canvas, look)
    elif look.hair == "quiff":
        canvas.segment((142, 92, 196, 200), 194, 346, tint)
        canvas.oval(150, 66, 150, 84, tint)
        canvas.oval(226, 74, 110, 82, tint)
        canvas.box(144, 150, 16, 56, tint, 8)
        canvas.box(320, 150, 16, 56, tint, 8)
    elif look.hair == "buzz":
        canvas.segment((148, 96, 184, 220), 200, 340, mixed(look.tone, tint, 0.75))
    elif look.hair == "rim":
        canvas.box(138, 168, 24, 66, tint, 12)
        canvas.box(318, 168, 24, 66, tint, 12)
    elif look.hair in ("long", "bob", "braids"):
        _fringe(canvas, look)
    elif look.hair == "curly":
        for x, y, r in ((166, 138, 34), (200, 112, 36), (240, 102, 38), (280, 112, 36), (314, 138, 34)):
            canvas.disc(x, y, r, tint)
        canvas.disc(222, 134, 24, tint)
        canvas.disc(262, 134, 24, tint)
    elif look.hair == "afro":
        canvas.segment((146, 90, 188, 170), 190, 350, tint)
    elif look.hair == "scarf":
        scarf = CLOTHES[look.cloth]
        canvas.ring(240, 218, 128, scarf, 32)
        canvas.segment((124, 72, 232, 200), 196, 344, scarf)
        canvas.arc((138, 92, 204, 260), 200, 340, darker(scarf, 0.12), 6)


def _fringe(canvas: Canvas, look: Look) -> None:
    canvas.segment((138, 84, 204, 240), 184, 356, look.tint)
    if look.hair == "bob":
        canvas.oval(158, 138, 164, 150, look.tone)
    else:
        canvas.oval(154, 132, 98, 150, look.tone)
        canvas.oval(228, 132, 98, 150, look.tone)
        canvas.box(154, 206, 172, 60, look.tone, 20)
    _features(canvas, look)


def _hat(canvas: Canvas, look: Look) -> None:
    if look.has("helmet"):
        colour = "#f5c518" if look.cloth % 2 else "#f4f5f6"
        canvas.segment((136, 44, 208, 226), 180, 360, colour)
        canvas.box(224, 40, 32, 112, darker(colour, 0.08), 14)
        canvas.box(120, 146, 240, 24, darker(colour, 0.14), 12)
        canvas.box(206, 112, 68, 22, VEST, 6)
    elif look.has("cap"):
        colour = VEST if look.cloth % 2 else CLOTHES[0]
        canvas.segment((140, 66, 200, 190), 180, 360, colour)
        canvas.box(196, 148, 176, 22, darker(colour, 0.25), 11)
        canvas.disc(240, 118, 18, "#ffffff")
    elif look.has("beanie"):
        colour = CLOTHES[(look.cloth + 3) % len(CLOTHES)]
        canvas.segment((140, 58, 200, 210), 180, 360, colour)
        canvas.box(134, 140, 212, 34, darker(colour, 0.18), 14)
