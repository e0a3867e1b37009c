"""The drawings: each one is a picture of its size, the same every time and unlike the others."""

import io

import pytest
from PIL import Image

from portal.demo import fleet, machines, places, staff
from portal.demo.album import Album
from portal.demo.drawn_machines import MACHINES, draw_machine
from portal.demo.drawn_places import PLACES, draw_place
from portal.demo.drawn_vehicles import BODIES, draw_vehicle
from portal.demo.portraits import CLOTHES, GROUNDS, HAIRS, SKINS, draw_portrait
from portal.lib.images import PhotoStore

DRAWERS = [(draw_vehicle, name) for name in BODIES] + [(draw_machine, name) for name in MACHINES]
DRAWERS += [(draw_place, name) for name in PLACES]


@pytest.mark.parametrize(("draw", "name"), DRAWERS)
def test_a_drawing_is_a_picture_of_many_colours(draw, name):
    data = draw(name, "#f2801e", "#bfe0f2")
    picture = Image.open(io.BytesIO(data))
    assert picture.size == (640, 480)
    assert len(picture.getcolors(maxcolors=640 * 480)) > 20
    assert draw(name, "#f2801e", "#bfe0f2") == data


def test_drawings_differ():
    pictures = {draw(name, "#f2801e", "#bfe0f2") for draw, name in DRAWERS}
    assert len(pictures) == len(DRAWERS)


def test_portraits_are_square_and_all_different():
    portraits = [draw_portrait(person.look) for person in staff.PEOPLE]
    assert {Image.open(io.BytesIO(portrait)).size for portrait in portraits} == {(480, 480)}
    assert len(set(portraits)) == len(staff.PEOPLE)


def test_looks_name_what_there_is():
    words = {"glasses", "beard", "stubble", "moustache", "helmet", "cap", "beanie", "earrings", "lips", "blush"}
    hairs = {"short", "parted", "quiff", "buzz", "rim", "bald", "long"}
    hairs |= {"bob", "bun", "ponytail", "curly", "afro", "braids", "scarf"}
    for look in (person.look for person in staff.PEOPLE):
        assert look.hair in hairs
        assert look.wear in {"vest", "lime", "suit", "shirt", "hoodie", "blouse"}
        assert look.colour in HAIRS
        assert set(look.extras.split()) <= words
        assert look.skin < len(SKINS)
        assert look.ground < len(GROUNDS)
        assert look.cloth < len(CLOTHES)


def test_everything_has_a_drawing_of_its_type():
    assert {model.body for model in fleet.MODELS} <= set(BODIES)
    assert {type_.picture for type_ in machines.TYPES} == set(MACHINES)
    assert {place.picture for place in places.PLACES} == set(PLACES)


def test_the_album_draws_a_picture_once(tmp_path):
    album = Album(PhotoStore(tmp_path))
    first = album.vehicle("van", "#ffffff")
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.webp")}
    assert album.vehicle("van", "#ffffff") == first
    assert album.vehicle("van", "#2f4a6d") != first
    assert all(path.stat().st_mtime_ns == moment for path, moment in written.items())
