"""Runs migrations whole or not at all, on both databases.

Alembic leaves half a migration behind on SQLite unless its DDL is declared transactional and the transaction is begun
explicitly (the engine's begin event does that). Two starters wait for each other: SQLite by BEGIN IMMEDIATE,
PostgreSQL by an advisory lock.
"""

from alembic import context
from flask import current_app
from sqlalchemy import text

MIGRATION_LOCK = 7_310_442_118  # any number that nobody else uses as an advisory lock


def include_object(item, name, kind, reflected, compare_to):
    """What full-text search needs differs by database and belongs to the migration alone; models do not know it."""
    return not (kind in ("table", "index") and name.startswith(("record_search", "ix_record_search")))


def run():
    database = current_app.extensions["migrate"].db
    with database.engine.connect() as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
            connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_as_batch=True,
            transactional_ddl=True,
            transaction_per_migration=False,
            include_object=include_object,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
