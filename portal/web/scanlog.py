"""The log's writer: looks are queued in memory and written in batches, at most a quarter of a second later; with them
when a phone was last seen that came by its cookie.

A killed process loses that much log and nothing else (design, section 3, Hot path). The writer is an edge of its own:
it begins and commits its own transactions.
"""

import atexit
import os
import threading
from dataclasses import dataclass
from datetime import datetime

import structlog
from flask import Flask, current_app
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal.devices.operations import note_seen
from portal.extensions import db
from portal.lib.clock import utc_now
from portal.lib.sealing import KeyRing
from portal.visits import sightings
from portal.visits.operations import NewScan, write_scans

log = structlog.get_logger()

PAUSE = 0.25  # seconds
# While the database does not answer, this many looks are kept; more would only fill the memory.
MOST_WAITING = 10_000

_beginning = threading.Lock()
_never = threading.Event()


@dataclass(frozen=True)
class SeenPhone:
    """A phone that its cookie named, at an address, at a moment."""

    device_id: int
    session_id: int
    ip: str
    at: datetime


class ScanLog:
    """A queue with one writing thread per process, started by the first look, so after any fork."""

    def __init__(self, engine: Engine, key_ring: KeyRing) -> None:
        self._engine = engine
        self._key_ring = key_ring
        self._pid = 0
        self._waiting: list[NewScan] = []
        self._seen: dict[int, SeenPhone] = {}  # by device: one write for all its looks of a batch
        self._arrived = threading.Condition()
        self._writing = threading.Lock()

    def add(self, scan: NewScan) -> None:
        """Queues a look. Never waits for the database."""
        if self._pid != os.getpid():
            self._begin()
        with self._arrived:
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append(scan)
            self._arrived.notify()

    def add_phone(self, phone: SeenPhone) -> None:
        """Queues that a phone was seen. Never waits for the database."""
        if self._pid != os.getpid():
            self._begin()
        with self._arrived:
            self._seen[phone.device_id] = phone
            self._arrived.notify()

    def flush(self) -> None:
        """Writes what is queued now, and returns when it is in the database, or when the database refused it."""
        with self._writing:
            with self._arrived:
                batch, self._waiting = self._waiting, []
                phones, self._seen = self._seen, {}
            if batch:
                self._write(batch)
            for phone in phones.values():
                self._note(phone)

    def _begin(self) -> None:
        """Starts this process's thread. After a fork, what was queued and who held the locks is the parent's affair."""
        with _beginning:
            if self._pid == os.getpid():
                return
            self._waiting, self._seen = [], {}
            self._arrived, self._writing = threading.Condition(), threading.Lock()
            threading.Thread(target=self._run, name="scan-log", daemon=True).start()
            atexit.register(self.flush)
            self._pid = os.getpid()

    def _run(self) -> None:
        while True:
            with self._arrived:
                self._arrived.wait_for(lambda: bool(self._waiting or self._seen))
            # Others may arrive meanwhile and share the transaction.
            _never.wait(PAUSE)
            self.flush()

    def _write(self, batch: list[NewScan]) -> None:
        try:
            with Session(self._engine) as session:
                sightings.enqueue(session, write_scans(session, batch), utc_now())
                session.commit()
        except SQLAlchemyError as fault:
            log.error("scans were not logged", count=len(batch), fault=str(fault))

    def _note(self, phone: SeenPhone) -> None:
        """One phone in a transaction of its own: whoever revokes several never waits crosswise for two of these."""
        try:
            with Session(self._engine) as session:
                note_seen(
                    session,
                    self._key_ring,
                    device_id=phone.device_id,
                    session_id=phone.session_id,
                    ip=phone.ip,
                    now=phone.at,
                )
                session.commit()
        except SQLAlchemyError as fault:
            log.error("a phone was not noted", fault=str(fault))


def bind(app: Flask) -> None:
    """Gives the application its log."""
    with app.app_context():
        app.extensions["scan_log"] = ScanLog(db.engine, app.extensions["portal"].key_ring)


def scan_log() -> ScanLog:
    """The log of the application that handles this request."""
    found: ScanLog = current_app.extensions["scan_log"]
    return found
