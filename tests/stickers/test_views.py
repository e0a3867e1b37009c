"""The QR code of a record through its pages: dialog, downloads, revoking and replacing, and who may."""

import io

import pytest
from PIL import Image

from tests.decoding import read_pdf, read_png
from tests.factories.people import make_account, make_member
from tests.factories.things import make_record, scan_path


@pytest.fixture
def truck(app):
    """A record's admin path and its scan address; Ada is an admin, Mia a member without permissions."""
    with app.app_context():
        company = make_account()
        make_member(company)
        make_member(company, "mia@example.com", name="Mia Member", role="member")
        record = make_record(company, name="Truck (7) \\ Żółw", tag="T-7")
        return f"/admin/records/{record.public_id}", scan_path(record)


def address(app, path):
    return app.extensions["portal"].settings.public_url.upper() + path


def test_the_page_shows_address_typed_code_version_and_level_to_any_member(app, client, truck):
    record, path = truck
    client.sign_in("mia@example.com")
    page = client.get(f"{record}/qr").text
    token = path.removeprefix("/Q/")
    assert address(app, path) in page
    assert "-".join(token[at : at + 4] for at in range(0, 16, 4)) in page
    assert "Version 3, error correction Q" in page
    assert "Revoke this sticker" not in page


def test_png_and_pdf_decode_to_the_address_and_the_png_is_crisp(app, client, truck):
    record, path = truck
    client.sign_in("mia@example.com")
    png = client.get(f"{record}/qr.png")
    with Image.open(io.BytesIO(png.data)) as picture:
        assert picture.mode == "1"
        assert picture.width == picture.height >= 1000
    assert read_png(png.data) == [address(app, path)]
    assert png.headers["Content-Disposition"] == 'attachment; filename="T-7-qr.png"'
    assert read_pdf(client.get(f"{record}/qr.pdf").data) == [address(app, path)]


def test_the_print_page_carries_only_the_label(client, truck):
    record, _ = truck
    client.sign_in("mia@example.com")
    page = client.get(f"{record}/qr/label").text
    assert "Truck (7) \\ Żółw" in page
    assert "<nav" not in page and "sidebar" not in page


def test_a_revoked_sticker_says_so_and_a_new_one_works(app, client, truck):
    record, old = truck
    client.sign_in("ada@example.com")
    assert "1 sticker stops working at once" in client.get(f"{record}/qr/revoke").text
    client.submit(f"{record}/qr/revoke")
    base = app.extensions["portal"].settings.public_url
    gone = app.test_client().get(old, base_url=base)
    assert gone.status_code == 410
    assert "Truck" not in gone.text
    assert client.get(f"{record}/qr.png").status_code == 404
    client.submit(f"{record}/qr/replace")
    [new] = read_png(client.get(f"{record}/qr.png").data)
    assert not new.endswith(old)
    assert app.test_client().get(new[new.index("/Q/") :], base_url=base).status_code == 200
    assert app.test_client().get(old, base_url=base).status_code == 410


def test_a_member_without_the_permission_can_neither_revoke_nor_replace(client, truck):
    record, path = truck
    client.sign_in("mia@example.com")
    for act in ("revoke", "replace"):
        assert client.get(f"{record}/qr/{act}").status_code == 403
        assert "Manage stickers" in client.submit(f"{record}/qr/{act}").text
    assert client.get(path).status_code == 200
