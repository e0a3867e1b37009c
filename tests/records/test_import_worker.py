"""10,000 rows through a real worker process that is killed in the middle; and the two commands as processes."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from portal.audit.models import AuditEvent
from portal.extensions import db
from portal.jobs.models import DONE, RUNNING, Job
from portal.lib.clock import utc_now
from portal.records.jobs import APPLY, IMPORT, enqueue_import
from portal.records.models import Record
from portal.stickers.models import Sticker
from tests.conftest import live_environ
from tests.factories.people import make_account
from tests.factories.things import make_record
from tests.records.importing import ACTOR, sheet_bytes

ROOT = Path(__file__).resolve().parents[2]
PORTAL = [sys.executable, "-m", "portal"]
ROWS = 10_000


def people(count: int) -> bytes:
    rows = [
        [f"Person {one}", f"P-{one}", f"p{one}@example.com", f"p{one // 10}@example.com" if one else ""]
        for one in range(count)
    ]
    return sheet_bytes(["name", "tag", "e-mail", "supervisor"], *rows)


@pytest.fixture
def environ(base_settings) -> dict[str, str]:
    return {**os.environ, **live_environ(base_settings)}


@pytest.fixture
def start_worker(environ):
    started = []

    def start() -> subprocess.Popen:
        started.append(subprocess.Popen([*PORTAL, "worker"], cwd=ROOT, env=environ, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            process.wait(timeout=30)


def await_job(app, worker: subprocess.Popen, wanted) -> Job:
    """Looks at the job until ``wanted`` holds; the worker must live as long."""
    deadline = time.monotonic() + 150
    with app.app_context():
        while time.monotonic() < deadline:
            assert worker.poll() is None, "the worker ended"
            job = db.session.query(Job).filter_by(kind=IMPORT).one()
            db.session.rollback()
            if wanted(job):
                return job
            db.session.remove()
            try:
                worker.wait(timeout=0.02)
            except subprocess.TimeoutExpired:
                continue
    raise AssertionError("the job never came so far")


def test_a_killed_import_is_applied_exactly_once(app, settings, start_worker):
    with app.app_context():
        account = make_account()
        enqueue_import(
            db.session(),
            settings.job_dir,
            account_id=account.id,
            actor=ACTOR,
            kind="contact",
            mode=APPLY,
            file_name="people.csv",
            data=people(ROWS),
            now=utc_now(),
        )
        db.session.commit()
    first = start_worker()
    seen = await_job(app, first, lambda job: job.state == RUNNING and job.percent > 5)
    os.kill(first.pid, signal.SIGKILL)
    first.wait(timeout=30)
    with app.app_context():
        job = db.session.query(Job).filter_by(kind=IMPORT).one()
        assert (job.state, job.try_count) == (RUNNING, 1), f"killed at {seen.percent} %"
        assert db.session.scalar(select(func.count(Record.id))) == 0
        job.leased_until = utc_now() - timedelta(seconds=1)  # the lease's minute, without waiting for it
        db.session.commit()
    second = start_worker()
    job = await_job(app, second, lambda job: job.state == DONE)
    assert (job.try_count, job.result["counts"]["created"], job.result["applied"]) == (2, ROWS, True)
    with app.app_context():
        for table, count in ((Record, ROWS), (Sticker, ROWS)):
            assert db.session.scalar(select(func.count(table.id))) == count
        assert db.session.query(AuditEvent).filter_by(action="records.import").count() == 1
        assert db.session.query(Record).filter(Record.supervisor_id.is_(None)).count() == 1
    os.kill(second.pid, signal.SIGTERM)
    assert second.wait(timeout=30) == 0


def run(environ, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([*PORTAL, *arguments], cwd=ROOT, env=environ, capture_output=True, timeout=120, check=False)


def test_the_commands_import_check_and_export(app, environ, tmp_path):
    with app.app_context():
        make_record(make_account(), name="Van", tag="V-1")
    good, bad, out = (tmp_path / name for name in ("good.csv", "bad.csv", "out.csv"))
    good.write_bytes(sheet_bytes(["tag", "name"], ["V-1", "Van 2"], ["V-2", "New"]))
    bad.write_bytes(sheet_bytes(["name", "year"], ["Bad", "soon"]))
    shared = ("--account", "North Yard Haulage", "--kind", "vehicle")
    dry = run(environ, "import", *shared, str(good), "--dry-run")
    assert (dry.returncode, b"Would be created 1, updated 1" in dry.stdout) == (0, True), dry.stderr
    refusal = run(environ, "import", *shared, str(bad))
    assert (refusal.returncode, b"Line 2, column year" in refusal.stdout) == (1, True), refusal.stderr
    with app.app_context():
        assert db.session.query(Record).one().name == "Van"
    done = run(environ, "import", *shared, str(good))
    assert (done.returncode, b"Created 1, updated 1" in done.stdout) == (0, True), done.stderr
    with app.app_context():
        assert sorted(db.session.scalars(select(Record.name))) == ["New", "Van 2"]
        assert db.session.query(Sticker).count() == 2
    assert run(environ, "export", *shared, str(out)).returncode == 0
    assert run(environ, "export", *shared).stdout == out.read_bytes()
    nowhere = run(environ, "export", *shared, str(tmp_path / "none" / "out.csv"))
    assert (nowhere.returncode, b"cannot be written" in nowhere.stderr) == (2, True)
    assert b"Traceback" not in nowhere.stderr
    again = run(environ, "import", *shared, str(out))
    assert b"unchanged 2" in again.stdout
    assert run(environ, "import", "--account", "Nobody", "--kind", "vehicle", str(good)).returncode == 2
    assert run(environ, "import", *shared, str(tmp_path / "missing.csv")).returncode == 2
    assert run(environ, "import", *shared, "--kind", "boat", str(good)).returncode == 2
