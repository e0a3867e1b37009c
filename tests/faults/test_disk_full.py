"""A disk of a few megabytes fills up under the portal: looking goes on, writing says why, and space heals it."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from portal import migration
from portal.config import read_settings
from portal.extensions import db
from portal.lib.sealing import make_key_ring, write_key_ring
from tests.factories.people import make_account, make_member
from tests.factories.things import make_record, scan_path
from tests.faults.traffic import Member
from tests.servers import LivePortal, free_port

# A mount that only the portal sees, and that ends with it. Others than root are root in a namespace of their own.
_UNSHARE = ("unshare", "--mount", *(() if os.geteuid() == 0 else ("--map-root-user",)))
_MOUNT = 'mount -t tmpfs -o size=8m portal-test "$1" && cp -a "$0/." "$1" && shift && exec "$@"'
FULL = "The storage is full: nothing was saved."


@pytest.fixture
def small_disk(tmp_path) -> Iterator[tuple[LivePortal, Path, str]]:
    """The portal on a disk of 8 MB, that disk as seen from here, and the path of a sticker."""
    source, disk, port = tmp_path / "source", tmp_path / "disk", free_port()
    source.mkdir()
    disk.mkdir()
    write_key_ring(source / "keys.json", make_key_ring())
    environ = {"PORTAL_BIND": f"127.0.0.1:{port}", "PORTAL_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    app = migration.create_app(read_settings(environ | {"PORTAL_DATA_DIR": str(source)}))
    with app.app_context():
        from flask_migrate import upgrade

        upgrade()
        account = make_account()
        make_member(account)
        path = scan_path(make_record(account))
        db.session.remove()
        db.engine.dispose()
    portal = LivePortal(
        environ | {"PORTAL_DATA_DIR": str(disk), "PORTAL_DATABASE_URL": ""},
        within=(*_UNSHARE, "sh", "-c", _MOUNT, str(source), str(disk)),
    )
    yield portal, Path(f"/proc/{portal.process.pid}/root{disk}"), path
    portal.stop()


def fill(disk: Path) -> Path:
    """Takes all the space that is left."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        size = 65_536
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2
    assert shutil.disk_usage(disk).free == 0
    return ballast


def test_reading_goes_on_and_writing_says_why(small_disk, tmp_path, capsys) -> None:
    portal, disk, path = small_disk
    member = Member(portal.port)
    assert member.create("Before")[0] == 303
    ballast = fill(disk)
    refused = [member.create(f"Refused {number}") for number in range(5)]
    # What SQLite had reserved in its log may still take one or two.
    assert refused[-1][0] == 503, refused[-1][1][:300]
    assert FULL in refused[-1][1]
    assert {status for status, _ in refused} <= {303, 503}
    for address in ("/healthz", "/readyz", path, "/admin/", "/admin/records?kind=vehicle"):
        assert member.ask("GET", address)[0] == 200, address
    ballast.unlink()
    assert member.create("After")[0] == 303
    kept = [f"Refused {number}" for number, (status, _) in enumerate(refused) if status == 303]
    # SQLite would follow that disk's path back to our own; nobody writes now, so a copy is whole.
    for suffix in ("", "-wal"):
        shutil.copy(disk / f"portal.db{suffix}", tmp_path / f"copy.db{suffix}")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as database:
        names = {name for (name,) in database.execute("SELECT name FROM record")}
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert names == {"Truck 7", "Before", "After", *kept}
    with capsys.disabled():
        print(f"\ndisk full: {len(kept)} of 5 writes fitted, {5 - len(kept)} were told why; reads all answered")
