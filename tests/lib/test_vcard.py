"""Contact cards, read back by a second library."""

import base64

import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.lib.vcard import vcard

HOSTILE = st.text(
    alphabet=st.one_of(st.sampled_from("\r\n\t\x0b\x0c\x1c\x85\u2028;,\\:=\"' żAж日\U0001f69a"), st.characters())
)


def read(card: bytes) -> vobject.base.Component:
    return vobject.readOne(card.decode())


def test_a_full_card() -> None:
    photo = b"\xff\xd8\xff\xe0" + bytes(range(256))
    card = read(
        vcard(
            name="Anna Maria Żółć-Nowak",
            organisation="Cranes; Hoists, Ltd.",
            title="Fleet \\ yard",
            email="anna@example.com",
            phones=[("CELL", "+48601234567"), ("WORK", "+48221234567")],
            photo=photo,
            note="First line\r\nsecond, line; here",
        )
    )
    assert (card.n.value.given, card.n.value.family) == ("Anna Maria", "Żółć-Nowak")
    assert card.fn.value == "Anna Maria Żółć-Nowak"
    assert card.org.value == ["Cranes; Hoists, Ltd."]
    assert card.title.value == "Fleet \\ yard"
    assert card.email.value == "anna@example.com"
    assert [(tel.params["TYPE"], tel.value) for tel in card.contents["tel"]] == [
        (["CELL"], "+48601234567"),
        (["WORK"], "+48221234567"),
    ]
    assert card.photo.value == photo
    assert card.note.value == "First line\nsecond, line; here"


def test_blank_values_leave_no_property_and_a_company_can_stand_alone() -> None:
    card = vcard(name=" ", organisation="Yard", note=" \n")
    assert card == b"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Yard;;;;\r\nFN:Yard\r\nORG:Yard\r\nEND:VCARD\r\n"


@settings(max_examples=300)
@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_no_text_adds_or_removes_a_property(name: str, organisation: str, title: str, number: str, note: str) -> None:
    raw = vcard(
        name="x" + name,
        organisation="x" + organisation,
        title="x" + title,
        email="a@example.com",
        phones=[("CELL", "+" + number)],
        note="x" + note,
    )
    card = read(raw)
    assert {key: len(values) for key, values in card.contents.items()} == dict.fromkeys(
        ("version", "n", "fn", "org", "title", "email", "tel", "note"), 1
    )
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not set(raw) & (set(range(32)) - {10, 13})


@pytest.mark.parametrize("letter", ["x", "ż", "日", "\U0001f69a"])
@pytest.mark.parametrize("shift", range(4))
def test_a_long_line_is_never_folded_inside_a_character(letter: str, shift: int) -> None:
    note = "x" * shift + letter * 200
    raw = vcard(name="Anna", note=note)
    lines = [line.decode() for line in raw.split(b"\r\n")]
    assert max(len(line.encode()) for line in lines) in range(72, 76)
    assert read(raw).note.value == note


@given(st.binary(max_size=600))
def test_a_photo_is_folded_and_comes_back(rest: bytes) -> None:
    photo = b"\xff\xd8\xff" + rest
    raw = vcard(name="Anna", photo=photo)
    assert base64.b64encode(photo) in raw.replace(b"\r\n ", b"")
    assert read(raw).photo.value == photo


def test_only_jpeg_and_standard_types() -> None:
    with pytest.raises(ValueError, match="JPEG"):
        vcard(name="Anna", photo=b"RIFF")
    with pytest.raises(ValueError, match="capitals"):
        vcard(name="Anna", phones=[("CELL:x\r\nNOTE", "+48601234567")])
