"""Pictures for records: each one is drawn and stored once, however many records show it."""

from collections.abc import Callable

from portal.demo.canvas import Canvas, darker, lighter
from portal.demo.drawn_machines import draw_machine
from portal.demo.drawn_places import draw_place
from portal.demo.drawn_vehicles import draw_vehicle
from portal.demo.portraits import Look, draw_portrait
from portal.lib.images import PhotoStore, reencode_drawn, reencode_logo

SKIES = ("#bfe0f2", "#d7e6ee", "#f3e3cd", "#cfd9e6", "#dbeaf0")
PAINT = "#f2801e"


class Album:
    """Gives the photo key of whatever is asked for, and draws what is new."""

    def __init__(self, photos: PhotoStore) -> None:
        self._photos = photos
        self._keys: dict[object, str] = {}

    def portrait(self, look: Look) -> str:
        """The key of a person's portrait."""
        return self._kept(look, lambda: draw_portrait(look))

    def vehicle(self, body: str, paint: str) -> str:
        """The key of a vehicle's picture."""
        return self._kept(("vehicle", body, paint), lambda: draw_vehicle(body, paint, _sky(body, paint)))

    def machine(self, picture: str, paint: str) -> str:
        """The key of a machine's picture."""
        return self._kept(("machine", picture, paint), lambda: draw_machine(picture, paint, _sky(picture, paint)))

    def place(self, picture: str, paint: str) -> str:
        """The key of a place's picture."""
        return self._kept(("place", picture, paint), lambda: draw_place(picture, paint, _sky(picture, paint)))

    def logo(self) -> str:
        """The key of the company's logo: a road that rises to a bridge."""
        return self._photos.save_logo(reencode_logo(_draw_logo()))

    def _kept(self, subject: object, draw: Callable[[], bytes]) -> str:
        if subject not in self._keys:
            self._keys[subject] = self._photos.save(reencode_drawn(draw(), max_side=640))
        return self._keys[subject]


def _sky(subject: str, paint: str) -> str:
    """Some weather, always the same for the same picture."""
    return SKIES[sum(map(ord, subject + paint)) % len(SKIES)]


def _draw_logo() -> bytes:
    canvas = Canvas(400, 400, "#ffffff")
    canvas.box(20, 20, 360, 360, PAINT, 80)
    canvas.arc((80, 130, 240, 240), 180, 360, "#ffffff", 30)
    canvas.box(60, 240, 280, 28, "#ffffff", 8)
    canvas.shape([(176, 380), (224, 380), (208, 268), (192, 268)], darker(PAINT, 0.5))
    for x in (130, 200, 270):
        canvas.box(x - 6, 160, 12, 90, lighter(PAINT, 0.85))
    return canvas.png()
