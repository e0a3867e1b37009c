"""The ground under all tables: Base, constraint names, UTC columns, SQLite's transactions, database time.

Writers on SQLite begin IMMEDIATE: a transaction that reads first and writes later fails at once when another writer
came between, whatever the busy timeout (facts: performance, section 4). Readers say so with ``reading()``.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    event,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, registry
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import TypeDecorator

from portal.lib.folding import STROKES, fold

BUSY_TIMEOUT_MS = 30_000  # a large import holds the lock for seconds: writers wait rather than fail

_read_only: ContextVar[bool] = ContextVar("read_only", default=False)


class UTCDateTime(TypeDecorator[datetime]):
    """A moment: aware datetimes in, aware UTC datetimes out, on databases with and without time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment without a time zone was about to be stored.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# 64-bit ids on PostgreSQL; on SQLite only INTEGER PRIMARY KEY is the row id itself.
BigId = BigInteger().with_variant(Integer(), "sqlite")
# Sort keys compare by code point on both databases, so that prefix search and keyset pages agree.
SortKey = String(400).with_variant(String(400, collation="C"), "postgresql")


class Alphabetical(GenericFunction[str]):
    """What lists of names are ordered by, where no column keeps it: folded, so that "Ärzte" stands before "Büro" on
    both databases. SQLite's own lower() knows ASCII alone, and code points put Ä after Z."""

    name = "alphabetical"
    inherit_cache = True
    type = String()


@compiles(Alphabetical, "postgresql")
def _alphabetical_sql(element: Alphabetical, compiler: SQLCompiler, **options: Any) -> str:
    text_sql = compiler.process(element.clauses, **options)
    folded = f"lower(regexp_replace(normalize({text_sql}, NFKD), '[\u0300-\u036f]', '', 'g'))"
    for letter, plain in {**STROKES, "ß": "ss"}.items():
        folded = f"replace({folded}, '{letter}', '{plain}')"
    return f'{folded} COLLATE "C"'


def _alphabetical(text: str | None) -> str | None:
    """The same for SQLite."""
    return text and fold(text)


class Base(DeclarativeBase):
    """Root of all models. Constraints are named by rule, so that a refusal of the database can be recognised."""

    # Handed over as a registry, because Flask-SQLAlchemy copies the class body and refuses a type map in it.
    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={datetime: UTCDateTime()},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)


@contextmanager
def reading() -> Iterator[None]:
    """Transactions begun inside only read: on SQLite they take no write lock."""
    mark = _read_only.set(True)
    try:
        yield
    finally:
        _read_only.reset(mark)


def set_reading(value: bool) -> None:
    """Says for the rest of this context whether transactions only read; for edges that cannot use a block."""
    _read_only.set(value)


def prepare_engine(engine: Engine) -> None:
    """Gives an SQLite engine its pragmas and explicit transactions; leaves PostgreSQL as it is."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin on its own
        connection.create_function(Alphabetical.name, 1, _alphabetical, deterministic=True)
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-16000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if _read_only.get() else "BEGIN IMMEDIATE")


class Tick(Base):
    """One row: the highest moment SQLite was ever asked about, so that its time never runs backwards."""

    __tablename__ = "tick"
    highest_at: Mapped[datetime]


def current_time(session: Session, now: datetime) -> datetime:
    """The moment that limits are judged by: PostgreSQL's own clock; on SQLite the machine's, never running backwards.

    On SQLite the high-water mark is raised in the caller's (writing) transaction.
    """
    if session.get_bind().dialect.name == "postgresql":
        return session.execute(select(text("clock_timestamp()"))).scalar_one().astimezone(UTC)  # type: ignore[no-any-return]  # text() has no type
    tick = session.get(Tick, 1)
    if tick is None:
        session.add(Tick(id=1, highest_at=now))
    elif tick.highest_at > now:
        return tick.highest_at
    else:
        tick.highest_at = now
    session.flush()
    return now


# What a counter counts: its scope and its subject; and what it holds: the count and the moment since when.
CounterName = tuple[str, str]
CounterValue = tuple[int, datetime]


def lock_counters(
    session: Session, model: type[Base], names: Sequence[CounterName], now: datetime
) -> dict[CounterName, CounterValue]:
    """The counters, made at zero where missing, their rows locked until the commit.

    ``model`` has the columns scope, subject, count and since_at, unique by the first two. One statement locks the rows
    in the order of ``names``: if everybody names them in one order, tries queue up and never deadlock. On SQLite the
    whole transaction is the lock.
    """
    table = cast(Table, model.__table__)
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(
        [{"scope": scope, "subject": subject, "count": 0, "since_at": now} for scope, subject in names]
    )
    # An update that changes nothing still locks the row and returns it.
    statement = statement.on_conflict_do_update(index_elements=["scope", "subject"], set_={"count": table.c["count"]})
    rows = session.execute(
        statement.returning(table.c.scope, table.c.subject, table.c["count"].label("spent"), table.c.since_at)
    )
    return {(row.scope, row.subject): (row.spent, row.since_at) for row in rows}


def store_counters(session: Session, model: type[Base], values: Mapping[CounterName, CounterValue]) -> None:
    """Writes what was made of locked counters."""
    table = cast(Table, model.__table__)
    for (scope, subject), (count, since_at) in values.items():
        session.execute(
            update(table)
            .where(table.c.scope == scope, table.c.subject == subject)
            .values({"count": count, "since_at": since_at})
        )
