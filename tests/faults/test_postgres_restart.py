"""PostgreSQL goes away in the middle and comes back: requests fail only meanwhile, and nothing confirmed is lost."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select

from portal import migration
from portal.config import read_settings
from portal.extensions import db
from portal.lib.sealing import make_key_ring, write_key_ring
from portal.records.models import Record
from tests.factories.people import make_account, make_member
from tests.faults.traffic import Member, Traffic
from tests.servers import LivePortal, Postgres, free_port


@dataclass(frozen=True)
class Site:
    portal: LivePortal
    postgres: Postgres
    app: Flask


@pytest.fixture
def site(tmp_path) -> Iterator[Site]:
    """The portal on a PostgreSQL of its own, which keeps what it has confirmed."""
    postgres = Postgres(fsync="on", synchronous_commit="on", full_page_writes="on")
    port = free_port()
    environ = {
        "PORTAL_DATA_DIR": str(tmp_path),
        "PORTAL_BIND": f"127.0.0.1:{port}",
        "PORTAL_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORTAL_DATABASE_URL": f"{postgres.url}/postgres",
    }
    write_key_ring(tmp_path / "keys.json", make_key_ring())
    app = migration.create_app(read_settings(environ))
    with app.app_context():
        from flask_migrate import upgrade

        upgrade()
        make_member(make_account())
        db.session.remove()
    portal = LivePortal(environ)
    yield Site(portal, postgres, app)
    portal.stop()
    with app.app_context():
        db.engine.dispose()
    postgres.stop()


def test_requests_fail_only_while_the_database_is_down(site: Site, capsys) -> None:
    member = Member(site.portal.port)
    with Traffic(site.portal.port, count=2) as traffic:
        traffic.await_confirmed(10)
        site.postgres.halt()
        assert member.ask("GET", "/healthz")[0] == 200
        for address in ("/readyz", "/admin/records", "/q/0123456789ABCDEF"):
            status, page = member.ask("GET", address)
            assert status == 503, address
            assert "Not available right now" in page
        site.postgres.start()
        # By itself, without a restart of the portal, and without a request lost to a stale connection.
        statuses = [member.ask("GET", "/admin/records")[0] for _ in range(20)]
        assert statuses == [200] * 20
        assert member.ask("GET", "/readyz")[0] == 200
        while not traffic.news.empty():
            traffic.news.get()
        traffic.await_confirmed(10)
        assert traffic.news.empty() or set(traffic.news.queue) == {"confirmed"}
    with site.app.app_context():
        kept = set(db.session.scalars(select(Record.name)))
        db.session.remove()
    with capsys.disabled():
        print(
            f"\nPostgreSQL restart: {len(traffic.confirmed)} confirmed, {len(traffic.failed)} failed meanwhile, "
            f"{len(kept - set(traffic.confirmed))} kept without an answer"
        )
    assert set(traffic.confirmed) <= kept <= {*traffic.confirmed, *traffic.failed}
