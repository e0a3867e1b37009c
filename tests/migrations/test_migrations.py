"""Law 8: one chain, independent of our code, equal to the models, up and down again on both databases."""

import ast

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import check, downgrade, upgrade

from portal import schema
from portal.extensions import db
from tests.conventions.tree import ROOT

ALLOWED = {"sqlalchemy", "alembic"}


@pytest.fixture
def engine(app):
    """The migrated, empty database; whatever a test leaves of it, it is whole again afterwards."""
    with app.app_context():
        yield db.engine
        db.session.remove()
        upgrade()


def tables(engine: sa.Engine) -> set[str]:
    """Names of ordinary tables: those of the full-text search have shadows of their own."""
    return {name for name in sa.inspect(engine).get_table_names() if not name.startswith("record_search")}


def test_the_head_is_alembics_own():
    """The start asks for the head without loading Alembic: both ways must find the same chain."""
    script = ScriptDirectory(str(ROOT / "migrations"))
    assert script.get_heads() == [schema.head()]
    assert [revision.revision for revision in script.walk_revisions()] == schema.revisions()[::-1]


@pytest.mark.parametrize("path", sorted(schema.VERSIONS.glob("*.py")), ids=lambda path: path.stem)
def test_a_migration_imports_nothing_of_ours(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).partition(".")[0])
    assert imported - ALLOWED - {"datetime", "json", "secrets"} == set()


def test_models_and_migrated_tables_are_equal(engine, caplog):
    """Alembic compares tables, columns, types, indexes and keys under the settings of migrations/env.py."""
    try:
        check()
    except SystemExit:
        pytest.fail(caplog.text)


def test_indexes_and_checks_are_those_of_the_models(engine):
    """What Alembic does not compare: check constraints, and the conditions of partial indexes."""
    inspector = sa.inspect(engine)
    for table in db.metadata.tables.values():
        wanted = {c.name for c in table.constraints if isinstance(c, sa.CheckConstraint) and c.name}
        assert {check["name"] for check in inspector.get_check_constraints(table.name)} == wanted, table.name
        found = {index["name"]: index for index in inspector.get_indexes(table.name)}
        for index in table.indexes:
            assert index.name in found, f"{table.name}: {index.name}"
            condition = index.dialect_options[engine.dialect.name]["where"]
            assert bool(found[index.name]["dialect_options"].get(f"{engine.dialect.name}_where") is not None) == (
                condition is not None
            )


def test_up_down_and_up_again(engine):
    whole = tables(engine)
    assert set(db.metadata.tables) <= whole
    for revision in [*schema.revisions()[-2::-1], "base"]:
        downgrade(revision=revision)
    assert tables(engine) <= {"alembic_version"}
    for revision in schema.revisions():
        upgrade(revision=revision)
    assert tables(engine) == whole


def test_rows_survive_every_step_of_an_upgrade(engine):
    """An account made in the oldest tables is still there in the newest."""
    downgrade(revision=schema.revisions()[0])
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO account (public_id, name, country, timezone, contact_name, contact_email, contact_phone,"
                " accent, logo_key, created_at, version)"
                " VALUES ('a', 'North Yard', 'US', 'UTC', '', '', '', '', '', '2026-01-01 00:00:00', 1)"
            )
        )
    upgrade()
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT name FROM account")).scalar_one() == "North Yard"


def test_an_older_portal_finds_no_text_messages_among_its_mails(engine):
    """It would mail them to a telephone number; and a mail whose code is sealed would go out with a hole in it."""
    columns = (
        "public_id, kind, recipient, sender_name, reply_to, subject, text_body, html_body, state, try_count, run_at,"
        " fault, created_at, channel, sealed_secret, symbol_name"
    )
    with engine.begin() as connection:
        for number, (channel, sealed) in enumerate((("mail", ""), ("sms", ""), ("mail", "v1:sealed"))):
            connection.execute(
                sa.text(
                    f"INSERT INTO mail ({columns}) VALUES ('{number}', 'k', 'r', 's', '', 's', 't', '', 'queued', 0,"
                    f" '2026-01-01 00:00:00', '', '2026-01-01 00:00:00', '{channel}', '{sealed}', '')"
                )
            )
    downgrade(revision="0002")
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT public_id FROM mail")).scalars().all() == ["0"]


def test_a_broken_migration_leaves_nothing_behind(engine, monkeypatch):
    """Whole or not at all: tables made before the fault are gone, the version is the old one."""
    downgrade(revision="base")

    def fail(*_args: object, **_kwargs: object) -> None:
        raise OSError("the power failed")

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.create_index", fail)
        with pytest.raises(OSError, match="the power failed"):
            upgrade()
    assert tables(engine) <= {"alembic_version"}
    with engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() is None
