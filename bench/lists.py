"""Time of a list's page with 100 records in the account against 100,000, through the whole application in one process.

Run: .venv/bin/python bench/lists.py [records]. SQLite always; PostgreSQL too when PORTAL_BENCH_POSTGRES is the address
of an empty database (postgresql+psycopg://...), whose tables are made and left there. A second account of the large
size stands beside both, so what others have is paid for too if it costs. Ratios are of medians of interleaved requests.
"""

import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import insert, text

from portal.accounts.models import ADMIN, Account, AuthSession, Membership, User
from portal.config import read_settings
from portal.extensions import db
from portal.lib.sealing import make_key_ring, write_key_ring
from portal.lib.secrets import digest, make_public_id, make_secret
from portal.migration import create_app
from portal.records import search
from portal.records.models import Record

SMALL = 100
LARGE = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
ROUNDS = 15
TARGET = 3.0
PAGES = {
    "list": "kind=vehicle",
    "list, all kinds": "",
    "by tag": "kind=vehicle&sort=tag",
    "by change, newest": "kind=vehicle&sort=-updated",
    "by expiry": "kind=vehicle&sort=expiry",
    "filter owner": "kind=vehicle&owner={owner}",
    "filter expired": "kind=vehicle&expiry=expired",
    "filter due": "kind=vehicle&expiry=due",
    "filter valid": "kind=vehicle&expiry=valid",
    "without owner": "kind=vehicle&without=owner",
    "search, narrow": "kind=vehicle&q={tag}",
    "search, broad": "kind=vehicle&q=truck",
    "search, broad, not first word": "kind=vehicle&q=depot",
    "search, two words": "kind=vehicle&q=truck+depot",
    "search, nothing": "kind=vehicle&q=zeppelin",
    "search, 2 characters": "kind=vehicle&q=tr",
    "search, broad, newest": "kind=vehicle&q=truck&sort=-updated",
    "picker": "choices",
}
COLOURS = ("amber", "black", "blue", "cyan", "green", "grey", "lime", "red", "teal", "white")


def make_app(folder: Path, database_url: str | None) -> Flask:
    write_key_ring(folder / "keys.json", make_key_ring())
    environ = {"PORTAL_DATA_DIR": str(folder), "PORTAL_PUBLIC_URL": "https://qr.example.com"}
    app = create_app(read_settings(environ | ({"PORTAL_DATABASE_URL": database_url} if database_url else {})))
    with app.app_context():
        upgrade()
    return app


def fill(name: str, count: int) -> tuple[str, dict[str, str]]:
    """An account of ``count`` vehicles and an owner; returns a session's secret and what the pages' addresses need."""
    now = datetime.now(UTC)
    account = Account(name=name, created_at=now)
    user = User(email=f"{name}@example.com", name=name, password_hash=make_secret(), created_at=now)
    db.session.add_all([account, user])
    db.session.flush()
    db.session.add(Membership(account_id=account.id, user_id=user.id, role=ADMIN, permissions=[], created_at=now))
    secret = make_secret()
    db.session.add(
        AuthSession(
            secret_hash=digest(secret),
            user_id=user.id,
            account_id=account.id,
            browser="",
            created_at=now,
            last_seen_at=now,
        )
    )
    owner = Record(**row(account.id, "contact", 0, None, now))
    db.session.add(owner)
    db.session.flush()
    for start in range(0, count, 5_000):
        numbers = range(start, min(start + 5_000, count))
        db.session.execute(insert(Record), [row(account.id, "vehicle", number, owner.id, now) for number in numbers])
    db.session.commit()
    return secret, {"owner": owner.public_id, "tag": f"T-{count * 2 // 3:06d}"}


def row(account_id: int, kind: str, number: int, owner_id: int | None, now: datetime) -> dict[str, Any]:
    """One record's columns: names in mixed order, four in five vehicles with an expiration, few with an owner."""
    mixed = number * 7919 % 1_000_003
    is_vehicle = kind == "vehicle"
    name = f"{('Truck', 'Trailer', 'Van', 'Lift')[mixed % 4]} {COLOURS[mixed % 10]} {mixed} depot {mixed % 37}"
    expires_on = now.date() + timedelta(days=mixed % 800 - 100) if mixed % 5 and is_vehicle else None
    fields = {"name": name, "tag": f"T-{number:06d}" if is_vehicle else "", "plate": f"KR {mixed}"}
    return fields | {
        "account_id": account_id,
        "kind": kind,
        "public_id": make_public_id(),
        "owner_id": owner_id if number % 75 == 0 or number < 60 else None,
        "name_key": search.name_key(name),
        "tag_key": search.tag_key(fields["tag"]),
        "search_text": search.search_text(account_id, fields),
        "next_expires_on": expires_on,
        "next_warns_on": expires_on and expires_on - timedelta(days=30),
        "created_at": now,
        "updated_at": now - timedelta(seconds=mixed),
        "version": 1,
    }


def measure(app: Flask, people: dict[str, tuple[str, dict[str, str]]]) -> float:
    clients = {}
    for name, (secret, _) in people.items():
        client = app.test_client()
        with client.session_transaction(base_url="https://qr.example.com") as cookie:
            cookie["_user_id"] = secret
            cookie["_fresh"] = True
        clients[name] = client
    worst = 0.0
    for label, query in PAGES.items():
        times: dict[str, list[float]] = {name: [] for name in people}
        for turn in range(ROUNDS + 2):
            for name, (_, values) in people.items():
                path = (
                    "/admin/records/choices?kind=vehicle&q=tru"
                    if query == "choices"
                    else "/admin/records?" + query.format(**values)
                )
                start = time.perf_counter()
                answer = clients[name].get(path, base_url="https://qr.example.com")
                if turn >= 2:
                    times[name].append(time.perf_counter() - start)
                assert answer.status_code == 200, (answer.status_code, path)
        small, large = (statistics.median(times[name]) * 1e3 for name in ("small", "large"))
        ratio = large / small
        worst = max(worst, ratio)
        told = "" if ratio < TARGET else "   over the target"
        print(f"  {label:32} {small:8.1f} ms {large:8.1f} ms   x{ratio:.2f}{told}")
    return worst


def run(title: str, folder: Path, database_url: str | None) -> None:
    app = make_app(folder, database_url)
    with app.app_context():
        sizes = {"small": SMALL, "large": LARGE, "neighbour": LARGE}
        people = {name: fill(name, size) for name, size in sizes.items()}
        if database_url:
            db.session.execute(text("ANALYZE"))
            db.session.commit()
    del people["neighbour"]
    print(f"{title}: {SMALL} records, {LARGE:,} records, ratio")
    worst = measure(app, people)
    print(f"  worst ratio x{worst:.2f}, target under x{TARGET:g}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        run("SQLite", Path(folder), None)
    if os.environ.get("PORTAL_BENCH_POSTGRES"):
        with tempfile.TemporaryDirectory() as folder:
            run("PostgreSQL", Path(folder), os.environ["PORTAL_BENCH_POSTGRES"])
