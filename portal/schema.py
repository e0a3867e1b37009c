"""How far a database is: which migration it is at, and whether anything is in it.

Asked through the bare driver: a start that has nothing to upgrade must not pay for loading SQLAlchemy and Alembic only
to learn that.
"""

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from portal.config import ROOT, Settings
from portal.errors import SettingError

VERSIONS = ROOT / "migrations" / "versions"
_REVISION = re.compile(r"^(revision|down_revision) = (?:'|\"|)([0-9A-Za-z_]+)", re.MULTILINE)
CONNECT_SECONDS = 10


@dataclass(frozen=True)
class Schema:
    """``version`` is the migration that the database is at, empty when it has none of our tables.

    ``key_id`` names the key that a current passphrase is sealed with; empty without an account.
    """

    version: str = ""
    has_accounts: bool = False
    has_users: bool = False
    key_id: str = ""


def revisions() -> list[str]:
    """All migrations, oldest first. Raises ValueError unless they form one chain."""
    after: dict[str, str] = {}
    for path in VERSIONS.glob("*.py"):
        names = dict(_REVISION.findall(path.read_text()))
        after[names["down_revision"]] = names["revision"]
    chain: list[str] = []
    while (following := after.pop(chain[-1] if chain else "None", None)) is not None:
        chain.append(following)
    if after:
        raise ValueError(f"migrations/versions is no single chain: {after}")
    return chain


def head() -> str:
    """The newest migration."""
    return revisions()[-1]


def inspect(settings: Settings) -> Schema:
    """What the database holds; a database file that does not exist yet is not made.

    Raises SettingError, naming PORTAL_DATABASE_URL, when the database cannot be opened.
    """
    return _inspect_sqlite(settings) if settings.sqlite_file else _inspect_postgresql(settings)


def _inspect_sqlite(settings: Settings) -> Schema:
    path = settings.sqlite_file
    if path is None or not path.exists():
        return Schema()
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=CONNECT_SECONDS)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
                return Schema()
            return _read(connection)
    except sqlite3.Error as fault:
        raise SettingError(f"PORTAL_DATABASE_URL names {path}, which is no usable SQLite database ({fault}).") from None


def _inspect_postgresql(settings: Settings) -> Schema:
    # Imported here because it is an extra: a portal on SQLite runs without it.
    try:
        import psycopg  # noqa: PLC0415
    except ImportError:
        raise SettingError("PORTAL_DATABASE_URL needs PostgreSQL's driver: install the extra 'postgres'.") from None
    address = settings.database_url.replace("+psycopg", "", 1)
    try:
        with psycopg.connect(address, connect_timeout=CONNECT_SECONDS) as connection:
            if connection.execute("SELECT to_regclass('alembic_version')").fetchone() != (None,):
                return _read(connection)
            return Schema()
    except psycopg.Error as fault:
        reason = " ".join(str(fault).split())
        raise SettingError(f"PORTAL_DATABASE_URL names a database that cannot be reached: {reason}") from None


def _read(connection: Any) -> Schema:
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if row is None:
        return Schema()
    accounts = connection.execute("SELECT id FROM account LIMIT 1").fetchone()
    users = connection.execute("SELECT id FROM user_account LIMIT 1").fetchone()
    sealed = connection.execute("SELECT sealed_text FROM passphrase WHERE retired_at IS NULL LIMIT 1").fetchone()
    return Schema(row[0], accounts is not None, users is not None, sealed[0].partition(".")[0] if sealed else "")
