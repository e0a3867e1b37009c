"""kill -9 of web processes in the middle of writes: what was confirmed is there, and the database is whole."""

import os
import random
import signal

from sqlalchemy import func, select, text

from portal.extensions import db
from portal.records.models import Record
from portal.stickers.models import Sticker
from tests.factories.people import make_account, make_member
from tests.faults.traffic import Traffic

ROUNDS = 6


def test_every_confirmed_write_survives_kill_9(live, live_app, capsys) -> None:
    with live_app.app_context():
        make_member(make_account())
    chance = random.Random(7)
    with Traffic(live.port) as traffic:
        for _ in range(ROUNDS):
            traffic.await_confirmed(chance.randint(3, 12))
            os.kill(chance.choice(live.web_processes()), signal.SIGKILL)
        traffic.await_confirmed(5)
    with live_app.app_context():
        kept = list(db.session.scalars(select(Record.name)))
        sticker_count = db.session.scalar(select(func.count()).select_from(Sticker))
        if db.engine.dialect.name == "sqlite":
            assert db.session.scalar(text("PRAGMA integrity_check")) == "ok"
            assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []
    with capsys.disabled():
        print(f"\nkill -9: {ROUNDS} kills, {len(traffic.confirmed)} confirmed, {len(traffic.failed)} failed requests")
    assert set(traffic.confirmed) <= set(kept)
    assert set(kept) <= {*traffic.confirmed, *traffic.failed}
    assert len(kept) == len(set(kept)) == sticker_count  # a record and its sticker are one transaction
