"""The worker's loop with handlers of the test's own: commits per step, faults, stopping."""

import threading
from datetime import timedelta

import pytest

from portal import worker
from portal.audit.models import AuditEvent
from portal.audit.operations import WORKER, record
from portal.errors import Refused
from portal.extensions import db
from portal.jobs import operations
from portal.jobs.models import DEAD, DONE, QUEUED, Job
from portal.lib.clock import utc_now


def note(session, action: str) -> None:
    record(session, account_id=None, actor=WORKER, action=action, now=utc_now())


def notes() -> list[str]:
    return [event.action for event in db.session.query(AuditEvent).order_by(AuditEvent.id)]


@pytest.fixture(autouse=True)
def _context(app):
    with app.app_context():
        yield


@pytest.fixture
def parts(app):
    return app.extensions["portal"]


def add_job() -> None:
    operations.enqueue(db.session(), kind="test", account_id=None, user_id=None, payload={"n": 2}, now=utc_now())
    db.session.commit()


def work(parts, handler, stop: threading.Event | None = None) -> Job:
    add_job()
    assert worker.work_once(parts, stop or threading.Event(), {"test": handler})
    db.session.rollback()
    return db.session.query(Job).one()


def test_steps_commit_with_progress_and_the_end_with_the_result(parts):
    seen = []

    def handler(session, _parts, job):
        note(session, "one")
        yield 50
        db.session.rollback()
        seen.append((notes(), db.session.query(Job).one().percent))
        db.session.rollback()
        note(session, "two")
        return {"answer": job.payload["n"] * 21}

    job = work(parts, handler)
    assert seen == [(["one"], 50)]
    assert (job.state, job.result, notes()) == (DONE, {"answer": 42}, ["one", "two"])


def test_a_fault_undoes_its_step_and_waits_for_another_try(parts):
    def handler(session, _parts, _job):
        note(session, "kept")
        yield 10
        note(session, "undone")
        raise RuntimeError("broken")

    job = work(parts, handler)
    assert (job.state, notes()) == (QUEUED, ["kept"])
    assert job.run_at > utc_now()
    assert "broken" not in job.fault, "a fault's text is for the log, not for people"


def test_a_refusal_is_final_and_keeps_its_sentence(parts):
    def handler(_session, _parts, _job):
        yield 10
        raise Refused("Choose another file.")

    job = work(parts, handler)
    assert (job.state, job.fault) == (DEAD, "Choose another file.")


def test_stop_releases_the_job_untried_and_undoes_the_step(parts):
    stop = threading.Event()

    def handler(session, _parts, _job):
        note(session, "undone")
        stop.set()
        yield 10
        raise AssertionError("worked on after the stop")

    job = work(parts, handler, stop)
    assert (job.state, job.try_count, notes()) == (QUEUED, 0, [])


def test_a_lost_lease_commits_nothing(parts):
    def handler(session, _parts, _job):
        yield 10
        db.session.execute(db.update(Job).values(try_count=2, leased_until=utc_now() + timedelta(minutes=1)))
        db.session.commit()
        note(session, "late")
        return {}

    work(parts, handler)
    assert notes() == []


def test_an_unknown_kind_is_dead_with_a_reason(parts):
    add_job()
    assert worker.work_once(parts, threading.Event(), {})
    db.session.rollback()
    job = db.session.query(Job).one()
    assert job.state == DEAD
    assert "test" in job.fault


def test_nothing_to_do_says_so(parts):
    assert not worker.work_once(parts, threading.Event(), {})


def test_the_loop_ends_when_asked_and_prunes_files_of_old_jobs(app, parts):
    add_job()
    job = db.session.query(Job).one()
    job.state, job.finished_at = DONE, utc_now() - timedelta(days=8)
    db.session.commit()
    folder = parts.settings.job_dir
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{job.public_id}.csv").write_text("name")
    (folder / "other.csv").write_text("name")
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(app, stop))
    thread.start()
    public_id = job.public_id
    while list(folder.glob(f"{public_id}*")):
        stop.wait(0.01)
    stop.set()
    thread.join(timeout=20)
    assert not thread.is_alive()
    assert [path.name for path in folder.iterdir()] == ["other.csv"]
    db.session.rollback()
    db.session.expire_all()  # a new job may have the old one's row id
    assert public_id not in {row.public_id for row in db.session.query(Job)}
