"""The ``portal`` command: found by name, helped without keys or database, refused in one sentence."""

import json

import pytest
from click.testing import CliRunner

from portal.cli import ROOM_COMMANDS, main
from portal.extensions import db
from tests.factories.people import make_account, make_member
from tests.factories.things import make_record
from tests.web.serving import environ, run_portal

COMMANDS = [*ROOM_COMMANDS, "serve", "worker"]


@pytest.fixture
def env(settings, tmp_path):
    return environ(tmp_path, **settings.as_environ())


@pytest.mark.parametrize(
    "command", [[], *([name] for name in COMMANDS), ["admin", "create"], ["admin", "password"]], ids="-".join
)
def test_help_needs_neither_keys_nor_database(command, monkeypatch, tmp_path):
    monkeypatch.setenv("PORTAL_DATA_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("PORTAL_BIND", "wrong")
    done = CliRunner().invoke(main, [*command, "--help"])
    assert done.exit_code == 0
    assert "Usage:" in done.output
    assert not (tmp_path / "none").exists()


def test_status_counts_per_account(app, env):
    with app.app_context():
        ours, theirs = make_account("North Yard"), make_account("South Yard")
        make_member(ours)
        make_record(ours)
        make_record(ours, "contact", "Ada")
        make_record(theirs, "location", "Dock")
        public_id = ours.public_id
        db.session.remove()
    done = run_portal("status", "--json", env=env)
    found = json.loads(done.stdout)
    assert found["public_url"] == env["PORTAL_PUBLIC_URL"]
    assert found["database"]["kind"] == ("sqlite" if "sqlite" in env["PORTAL_DATABASE_URL"] else "postgresql")
    assert found["database"]["version"][0].isdigit()
    assert found["accounts"][0] == {
        "name": "North Yard",
        "public_id": public_id,
        "records": {"contact": 1, "vehicle": 1},
        "stickers": 2,
        "users": 1,
        "scans": 0,
    }
    assert [account["name"] for account in found["accounts"]] == ["North Yard", "South Yard"]
    assert "North Yard: 1 contact, 1 vehicle; 2 stickers" in run_portal("status", env=env).stdout


def test_the_passcode_is_printed_assigned_and_refused(app, env):
    with app.app_context():
        make_account("North Yard", passcode="4826")
        db.session.remove()
    account = ["passcode", "--account", "North Yard"]
    assert run_portal(*account, env=env).stdout == "4826\n"
    assert run_portal(*account, "--set", "0471", env=env).stdout == "0471\n"
    assert run_portal(*account, env=env).stdout == "0471\n"
    for code, words in (("2580", "keypad"), ("1984", "a year"), ("482", "4-digit"), ("48a6", "4-digit")):
        done = run_portal(*account, "--set", code, env=env)
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr
        assert done.stderr.count("\n") == 1
    assert run_portal(*account, env=env).stdout == "0471\n"
    assert run_portal(*account, "--set", "048271", "--length", "6", env=env).stdout == "048271\n"


def test_assigning_a_passcode_is_audited_once_and_never_with_the_code(app, env):
    from sqlalchemy import select

    from portal.audit.models import AuditEvent

    with app.app_context():
        make_account("North Yard", passcode="4826")
        db.session.remove()
    for _ in range(2):
        run_portal("passcode", "--account", "North Yard", "--set", "0471", env=env)
    with app.app_context():
        (event,) = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "passcode.change")).all()
        assert event.actor_name == "operator (command line)"
        assert "0471" not in json.dumps([event.before, event.after, event.target_name])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["passcode", "--account", "Nobody"], "Nobody"),
        (["passcode"], "--account"),
        (["status", "--yaml"], "--yaml"),
        (["fly"], "fly"),
        (["labels", "--account", "Nobody", "--stock", "L7160", "--out", "/tmp/none.pdf"], "Nobody"),
    ],
)
def test_a_refused_command_ends_with_one_sentence(app, env, arguments, words):
    done = run_portal(*arguments, env=env)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1, done.stderr
    assert words in done.stderr


def test_a_setup_token_is_given_only_while_nobody_can_sign_in(app, env):
    done = run_portal("setup-token", env=env)
    assert done.stdout.startswith(f"{env['PORTAL_PUBLIC_URL']}/setup#token=")
    with app.app_context():
        make_member(make_account())
        db.session.remove()
    assert run_portal("setup-token", env=env).returncode == 2


def test_missing_keys_are_one_sentence(settings, tmp_path):
    done = run_portal("status", env=environ(tmp_path, PORTAL_DATABASE_URL=settings.database_url))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "key file" in done.stderr
