"""The running portal's parts, for edges: settings, key ring, photo store, the clock, the session.

Rooms never import this: edges read the parts here and pass them on as arguments.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.database import reading
from portal.extensions import db
from portal.lib import clock
from portal.lib.images import PhotoStore
from portal.lib.sealing import KeyRing


@dataclass(frozen=True)
class Portal:
    """What create_app puts together once."""

    settings: Settings
    key_ring: KeyRing
    photos: PhotoStore


def portal() -> Portal:
    """The parts of the application that handles this request or command."""
    part: Portal = current_app.extensions["portal"]
    return part


def session() -> Session:
    """The request's database session. The edge commits it, once."""
    return db.session()


@contextmanager
def short_read() -> Iterator[Session]:
    """A reading session of its own, over before the view's transaction begins: slow work after it holds no lock."""
    with reading(), Session(db.engine) as own:
        yield own


def now() -> datetime:
    """The machine's clock, in UTC."""
    return clock.utc_now()
