"""Work that comes again: a row per name, claimed by one worker among many in one conditional statement."""

from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.jobs.models import Schedule


def claim(session: Session, name: str, *, now: datetime, first_at: datetime, next_at: datetime) -> bool:
    """Whether the caller is the one to do this work now; the row then says ``next_at``. A new name is due ``first_at``.

    Workers on PostgreSQL that ask at the same moment wait for the first one's commit and are then told no.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(
        insert(Schedule).values(name=name, next_at=first_at).on_conflict_do_nothing(index_elements=["name"])
    )
    mine = (
        update(Schedule)
        .where(Schedule.name == name, Schedule.next_at <= now)
        .values(next_at=next_at, last_at=now)
        .returning(Schedule.id)
    )
    return session.execute(mine).first() is not None


def is_due(session: Session, name: str, now: datetime) -> bool:
    """Whether there is something to ``claim``, or a row to begin: asked often, so it takes no lock."""
    return not session.scalar(select(exists().where(Schedule.name == name, Schedule.next_at > now)))
