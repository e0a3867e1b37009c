"""The worker: takes jobs one after the other and runs the handler of each kind.

A handler is a generator: it does one step, yields how far it is (0-100), and returns the job's result. The worker
commits after every step, together with the progress; the last step's writes commit together with the end of the job, so
that a killed worker leaves either both or neither.
"""

import signal
import threading
import time
from collections.abc import Callable, Generator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal import postman
from portal.accounts.models import Account
from portal.audit.operations import Actor
from portal.database import reading
from portal.devices import cleanup as devices
from portal.enrollment import cleanup as enrollment
from portal.enrollment import pauses, replacements, replays
from portal.errors import Refused
from portal.extensions import db
from portal.jobs import operations, queries, schedule
from portal.jobs.operations import LeaseLost, TakenJob
from portal.labels import jobs as labels
from portal.lib.clock import today_in, utc_now
from portal.records import importing, reminders
from portal.records.drafts import Draft, FileRefused, read_drafts, read_sheet
from portal.records.jobs import APPLY, IMPORT, import_path
from portal.records.planning import make_plan
from portal.records.reports import make_report
from portal.stickers.operations import issue_missing
from portal.timetable import REMIND, TASKS, TIDY_DEVICES, TIDY_SCANS, Task
from portal.visits import retention, sightings
from portal.web.context import Portal
from portal.web.mailer import render

Steps = Generator[int, None, dict[str, Any]]
Handler = Callable[[Session, Portal, TakenJob], Steps]

IMPORT_CHUNK = 1_000  # rows read in one step
IDLE_PAUSE = 0.5  # seconds between looks at an empty queue
STEP_PAUSE = 0.02  # seconds between steps: on SQLite the web process gets its turn to write
TIMETABLE_PAUSE = 5.0  # seconds between looks at the timetable
POSTMAN_GRACE = 20  # seconds for a mail under way when the worker is asked to stop; later it is in doubt, see outbox
FAULT = "Something went wrong on our side. Nothing was changed. Tell whoever runs this portal if it happens again."

log = structlog.get_logger()


def import_records(session: Session, parts: Portal, job: TakenJob) -> Steps:
    """Reads the file in chunks without a transaction, plans with reads only, then applies in one transaction."""
    path = import_path(parts.settings.job_dir, job.public_id)
    with reading():
        account = session.get_one(Account, job.account_id)
        country, today = account.country, today_in(account.timezone, utc_now())
        session.rollback()
    try:
        sheet = read_sheet(job.payload["kind"], path.read_bytes())
    except FileRefused as refusal:
        raise Refused(refusal.sentence) from None
    except FileNotFoundError:
        raise Refused("The file is no longer here. Choose it again.") from None
    drafts: list[Draft] = []
    total = len(sheet.table.rows)
    yield 5
    for start in range(0, total, IMPORT_CHUNK):
        drafts += read_drafts(sheet, start, start + IMPORT_CHUNK, country=country, today=today)
        yield 5 + 65 * len(drafts) // total
    with reading():
        account_id = account.id
        plan = make_plan(session, account_id, sheet, drafts)
        session.rollback()
    if plan.refused or job.payload["mode"] != APPLY:
        return make_report(plan, applied=False)
    importing.prepare(account_id, plan)
    yield 80
    actor = Actor(job.user_id, job.payload["actor"])
    plan = importing.import_rows(session, account=account, sheet=sheet, drafts=drafts, now=utc_now(), actor=actor)
    if not plan.refused:
        issue_missing(session, account_id=account.id, now=utc_now())
    return make_report(plan, applied=not plan.refused)


def draw_labels(session: Session, parts: Portal, job: TakenJob) -> Steps:
    """A large print run: drawn while only reading, remembered in the transaction that ends the job."""
    account_id = job.account_id or 0
    with reading():
        drawn = labels.draw(
            session,
            parts.key_ring,
            parts.photos,
            account_id=account_id,
            payload=job.payload,
            public_url=parts.settings.public_url,
            font_dir=parts.settings.font_dir,
            target=parts.settings.job_dir / f"{job.public_id}.pdf",
        )
        session.rollback()
    yield 90
    return labels.remember(session, drawn, actor=Actor(job.user_id, job.payload["actor_name"]), now=utc_now())


def send_reminders(session: Session, parts: Portal, job: TakenJob) -> Steps:
    """Writes a company's reminders. A job that is late speaks of the day on which it runs."""
    yield 1
    account, now = session.get_one(Account, job.account_id), utc_now()
    count = reminders.write_digests(
        session,
        parts.key_ring,
        account=account,
        today=today_in(account.timezone, now),
        now=now,
        public_url=parts.settings.public_url,
        render=render,
    )
    return {"mails": count}


def tell_of_sighting(session: Session, parts: Portal, job: TakenJob) -> Steps:
    """Writes the mail that a lost or stolen thing was seen."""
    yield 1
    account = session.get_one(Account, job.account_id)
    sighting = sightings.from_payload(job.payload)
    is_told = sightings.tell_owner(
        session, account, sighting, public_url=parts.settings.public_url, render=render, now=utc_now()
    )
    return {"mails": int(is_told)}


def tidy_scans(session: Session, parts: Portal, job: TakenJob) -> Steps:
    """Deletes and anonymises old scans as the companies ask, a chunk in each step."""
    count = 0
    while changed := retention.apply(session, utc_now()):
        count += changed
        yield 50
    return {"scans": count}


def tidy_devices(session: Session, parts: Portal, job: TakenJob) -> Steps:
    """Ends and forgets what is over of phones and their ways in, a chunk in each step."""
    count = 0
    for tidy in (devices.tidy, enrollment.tidy):
        while rows := tidy(session, utc_now()).rows:
            count += rows
            yield 50
    return {"rows": count}


def tell_of_replay(session: Session, parts: Portal, job: TakenJob) -> Steps:
    """Writes the mails that a spent personal code was tried again."""
    yield 1
    account = session.get_one(Account, job.account_id)
    return {
        "mails": replays.tell_admins(
            session, account, job.payload, public_url=parts.settings.public_url, render=render, now=utc_now()
        )
    }


def tell_of_replacement(session: Session, parts: Portal, job: TakenJob) -> Steps:
    """Writes the mails that a device was taken over by another phone."""
    yield 1
    account = session.get_one(Account, job.account_id)
    return {
        "mails": replacements.tell_owner(
            session, account, job.payload, public_url=parts.settings.public_url, render=render, now=utc_now()
        )
    }


def tell_of_pause(session: Session, parts: Portal, job: TakenJob) -> Steps:
    """Writes the mails that typed codes rest for the whole installation."""
    yield 1
    url = parts.settings.public_url
    host = urlsplit(url).netloc
    return {"mails": pauses.tell_admins(session, job.payload, public_url=url, host=host, render=render, now=utc_now())}


HANDLERS: dict[str, Handler] = {
    IMPORT: import_records,
    labels.PRINT_JOB: draw_labels,
    REMIND: send_reminders,
    pauses.JOB: tell_of_pause,
    replacements.JOB: tell_of_replacement,
    replays.JOB: tell_of_replay,
    sightings.JOB: tell_of_sighting,
    TIDY_DEVICES: tidy_devices,
    TIDY_SCANS: tidy_scans,
}


def run(app: Flask, stop: threading.Event) -> None:
    """Works until ``stop`` is set; a job in hand is then released after its current step."""
    parts: Portal = app.extensions["portal"]
    # Daemons: a mail server that takes minutes to answer must not keep the worker from ending.
    postmen = [
        threading.Thread(target=postman.run, args=(app, server, stop), daemon=True)
        for server in postman.servers(parts.settings)
    ]
    for thread in postmen:
        thread.start()
    look_at = 0.0
    with app.app_context():
        while not stop.is_set():
            try:
                if time.monotonic() >= look_at:
                    run_timetable(parts)
                    look_at = time.monotonic() + TIMETABLE_PAUSE
                if work_once(parts, stop):
                    continue
            except OperationalError as fault:
                # The database restarts or is busy with a long write: the lease brings an unfinished job back.
                log.warning("database away", fault=str(fault.orig))
            stop.wait(IDLE_PAUSE)
    ends_at = time.monotonic() + POSTMAN_GRACE
    for thread in postmen:
        thread.join(max(0.0, ends_at - time.monotonic()))


def run_timetable(parts: Portal, tasks: dict[str, Task] = TASKS) -> None:
    """Does what is due of the timetable. The claim is committed first; work that fails comes again in its turn."""
    with Session(db.engine, expire_on_commit=False) as session:
        for name, task in tasks.items():
            now = utc_now()
            with reading():
                due = schedule.is_due(session, name, now)
                session.rollback()
            if not due:
                continue
            claimed = schedule.claim(session, name, now=now, first_at=now, next_at=now + task.every)
            session.commit()
            if claimed:
                _run_task(session, parts, name, task)


def _run_task(session: Session, parts: Portal, name: str, task: Task) -> None:
    try:
        task.work(session, parts, utc_now())
        session.commit()
    except OperationalError:
        raise
    except Exception as fault:
        session.rollback()
        log.error("timetable fault", name=name, exc_info=fault)


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set. To be called in the main thread."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def work_once(parts: Portal, stop: threading.Event, handlers: dict[str, Handler] | None = None) -> bool:
    """Takes one job and runs it to its end, or until ``stop``. Says whether there was one. Needs an app context."""
    with Session(db.engine, expire_on_commit=False) as session:
        with reading():
            due = queries.has_due(session, utc_now())
            session.rollback()
        if not due:
            return False
        job = operations.take(session, utc_now())
        session.commit()
        if job is not None:
            _run(session, parts, job, stop, HANDLERS if handlers is None else handlers)
        return True


def _run(session: Session, parts: Portal, job: TakenJob, stop: threading.Event, handlers: dict[str, Handler]) -> None:
    log.info("job taken", kind=job.kind, job=job.public_id, try_count=job.try_count)
    try:
        _steps(session, parts, job, stop, handlers)
    except LeaseLost:
        session.rollback()
        log.warning("lease lost", kind=job.kind, job=job.public_id)
    except Refused as refusal:
        session.rollback()
        _close(session, job, operations.bury, refusal.sentence)
    except Exception as fault:
        session.rollback()
        log.error("job fault", kind=job.kind, job=job.public_id, try_count=job.try_count, exc_info=fault)
        _close(session, job, operations.retry, FAULT)


def _steps(session: Session, parts: Portal, job: TakenJob, stop: threading.Event, handlers: dict[str, Handler]) -> None:
    if job.kind not in handlers:
        raise Refused(f"This version of the portal does not know the work “{job.kind}”.")
    steps = handlers[job.kind](session, parts, job)
    while True:
        try:
            percent = next(steps)
        except StopIteration as end:
            operations.finish(session, job, end.value, utc_now())
            break
        if stop.is_set():
            steps.close()
            session.rollback()
            operations.release(session, job, utc_now())
            break
        operations.progress(session, job, percent, utc_now())
        session.commit()
        stop.wait(STEP_PAUSE)
    session.commit()


def _close(session: Session, job: TakenJob, verb: Callable[[Session, TakenJob, str, datetime], None], why: str) -> None:
    try:
        verb(session, job, why, utc_now())
    except LeaseLost:
        session.rollback()
    session.commit()
