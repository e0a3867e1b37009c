"""One idle connection in each web process holds SQLite's log and its index open.

The first connection to a file in WAL mode makes the index (-shm), the last one removes it. On a full disk it cannot be
made again, and then not even reading works (https://sqlite.org/wal.html, section 6). Held open, reading goes on.
"""

import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from flask import Flask


class Anchor:
    """Drops at the first request of a process, and is lifted before any fork: SQLite must not be carried across one."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._held: sqlite3.Connection | None = None
        self._holding = threading.Lock()
        os.register_at_fork(before=self.lift)

    def drop(self) -> None:
        """Opens the connection unless it is open. A disk that is full already is no reason to refuse a request."""
        if self._held is not None:
            return
        with self._holding:
            if self._held is None and self._file.exists():
                self._held = _open(self._file)

    def lift(self) -> None:
        """Closes the connection."""
        with self._holding:
            if self._held is not None:
                self._held.close()
                self._held = None


def _open(file: Path) -> sqlite3.Connection | None:
    connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
    try:
        # Only reading opens the log.
        with closing(connection.execute("SELECT 1 FROM sqlite_master LIMIT 1")) as cursor:
            cursor.fetchall()
    except sqlite3.Error:
        connection.close()
        return None
    return connection


def bind(app: Flask, file: Path | None) -> None:
    """Gives the application its anchor when its database is a file."""
    if file is not None:
        anchor = Anchor(file)
        app.extensions["anchor"] = anchor
        app.before_request(anchor.drop)
