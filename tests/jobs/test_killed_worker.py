"""A real worker process, killed the hard way in the middle of its work: nothing is lost, and what is unsure says so."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from portal.extensions import db
from portal.jobs.mails import post
from portal.jobs.models import DONE, RUNNING, Job, Mail, Schedule
from portal.lib.clock import utc_now
from tests.conftest import live_environ
from tests.factories.people import make_account
from tests.servers import ROOT, wait_until
from tests.smtp import SmtpServer


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def start(settings, smtp) -> Iterator:
    """Starts workers; whatever still runs at the end is killed."""
    started = []

    def begin() -> subprocess.Popen:
        environ = {**os.environ, **live_environ(settings), "PORTAL_SMTP_URL": smtp.url}
        process = subprocess.Popen([sys.executable, "-m", "portal", "worker"], cwd=ROOT, env=environ)
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def kill(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def minds_its_end(process: subprocess.Popen) -> bool:
    """Whether the worker has its handler of SIGTERM already (proc(5), SigCgt); until then it ends at once."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    [caught] = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")]
    return bool(int(caught, 16) & 1 << signal.SIGTERM - 1)


def stored() -> Mail:
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(Mail).one()


def wait_for(holds: Callable[[], bool]) -> None:
    """Looks at the database until it holds. On SQLite a look locks all writers out, so each ends at once."""

    def look() -> bool:
        db.session.rollback()
        found = holds()
        db.session.rollback()
        return found

    wait_until(look)


def write() -> None:
    post(
        db.session(), account_id=None, kind="test", recipient="olga@example.com", subject="Truck 7",
        text_body="Hello", html_body="", now=utc_now(),
    )  # fmt: skip
    db.session.commit()


def test_killed_while_the_server_thinks_the_mail_is_sent_again_under_the_same_name(app, smtp, start):
    with app.app_context():
        write()
        smtp.mood.answers.clear()
        worker = start()
        assert smtp.mood.text_taken.wait(30)
        kill(worker)
        mail = stored()
        assert mail.state == RUNNING and mail.handed_at is not None and mail.sent_at is None
        mail.leased_until = utc_now() - timedelta(seconds=1)
        db.session.commit()
        smtp.mood.answers.set()
        start()
        wait_for(lambda: stored().state == DONE)
        assert len({one.message["Message-ID"] for one in smtp.received}) == 1
        assert stored().try_count == 2


def test_killed_before_the_text_nobody_gets_it_twice(app, smtp, start):
    with app.app_context():
        write()
        smtp.mood.refuse["RCPT"] = "250-more to come"  # and nothing comes: the worker waits for the rest
        worker = start()
        wait_for(lambda: smtp.talks == 1 and stored().state == RUNNING)
        kill(worker)
        assert stored().handed_at is None
        del smtp.mood.refuse["RCPT"]
        mail = stored()
        mail.leased_until = utc_now() - timedelta(seconds=1)
        db.session.commit()
        start()
        wait_for(lambda: stored().state == DONE)
        assert len(smtp.received) == 1


def test_two_workers_share_one_timetable(app, start):
    """Each thing is done once, however many look."""
    with app.app_context():
        account = make_account(timezone="UTC")
        name = f"reminders of account {account.id}"
        db.session.add(Schedule(name=name, next_at=utc_now() - timedelta(minutes=1)))
        db.session.commit()
        workers = [start(), start()]
        wait_for(lambda: db.session.query(Job).filter_by(kind="records.remind", state=DONE).count() > 0)
        wait_until(lambda: all(map(minds_its_end, workers)))
        for worker in workers:
            worker.terminate()
        assert [worker.wait(30) for worker in workers] == [0, 0]
        db.session.rollback()
        assert db.session.query(Job).filter_by(kind="records.remind").count() == 1
        db.session.expire_all()
        assert db.session.query(Schedule).filter_by(name=name).one().next_at > utc_now()
