"""Fixtures for all rooms: a real database per test (``--database sqlite|postgresql``), a client, a browser, gunicorn.

Every test starts from a migrated, empty database and commits for real: no transaction is held open around it, so a
forgotten commit is seen.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from portal import migration
from portal.config import Settings, read_settings
from portal.extensions import db
from portal.lib.sealing import make_key_ring, write_key_ring
from tests.client import PortalClient
from tests.servers import LivePortal, Postgres, free_port, wait_until

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DATABASE_FIXTURES = {"app", "settings", "fresh_database"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite")


def pytest_configure(config: pytest.Config) -> None:
    """The controller starts one PostgreSQL for all parallel workers."""
    if config.getoption("--database") == "postgresql" and "PORTAL_TEST_POSTGRES" not in os.environ:
        config.portal_postgres = Postgres()
        os.environ["PORTAL_TEST_POSTGRES"] = config.portal_postgres.url


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "portal_postgres"):
        config.portal_postgres.stop()
        del os.environ["PORTAL_TEST_POSTGRES"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Puts the files with a browser first, since they take longest: no worker is left with one of them at the end."""
    if config.getoption("--database") == "postgresql":
        repeated = [item for item in items if _is_repeated(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in repeated])
        items[:] = repeated
    slow = {item.path for item in items if "browser" in item.fixturenames}
    items.sort(key=lambda item: item.path not in slow)


def _is_repeated(item: pytest.Item) -> bool:
    """Whether the PostgreSQL pass has it: what touches a database, and of the tests in a browser the journeys.

    Every other browser test looks at pages and scripts, to which the database makes no difference; that each page
    answers on PostgreSQL too is seen by the tests of the doors (tests/conventions).
    """
    in_browser = "browser" in item.fixturenames and item.get_closest_marker("journey") is None
    return bool(DATABASE_FIXTURES & set(item.fixturenames)) and not in_browser


@pytest.fixture(scope="session")
def worker_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("portal")


@pytest.fixture(scope="session")
def base_settings(worker_dir: Path, request: pytest.FixtureRequest) -> Settings:
    """Settings of this worker: one data folder, one database, both emptied before every test."""
    data_dir = worker_dir / "instance"
    data_dir.mkdir()
    write_key_ring(data_dir / "keys.json", make_key_ring())
    port = free_port()
    environ = {
        "PORTAL_DATA_DIR": str(data_dir),
        "PORTAL_BIND": f"127.0.0.1:{port}",
        "PORTAL_PUBLIC_URL": "https://qr.example.com",
    }
    if request.config.getoption("--database") == "postgresql":
        environ["PORTAL_DATABASE_URL"] = _make_postgres_database(os.environ["PORTAL_TEST_POSTGRES"])
    return read_settings(environ)


def _make_postgres_database(server: str) -> str:
    name = f"portal_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    engine = sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    engine.dispose()
    return f"{server}/{name}"


@pytest.fixture(scope="session")
def _application(base_settings: Settings) -> Iterator[Flask]:
    application = migration.create_app(base_settings)
    with application.app_context():
        from flask_migrate import upgrade

        upgrade()
        db.session.remove()
    if base_settings.database_url.startswith("sqlite"):
        path = base_settings.data_dir / "portal.db"
        shutil.copy(path, base_settings.data_dir / "template.db")
    yield application
    with application.app_context():
        db.engine.dispose()


@pytest.fixture
def fresh_database(_application: Flask, base_settings: Settings) -> None:
    """Empties the database and the data folder's files."""
    _application.extensions["scan_log"].flush()  # the last test's looks must not arrive in this one's database
    if base_settings.database_url.startswith("sqlite"):
        path = base_settings.data_dir / "portal.db"
        for suffix in ("-wal", "-shm", ""):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        shutil.copy(base_settings.data_dir / "template.db", path)
    else:
        empty_postgres(_application)
    for folder in ("photos", "jobs"):
        shutil.rmtree(base_settings.data_dir / folder, ignore_errors=True)


def empty_postgres(application: Flask) -> None:
    """Empties every table and starts every number at 1 again. Deleting is faster and leaves gaps for new rows.

    A server that outlives its test may still be answering a browser that has gone: it ends first.
    """
    names = ", ".join(f'"{name}"' for name in db.metadata.tables)
    with application.app_context(), db.engine.connect() as connection:
        wait_until(lambda: _is_alone(connection))
        connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
        connection.commit()


def _is_alone(connection: sa.Connection) -> bool:
    """Whether nobody else is inside a transaction. The view shows one moment for a whole transaction: it ends here."""
    others = connection.exec_driver_sql(_OTHERS_AT_WORK).scalar_one()
    connection.rollback()
    return others == 0


_OTHERS_AT_WORK = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'
    AND pid <> pg_backend_pid() AND state <> 'idle'
"""


@pytest.fixture
def app(_application: Flask, fresh_database: None) -> Flask:
    """The application on an empty database."""
    return _application


@pytest.fixture
def settings(base_settings: Settings, fresh_database: None) -> Settings:
    return base_settings


@pytest.fixture
def client(app: Flask) -> PortalClient:
    """A browser without script: keeps cookies, fills in CSRF tokens. Speaks to the public URL over https."""
    return PortalClient(app)


@pytest.fixture
def live(base_settings: Settings, fresh_database: None) -> Iterator[LivePortal]:
    """The portal under gunicorn on this worker's database; its public URL is its own loopback address."""
    portal = LivePortal(live_environ(base_settings))
    yield portal
    portal.stop()


@pytest.fixture
def live_app(app: Flask, base_settings: Settings) -> Iterator[Flask]:
    """The same application as ``live`` runs, inside the test, to arrange rows: its public URL is the live one."""
    own = app.extensions["portal"]
    url = live_environ(base_settings)["PORTAL_PUBLIC_URL"]
    app.extensions["portal"] = replace(own, settings=replace(own.settings, public_url=url))
    yield app
    app.extensions["portal"] = own


def live_environ(settings: Settings) -> dict[str, str]:
    host, port = settings.bind
    return {
        "PORTAL_DATA_DIR": str(settings.data_dir),
        "PORTAL_BIND": f"{host}:{port}",
        "PORTAL_PUBLIC_URL": f"http://{host}:{port}",
        "PORTAL_DATABASE_URL": settings.database_url,
    }


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless. What is expected of a page may take as long as what is done to it: 30 seconds."""
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def desktop(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True, device_scale_factor=2
    )
    yield context
    context.close()
