"""Preparation: what it makes, what it leaves alone, and how little a start that has nothing to do loads."""

import ipaddress
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal import preparation, schema
from portal.config import read_settings
from portal.errors import SettingError
from portal.lib.sealing import KeyRingError, make_key_ring, read_key_ring, write_key_ring
from portal.preparation import Prepared
from portal.schema import Schema
from portal.serve import is_public, lan_settings
from portal.welcome import SLOW_CLIENTS, welcome
from tests.factories.people import make_account, make_member
from tests.servers import ROOT

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_state_of_a_database_is_read_without_its_models(app, settings):
    assert schema.inspect(settings) == Schema(schema.head(), has_accounts=False, has_users=False)
    with app.app_context():
        make_member(make_account())
    key_id = read_key_ring(settings.key_file).keys[0][0]
    assert schema.inspect(settings) == Schema(schema.head(), has_accounts=True, has_users=True, key_id=key_id)


def test_the_keys_of_another_database_refuse_to_start(app, settings):
    with app.app_context():
        make_member(make_account())
    own = settings.key_file.read_bytes()
    settings.key_file.unlink()
    try:
        write_key_ring(settings.key_file, make_key_ring())
        with pytest.raises(KeyRingError, match="belongs to another database"):
            preparation.prepare(settings)
    finally:
        settings.key_file.write_bytes(own)
    assert preparation.prepare(settings) == Prepared()


def test_looking_at_a_database_that_is_not_there_makes_none(tmp_path):
    assert schema.inspect(read_settings({"PORTAL_DATA_DIR": str(tmp_path)})) == Schema()
    assert list(tmp_path.iterdir()) == []


def test_without_anybody_to_sign_in_every_start_makes_a_new_setup_token(app, settings):
    first, second = preparation.prepare(settings), preparation.prepare(settings)
    assert first.setup_secret
    assert second.setup_secret not in ("", first.setup_secret)


def test_with_somebody_to_sign_in_there_is_nothing_to_do(app, settings):
    with app.app_context():
        make_member(make_account())
    assert preparation.prepare(settings) == Prepared()


def test_a_start_that_has_nothing_to_do_loads_neither_sqlalchemy_nor_flask(app, settings):
    with app.app_context():
        make_member(make_account())
    program = (
        "import sys; from portal.cli import prepare, read_settings; prepare(read_settings());"
        "print([name for name in ('sqlalchemy', 'flask', 'alembic') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=settings.as_environ(), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_application_never_loads_alembic(settings):
    program = "import sys; from portal import create_app; create_app(); print('alembic' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=settings.as_environ(), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_an_upgrade_leaves_a_snapshot_of_what_was_there(tmp_path):
    settings = read_settings({"PORTAL_DATA_DIR": str(tmp_path)})
    preparation.prepare(settings)
    with closing(sqlite3.connect(tmp_path / "portal.db")) as database:
        database.execute("INSERT INTO tick (id, highest_at) VALUES (1, '2026-01-01 00:00:00.000000')")
        database.commit()
        database.execute("BEGIN")
        database.execute("SELECT * FROM tick").fetchall()  # somebody reads meanwhile
        preparation.upgrade(settings, schema.inspect(settings), NOW)
        database.rollback()
    (snapshot,) = (tmp_path / "snapshots").iterdir()
    assert snapshot.name == f"before-{schema.head()}-20260301T120000.db"
    with closing(sqlite3.connect(snapshot)) as copy:
        assert copy.execute("SELECT count(*) FROM tick").fetchone() == (1,)


def test_keys_that_another_start_made_first_are_kept(tmp_path, monkeypatch):
    settings = read_settings({"PORTAL_DATA_DIR": str(tmp_path)})
    preparation.ensure_keys(settings, Schema())
    kept = settings.key_file.read_bytes()
    with monkeypatch.context() as patch:
        answers = iter([False])  # the file appears between the look and the writing
        real = Path.exists
        patch.setattr(Path, "exists", lambda path: next(answers, None) if path == settings.key_file else real(path))
        preparation.ensure_keys(settings, Schema())
    assert settings.key_file.read_bytes() == kept


def has_network() -> bool:
    """Whether the kernel has any route, by its own table."""
    return len(Path("/proc/net/route").read_text().splitlines()) > 1


def test_lan_means_all_addresses_and_this_machines_own_in_the_codes():
    settings = read_settings({"PORTAL_BIND": "127.0.0.1:8123", "PORTAL_PUBLIC_URL": "https://qr.example.com"})
    if not has_network():
        with pytest.raises(SettingError, match="--lan needs a network"):
            lan_settings(settings)
        return
    changed = lan_settings(settings)
    assert changed.bind == ("0.0.0.0", 8123)
    host, _, port = changed.public_url.removeprefix("http://").partition(":")
    assert port == "8123"
    assert not ipaddress.ip_address(host).is_unspecified
    with socket.socket() as own:
        own.bind((host, 0))  # only an address of this machine can be bound


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("127.0.0.1", False),
        ("::1", False),
        ("localhost", False),
        ("0.0.0.0", True),
        ("192.168.1.20", True),
        ("qr.example", True),
    ],
)
def test_an_address_that_others_reach_is_known_as_one(host, public):
    assert is_public((host, 8000)) is public


def test_the_greeting_warns_of_the_street_only_there():
    quiet = read_settings({})
    street = read_settings({"PORTAL_BIND": "0.0.0.0:8000", "PORTAL_PUBLIC_URL": "https://qr.example.com"})
    proxied = read_settings({"PORTAL_BIND": "0.0.0.0:8000", "PORTAL_TRUSTED_PROXIES": "10.0.0.0/8"})
    assert [
        SLOW_CLIENTS in welcome(settings, Prepared(), with_symbol=False) for settings in (quiet, street, proxied)
    ] == [
        False,
        True,
        False,
    ]


def test_the_greeting_can_be_scanned():
    """The blocks are the light modules: painted as pixels, they decode to the address."""
    import zxingcpp
    from PIL import Image

    url = "http://192.168.1.20:8000"
    text = welcome(read_settings({"PORTAL_PUBLIC_URL": url}), Prepared(), with_symbol=True)
    rows = text.partition("\n\n")[2].splitlines()
    image = Image.new("L", (len(rows[0]), 2 * len(rows)))
    for y, row in enumerate(rows):
        for x, block in enumerate(row):
            image.putpixel((x, 2 * y), 255 if block in "█▀" else 0)
            image.putpixel((x, 2 * y + 1), 255 if block in "█▄" else 0)
    found = zxingcpp.read_barcodes(image.resize((image.width * 4, image.height * 4), Image.Resampling.NEAREST))
    assert [code.text for code in found] == [url]
