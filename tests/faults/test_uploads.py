"""Hostile files through the real forms: a sentence at the field, nothing stored, no temporary file left."""

import http.client
import io
import re
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from portal.accounts.models import Account
from portal.extensions import db
from portal.records.models import Record
from portal.visits.models import Message
from tests.factories.people import PASSCODE, make_account, make_member
from tests.factories.things import make_record, scan_path
from tests.faults.traffic import Member
from tests.lib.hostile import HOSTILE, JPEG, noisy

NAMES = ("photo.jpg", "photo.svg", "../../photo.html")


@pytest.fixture
def temp_dir(tmp_path, monkeypatch: pytest.MonkeyPatch):
    """Where uploads are spooled; large ones go to a file there."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def record_path(app, client) -> str:
    """A record of the company whose admin is signed in."""
    with app.app_context():
        account = make_account()
        make_member(account)
        path = f"/admin/records/{make_record(account).public_id}"
    client.sign_in("ada@example.com")
    return path


def left_behind(app, temp_dir) -> list[str]:
    photos = app.extensions["portal"].settings.photo_dir
    return [str(place) for folder in (temp_dir, photos) for place in folder.rglob("*") if place.is_file()]


def refuse_all(send, says_at: str) -> None:
    """Sends every hostile file under every name; each is answered by its sentence, in an element of the field."""
    for number, (name, (data, says)) in enumerate(HOSTILE.items()):
        answer = send((io.BytesIO(data), NAMES[number % len(NAMES)]))
        assert answer.status_code == 422, name
        at = re.search(rf'id="{says_at}"[^>]*>(.*?)</p>', answer.text, re.DOTALL)
        assert at, f"{name}: no sentence at the field"
        assert says in at[1], name


def test_a_records_photo(app, client, record_path, temp_dir) -> None:
    def send(photo):
        values = dict(
            re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', client.get(f"{record_path}/edit").text)
        )
        return client.submit(f"{record_path}/edit", values | {"name": "Truck 8", "photo": photo})

    refuse_all(send, "photo-error-1")
    assert left_behind(app, temp_dir) == []
    with app.app_context():
        assert db.session.execute(select(Record.name, Record.photo_key)).one() == ("Truck 7", "")


def test_a_companys_logo(app, client, record_path, temp_dir) -> None:
    def send(logo):
        values = {"version": "1", "name": "Changed", "country": "US", "timezone": "UTC", "logo": logo}
        return client.submit("/admin/settings/company", values)

    refuse_all(send, "logo-error-1")
    assert left_behind(app, temp_dir) == []
    with app.app_context():
        assert db.session.execute(select(Account.name, Account.logo_key)).one() == ("North Yard Haulage", "")


def test_a_visitors_photo(app, client, temp_dir) -> None:
    with app.app_context():
        path = scan_path(make_record(make_account()))
    client.post(path, data={"passcode": PASSCODE})

    def send(photo):
        return client.post(f"{path}/message", data={"reason": "damaged", "text": "A dent", "photo": photo})

    refuse_all(send, "photo-error")
    assert left_behind(app, temp_dir) == []
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Message)) == 0
    boundary, body = encode_multipart(
        {"reason": "damaged", "text": "A dent", "photo": FileStorage(io.BytesIO(noisy("PNG", (1200, 900))), "x.png")}
    )
    kind = f"multipart/form-data; boundary={boundary}"
    assert client.post(f"{path}/message", data=body, content_type=kind).status_code == 303
    assert len(left_behind(app, temp_dir)) == 2


def test_the_child_works_under_the_real_server(live, live_app) -> None:
    with live_app.app_context():
        account = make_account()
        make_member(account)
        path = f"/admin/records/{make_record(account).public_id}"
    member = Member(live.port)
    values = {"name": "Truck 8", "version": "1", "csrf_token": member.token}
    good = values | {"photo": FileStorage(io.BytesIO(JPEG), "x.jpg")}
    bad = values | {"photo": FileStorage(io.BytesIO(HOSTILE["gifar"][0]), "x.jpg")}
    for form, status in ((bad, 422), (good, 303)):
        boundary, body = encode_multipart(form)
        head = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Cookie": member.cookie()}
        connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=60)
        connection.request("POST", f"{path}/edit", body, head)
        assert connection.getresponse().status == status
        connection.close()
    with live_app.app_context():
        assert db.session.scalar(select(Record.photo_key))


def test_a_large_good_photo_leaves_two_files_and_no_other(app, client, record_path, temp_dir) -> None:
    photo = noisy("PNG", (1200, 900))
    assert len(photo) > 1_000_000  # spooled to a file on its way in
    values = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', client.get(f"{record_path}/edit").text))
    values |= {"name": "Truck 8", "csrf_token": client.token(), "photo": FileStorage(io.BytesIO(photo), "x.png")}
    # Encoded here, because the test client would spool its own copy to a file, too, and forget it.
    boundary, body = encode_multipart(values)
    answer = client.post(f"{record_path}/edit", data=body, content_type=f"multipart/form-data; boundary={boundary}")
    assert answer.status_code == 303
    kept = left_behind(app, temp_dir)
    assert len(kept) == 2
    with app.app_context():
        key = db.session.scalar(select(Record.photo_key))
    assert {name.rpartition("/")[2] for name in kept} == {f"{key}.webp", f"{key}-thumb.webp"}
    assert JPEG not in b"".join(Path(name).read_bytes() for name in kept)
