"""What it costs to look at a phone's token on every request, and what many devices cost.

Run: .venv/bin/python bench/phones.py [devices]. SQLite always; PostgreSQL too when PORTAL_BENCH_POSTGRES is the address
of an empty database (postgresql+psycopg://...), whose tables are made and left there. All in one process; ratios are of
medians of interleaved turns, so that they hold on any machine. No application context is held open around requests:
they would share it, and with it who is signed in.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import event, insert, select, text

from portal.accounts.models import ADMIN, Account, AuthSession, Membership, User
from portal.config import read_settings
from portal.database import reading
from portal.devices import phones, sessions, tokens
from portal.devices.models import APP, Device, DeviceSession, RefreshToken
from portal.extensions import db
from portal.lib.sealing import make_key_ring, write_key_ring
from portal.lib.secrets import digest, make_public_id, make_secret
from portal.migration import create_app

SMALL = 100
LARGE = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
ROUNDS = 200
PAGE_ROUNDS = 15
TARGET = 5.0  # a search looks at every device of the company
HOST = "https://qr.example.com"
PAGES = {
    "devices page": "/admin/devices",
    "devices page, by name": "/admin/devices?sort=name",
    "devices page, last": "/admin/devices?page={last}",
    "devices page, search": "/admin/devices?q=pixel+77",
    "API list, 50": "/api/v1/admin/app/devices?limit=50",
    "API list, 50 at the end": "/api/v1/admin/app/devices?limit=50&offset={offset}",
    "Mobile App page": "/admin/mobile-app",
}

Turn = Callable[[], object]


def make_app(folder: Path, database_url: str | None) -> Flask:
    write_key_ring(folder / "keys.json", make_key_ring())
    environ = {"PORTAL_DATA_DIR": str(folder), "PORTAL_PUBLIC_URL": HOST}
    app = create_app(read_settings(environ | ({"PORTAL_DATABASE_URL": database_url} if database_url else {})))
    with app.app_context():
        upgrade()
    return app


def fill(name: str, count: int) -> str:
    """A company with an admin and so many phones, each with a session and a refresh token; the admin's session."""
    now = datetime.now(UTC)
    account = Account(name=name, created_at=now)
    user = User(email=f"{name}@example.com", name=name, password_hash=make_secret(), created_at=now)
    db.session.add_all([account, user])
    db.session.flush()
    db.session.add(Membership(account_id=account.id, user_id=user.id, role=ADMIN, permissions=[], created_at=now))
    secret = make_secret()
    signed_in = {"user_id": user.id, "account_id": account.id}
    moments = {"created_at": now, "last_seen_at": now}
    db.session.add(AuthSession(secret_hash=digest(secret), browser="", **signed_in, **moments))
    for start in range(0, count, 1_000):
        numbers = range(start, min(start + 1_000, count))
        devices = [device_row(account.id, user.id, number, now) for number in numbers]
        ids = db.session.scalars(insert(Device).returning(Device.id, sort_by_parameter_order=True), devices).all()
        rows = [session_row(account.id, user.id, one, now) for one in ids]
        opened = db.session.scalars(insert(DeviceSession).returning(DeviceSession.id), rows).all()
        links = [{"session_id": one, "token_hash": digest(make_secret()), "created_at": now} for one in opened]
        db.session.execute(insert(RefreshToken), links)
    db.session.commit()
    return secret


def device_row(account_id: int, user_id: int, number: int, now: datetime) -> dict[str, object]:
    mixed = number * 7919 % 1_000_003
    return {
        "account_id": account_id,
        "public_id": make_public_id(),
        "name": f"Pixel {mixed}",
        "platform": ("Android", "iOS")[mixed % 2],
        "user_id": user_id,
        "created_at": now,
        "connected_at": now - timedelta(seconds=mixed),
        "last_active_at": now,
    }


def session_row(account_id: int, user_id: int, device_id: int, now: datetime) -> dict[str, object]:
    limits = {"idle_expires_at": now + sessions.IDLE_LIFE, "absolute_expires_at": now + sessions.LIFE}
    return limits | {
        "account_id": account_id,
        "public_id": make_public_id(),
        "device_id": device_id,
        "user_id": user_id,
        "client_id": sessions.CLIENT_ID,
        "scope": APP,
        "created_at": now,
        "last_used_at": now,
    }


def medians(turns: dict[str, Turn], rounds: int) -> dict[str, float]:
    """Seconds of each, taken in turns; the first two of each are not counted."""
    times: dict[str, list[float]] = {name: [] for name in turns}
    for number in range(rounds + 2):
        for name, turn in turns.items():
            start = time.perf_counter()
            turn()
            if number >= 2:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def measure_token(app: Flask) -> None:
    """A request with a bearer token against one without; the signature alone against the row."""
    own, now = app.extensions["portal"], datetime.now(UTC)
    with app.app_context():
        engine = db.engine
        row = db.session.scalars(select(DeviceSession).order_by(DeviceSession.id.desc()).limit(1)).one()
        facts = sessions.facts_of(db.session(), row)
    bearer = sessions.issue(own.key_ring, HOST, facts, now).access_token
    claims = tokens.read(own.key_ring, HOST, bearer, now)
    assert isinstance(claims, tokens.Claims)
    client, headers = app.test_client(), {"Authorization": f"Bearer {bearer}"}

    def get(path: str, **more: object) -> None:
        answer = client.get(path, base_url=HOST, **more)
        assert answer.status_code == 200, (answer.status_code, path)

    def read_row() -> None:
        with reading(), engine.connect() as connection:
            assert isinstance(phones.find_phone(connection, claims, now), phones.Phone)

    found = medians(
        {
            "open door": lambda: get("/.well-known/jwks.json"),
            "with a bearer token": lambda: get("/api/v1/app/me", headers=headers),
            "signature": lambda: tokens.read(own.key_ring, HOST, bearer, now),
            "row": read_row,
        },
        ROUNDS,
    )
    for name, seconds in found.items():
        print(f"  {name:32} {seconds * 1e3:8.2f} ms")
    print(f"  bearer token / open door         x{found['with a bearer token'] / found['open door']:.2f}")
    print(f"  signature / row                  x{found['signature'] / found['row']:.2f}")


def measure_lists(app: Flask, people: dict[str, tuple[str, int]]) -> None:
    """Lists of a company with few devices against one with many."""
    worst, clients = 0.0, {name: sign_in(app, secret) for name, (secret, _) in people.items()}
    for label, template in PAGES.items():
        turns: dict[str, Turn] = {}
        asked: dict[str, int] = {}
        for name, (_, count) in people.items():
            path = template.format(last=max(1, count // 50), offset=max(0, count - 50))
            turns[name] = visit(clients[name], path)
            asked[name] = statements(app, turns[name])
        found = medians(turns, PAGE_ROUNDS)
        small, large = (found[name] * 1e3 for name in ("small", "large"))
        worst = max(worst, large / small)
        counts = " and ".join(str(asked[name]) for name in ("small", "large"))
        told = "" if large / small < TARGET else "   over the target"
        print(f"  {label:32} {small:8.1f} ms {large:8.1f} ms   x{large / small:.2f}   {counts} statements{told}")
    print(f"  worst ratio x{worst:.2f}, target under x{TARGET:g}")


def sign_in(app: Flask, secret: str) -> FlaskClient:
    client = app.test_client()
    with client.session_transaction(base_url=HOST) as cookie:
        cookie["_user_id"] = secret
        cookie["_fresh"] = True
    return client


def visit(client: FlaskClient, path: str) -> Turn:
    def turn() -> None:
        answer = client.get(path, base_url=HOST)
        assert answer.status_code == 200 and "Pixel" in answer.text, (answer.status_code, path)

    return turn


def statements(app: Flask, turn: Turn) -> int:
    """How many reads one turn asks for, after a first one."""
    turn()
    with app.app_context():
        engine = db.engine
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    turn()
    event.remove(engine, "before_cursor_execute", note)
    return len([one for one in asked if one.lstrip().upper().startswith("SELECT")])


def run(title: str, folder: Path, database_url: str | None) -> None:
    app = make_app(folder, database_url)
    with app.app_context():
        people = {name: (fill(name, count), count) for name, count in (("small", SMALL), ("large", LARGE))}
        fill("neighbour", LARGE)
        if database_url:
            db.session.execute(text("ANALYZE"))
            db.session.commit()
    print(f"{title}: a token among {2 * LARGE + SMALL:,} devices")
    measure_token(app)
    print(f"{title}: {SMALL} devices, {LARGE:,} devices, ratio")
    measure_lists(app, people)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        run("SQLite", Path(folder), None)
    if os.environ.get("PORTAL_BENCH_POSTGRES"):
        with tempfile.TemporaryDirectory() as folder:
            run("PostgreSQL", Path(folder), os.environ["PORTAL_BENCH_POSTGRES"])
