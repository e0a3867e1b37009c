"""Everything before the first request: data folder, keys, migrations, and something to begin with.

Each step looks first and does nothing when it was done before, so that a second start is quick. What cannot be put
right is a SettingError or KeyRingError: one sentence.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from portal import create_app, schema
from portal.config import Settings
from portal.errors import SettingError
from portal.lib import clock
from portal.lib.sealing import KeyRingError, make_key_ring, read_key_ring, write_key_ring
from portal.schema import Schema

if TYPE_CHECKING:
    from flask import Flask

    from portal.demo.filling import DemoSignIn


@dataclass(frozen=True)
class Prepared:
    """``demo`` after the demo company was made; ``setup_secret`` while there is nobody who could sign in."""

    demo: "DemoSignIn | None" = None
    setup_secret: str = ""


def prepare(settings: Settings) -> Prepared:
    """Makes the portal ready to serve."""
    make_data_dir(settings)
    found = schema.inspect(settings)
    ensure_keys(settings, found)
    if found.version != schema.head():
        upgrade(settings, found, clock.utc_now())
    if settings.demo and not found.has_accounts:
        return Prepared(demo=fill_demo(settings))
    if not found.has_users:
        return Prepared(setup_secret=new_setup_token(settings))
    return Prepared()


@contextmanager
def working(app: "Flask") -> Iterator[None]:
    """An application context that leaves no connection open: the supervisor lives as long as the portal."""
    # Imported here because a start that has nothing to do must not wait for SQLAlchemy.
    from portal.extensions import db  # noqa: PLC0415

    with app.app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def make_data_dir(settings: Settings) -> None:
    """The data folder, for this user alone (mode 0700 when it is new)."""
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(settings.data_dir, os.W_OK | os.X_OK):
            raise PermissionError("this user may not write there")
    except OSError as fault:
        reason = fault.strerror or str(fault)
        raise SettingError(f"PORTAL_DATA_DIR names {settings.data_dir}, which cannot be used ({reason}).") from None


def ensure_keys(settings: Settings, found: Schema) -> None:
    """Reads the keys, or makes them for a new database.

    Raises KeyRingError when those of an existing one are gone, or are another database's.
    """
    path = settings.key_file
    if not path.exists():
        if found.version:
            database = settings.sqlite_file or "at PORTAL_DATABASE_URL"
            raise KeyRingError(
                f"The key file {path} is missing, but the database {database} exists and its passcodes and stickers"
                " can only be read with it: put the file back from your backup."
            )
        with suppress(FileExistsError):  # another start was quicker: its keys are the keys
            write_key_ring(path, make_key_ring())
    keys = dict(read_key_ring(path).keys)
    if found.key_id and found.key_id not in keys:
        raise KeyRingError(
            f"The key file {path} belongs to another database: the passcodes and stickers of this one cannot be read"
            " with it. Put back the file that was beside it in your backup."
        )


def upgrade(settings: Settings, found: Schema, now: datetime) -> None:
    """Migrates to the newest tables; what an SQLite database held before stays in a snapshot beside it."""
    if found.version and found.version not in schema.revisions():
        raise SettingError(
            f"PORTAL_DATABASE_URL names a database of a newer portal (migration {found.version}): run that version."
        )
    if found.version and settings.sqlite_file:
        name = f"before-{schema.head()}-{now:%Y%m%dT%H%M%S}.db"
        snapshot(settings.sqlite_file, settings.data_dir / "snapshots", name)
    if settings.sqlite_file:
        make_database_file(settings.sqlite_file)
    # Imported here because Alembic is slow, and only an upgrade needs it.
    from flask_migrate import upgrade as run_migrations  # noqa: PLC0415

    from portal import migration  # noqa: PLC0415

    with working(migration.create_app(settings)):
        run_migrations()


def make_database_file(path: Path) -> None:
    """An empty file for SQLite, so that a place where none can be made is named before anything else happens."""
    try:
        path.touch(mode=0o600)
    except OSError as fault:
        raise SettingError(f"PORTAL_DATABASE_URL names {path}, which cannot be made ({fault.strerror}).") from None


def snapshot(database: Path, folder: Path, name: str) -> Path:
    """A consistent copy of an SQLite database while others use it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / name
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("VACUUM INTO ?", (str(path),))
    return path


def fill_demo(settings: Settings) -> "DemoSignIn | None":
    """Makes the demo company in an empty database; None when another start was quicker."""
    # Imported here because it draws pictures, and is needed once in the life of a database.
    from portal.demo.filling import fill  # noqa: PLC0415
    from portal.web.context import portal, session  # noqa: PLC0415

    with working(create_app(settings)):
        made = fill(session(), portal().key_ring, portal().photos, now=clock.utc_now())
        session().commit()
    return None if isinstance(made, str) else made


def new_setup_token(settings: Settings) -> str:
    """A new one-time token for /setup; older ones are void."""
    # Imported here because a start with users must not wait for the tables' models.
    from portal.accounts.operations import make_setup_token  # noqa: PLC0415
    from portal.web.context import session  # noqa: PLC0415

    with working(create_app(settings)):
        secret = make_setup_token(session(), clock.utc_now())
        session().commit()
    return secret
