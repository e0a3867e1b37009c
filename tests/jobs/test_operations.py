"""The queue on a real database: one worker per job, leases, retries, the end."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from portal.extensions import db
from portal.jobs import operations, queries
from portal.jobs.models import DEAD, DONE, QUEUED, RUNNING, Job
from portal.jobs.operations import LEASE, LeaseLost

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def add_job(kind: str = "records.import", **payload) -> str:
    job = operations.enqueue(db.session(), kind=kind, account_id=None, user_id=None, payload=payload, now=NOW)
    db.session.commit()
    return job.public_id


def take(now: datetime = NOW):
    job = operations.take(db.session(), now)
    db.session.commit()
    return job


def stored(public_id: str) -> Job:
    db.session.expire_all()
    return db.session.query(Job).filter_by(public_id=public_id).one()


@pytest.fixture(autouse=True)
def _context(app):
    with app.app_context():
        yield


def test_a_job_exists_only_when_its_transaction_commits():
    operations.enqueue(db.session(), kind="x", account_id=None, user_id=None, payload={}, now=NOW)
    db.session.rollback()
    assert take() is None
    assert not queries.has_due(db.session(), NOW)


def test_jobs_are_taken_once_in_the_order_they_were_due():
    first, second = add_job(number=1), add_job(number=2)
    assert queries.has_due(db.session(), NOW)
    assert [take().public_id, take().public_id] == [first, second]
    assert take() is None
    assert stored(first).state == RUNNING


def test_a_job_is_not_taken_before_its_time():
    operations.enqueue(db.session(), kind="x", account_id=None, user_id=None, payload={}, now=NOW + SECOND)
    db.session.commit()
    assert take(NOW) is None
    assert take(NOW + SECOND) is not None


def test_two_workers_at_once_take_two_different_jobs_and_never_one_twice():
    expected = {add_job(number=number) for number in range(12)}
    db.session.remove()
    engine, taken, barrier = db.engine, [], threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        with Session(engine) as session:
            while (job := operations.take(session, NOW)) is not None:
                session.commit()
                taken.append(job.public_id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(expected)


def test_finish_keeps_the_result():
    public_id = add_job()
    operations.finish(db.session(), take(), {"created": 3}, NOW)
    db.session.commit()
    job = stored(public_id)
    assert (job.state, job.percent, job.result) == (DONE, 100, {"created": 3})
    assert (job.finished_at, job.leased_until) == (NOW, None)


def test_a_lease_that_is_renewed_holds_and_one_that_is_not_is_taken_over():
    add_job()
    first = take()
    later = NOW + LEASE - SECOND
    operations.progress(db.session(), first, 40, later)
    db.session.commit()
    assert take(NOW + LEASE + SECOND) is None, "the renewed lease was not kept"
    second = take(later + LEASE + SECOND)
    assert second.public_id == first.public_id
    assert second.try_count == 2


@pytest.mark.parametrize("verb", ["progress", "finish", "retry", "bury", "release"])
def test_a_worker_that_lost_its_lease_can_write_nothing(verb):
    public_id = add_job()
    first = take()
    after = NOW + LEASE + SECOND
    take(after)
    arguments = {"progress": (50,), "finish": ({},), "retry": ("why",), "bury": ("why",), "release": ()}[verb]
    with pytest.raises(LeaseLost):
        getattr(operations, verb)(db.session(), first, *arguments, after)
    db.session.rollback()
    assert (stored(public_id).state, stored(public_id).try_count) == (RUNNING, 2)


def test_a_fault_is_tried_again_with_growing_pauses_and_dies_after_five():
    public_id, now, pauses = add_job(), NOW, []
    for _ in range(4):
        operations.retry(db.session(), take(now), "the mail server is away", now)
        db.session.commit()
        job = stored(public_id)
        assert job.state == QUEUED
        pauses.append(job.run_at - now)
        assert take(job.run_at - timedelta(milliseconds=1)) is None
        now = job.run_at
    assert pauses == sorted(set(pauses)), "each pause is longer than the one before"
    operations.retry(db.session(), take(now), "the mail server is away", now)
    db.session.commit()
    assert (stored(public_id).state, stored(public_id).fault) == (DEAD, "the mail server is away")
    assert take(now + timedelta(days=1)) is None


def test_a_job_that_kills_its_worker_every_time_is_dead_after_five():
    public_id, now = add_job(), NOW
    for _ in range(5):
        assert take(now) is not None
        now += LEASE + SECOND
    assert take(now) is None
    assert stored(public_id).state == DEAD
    assert "five times" in stored(public_id).fault


def test_release_costs_no_try():
    public_id = add_job()
    for _ in range(7):
        operations.release(db.session(), take(), NOW)
        db.session.commit()
    assert (stored(public_id).state, stored(public_id).try_count) == (QUEUED, 0)


def test_prune_forgets_old_ended_jobs_only():
    old, young, waiting = add_job(), add_job(), None
    operations.finish(db.session(), take(), {}, NOW - timedelta(days=8))
    operations.bury(db.session(), take(), "no", NOW)
    waiting = add_job()
    assert operations.prune(db.session(), NOW - timedelta(days=7)) == [old]
    db.session.commit()
    assert {job.public_id for job in db.session.query(Job)} == {young, waiting}
