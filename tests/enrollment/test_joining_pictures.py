"""POST /app/decode: the QR codes of a picture, for phones that are not paired yet."""

import io

import pytest
from PIL import Image

from portal.stickers.drawing import png
from portal.stickers.symbols import variable_symbol
from tests.client import PortalClient
from tests.enrollment.arriving import ADDRESS
from tests.lib.hostile import HOSTILE

LINK = "https://qr.example.com/app#v=1&k=pair&t=" + "x" * 43


def picture(kind="PNG", text=LINK):
    out = io.BytesIO()
    Image.open(io.BytesIO(png(variable_symbol(text, "M"), 400))).convert("RGB").save(out, kind)
    return out.getvalue()


def send(client, body, kind="image/png", address=ADDRESS, **options):
    return client.post(
        "/api/v1/app/decode", data=body, content_type=kind, environ_overrides={"REMOTE_ADDR": address}, **options
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_an_unpaired_phone_has_its_frame_read(client, kind):
    answer = send(client, picture(kind), f"image/{kind.lower()}")
    assert (answer.status_code, answer.json) == (200, {"texts": [LINK]})


def test_a_photo_from_a_form_is_read_too(client):
    answer = send(client, {"picture": (io.BytesIO(picture()), "photo.png")}, "multipart/form-data")
    assert (answer.status_code, answer.json) == (200, {"texts": [LINK]})


def test_a_frame_without_a_code_is_no_fault(client):
    out = io.BytesIO()
    Image.new("RGB", (320, 240), "grey").save(out, "JPEG")
    assert send(client, out.getvalue(), "image/jpeg").json == {"texts": []}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_pictures_are_refused_with_a_sentence(client, name):
    data, says = HOSTILE[name]
    if len(data) > 1_000_000:
        assert send(client, data).status_code == 413
        return
    answer = send(client, data)
    assert answer.status_code == 409 and says in answer.json["detail"]
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("kind", ["image/heic", "image/heif"])
def test_a_photo_that_the_browser_cannot_open_is_taken_as_it_is(client, kind):
    data, says = HOSTILE["heic-claims-40-megapixels"]
    answer = send(client, data, kind)
    assert answer.status_code == 409 and says in answer.json["detail"], "it was looked at"


@pytest.mark.parametrize("kind", ["image/gif", "image/svg+xml", "application/json", "text/plain", ""])
def test_other_kinds_are_not_taken(client, kind):
    assert send(client, picture(), kind).status_code == 415


@pytest.mark.parametrize("kind", ["image/png", "multipart/form-data; boundary=x"])
def test_more_than_a_megabyte_is_refused(client, kind):
    body = b"\x89PNG\r\n\x1a\n" + bytes(1_000_001)
    head = b'--x\r\nContent-Disposition: form-data; name="picture"; filename="big.png"\r\n\r\n'
    sent = head + body + b"\r\n--x--\r\n" if kind.startswith("multi") else body
    refused = send(client, sent, kind)
    assert (refused.status_code, refused.json["detail"]) == (413, "Send a smaller picture: it may have 1 MB.")


def test_an_address_has_a_hundred_and_fifty_a_minute(app):
    client, body = PortalClient(app), b"no picture"
    answers = [send(client, body).status_code for _ in range(151)]
    assert answers == [409] * 150 + [429]
    assert int(send(client, body).headers["Retry-After"]) <= 60
    assert send(client, body, address="198.51.100.1").status_code == 409


def test_another_sites_page_cannot_use_it(client):
    assert send(client, picture(), headers={"Origin": "https://evil.example"}).status_code == 403
