"""``portal serve`` and its neighbours as real processes: first start, second start, every way to end, every refusal."""

import os
import shutil
import signal
import socket
import sqlite3
import stat
import urllib.error
from contextlib import closing
from pathlib import Path

import pytest

from tests.servers import free_port
from tests.web.serving import Serving, environ, run_portal


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def assert_refused(done, *words: str) -> None:
    """One sentence on stderr, exit status 2, no traceback."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_a_first_start_makes_everything_for_this_user_alone(tmp_path):
    data_dir = tmp_path / "not" / "yet"
    with Serving(environ(data_dir)) as portal:
        assert portal.get("/healthz") == 200
        assert portal.get("/readyz") == 200
        setup = portal.process.stdout.readline()
        assert f"{portal.url}/setup#token=" in setup
        assert mode(data_dir) == 0o700
        assert mode(data_dir / "keys.json") == 0o600
        assert mode(data_dir / "portal.db") == 0o600


def test_ctrl_c_ends_web_and_worker_cleanly(tmp_path):
    with Serving(environ(tmp_path)) as portal:
        children = portal.children()
        assert set(children) == {"web", "worker"}
        _, errors = portal.interrupt_group()
        assert portal.process.returncode == 0
        assert errors == ""
        assert not any(is_alive(pid) for pid in children.values())


def test_a_kept_connection_does_not_hold_up_the_end(tmp_path):
    with Serving(environ(tmp_path)) as portal, socket.create_connection(("127.0.0.1", portal.port)) as idle:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(4096).startswith(b"HTTP/1.1 200")
        portal.process.send_signal(signal.SIGTERM)
        assert portal.process.wait(timeout=10) == 0


def test_a_second_start_keeps_keys_and_rows(tmp_path):
    env = environ(tmp_path)
    with Serving(env) as portal:
        portal.interrupt_group()
    keys = (tmp_path / "keys.json").read_bytes()
    with closing(sqlite3.connect(tmp_path / "portal.db")) as database:
        database.execute(
            "INSERT INTO user_account (public_id, email, name, password_hash, created_at)"
            " VALUES ('u', 'ada@example.com', 'Ada', 'x', '2026-01-01 00:00:00.000000')"
        )
        database.commit()
    with Serving(env) as portal:
        assert "/sign-in" in portal.process.stdout.readline()
        assert portal.get("/readyz") == 200
    assert (tmp_path / "keys.json").read_bytes() == keys
    assert not (tmp_path / "snapshots").exists()


def test_a_killed_portal_leaves_nobody_behind_and_starts_again(tmp_path):
    env = environ(tmp_path)
    with Serving(env) as portal:
        portal.process.kill()
        portal.process.communicate(timeout=60)  # ends when the last child has let go of the output
    with Serving(env) as portal:
        assert portal.get("/readyz") == 200


def test_a_dead_worker_is_started_again(tmp_path):
    with Serving(environ(tmp_path)) as portal:
        first = portal.children()["worker"]
        os.kill(first, signal.SIGKILL)
        portal.await_line(portal.process.stderr, "The worker has ended")
        assert portal.get("/healthz") == 200
        portal.interrupt_group()
        assert portal.process.returncode == 0


def test_a_dead_web_server_ends_the_portal(tmp_path):
    with Serving(environ(tmp_path)) as portal:
        children = portal.children()
        os.kill(children["web"], signal.SIGKILL)
        _, errors = portal.process.communicate(timeout=60)
        assert "The web server has ended" in errors
        assert portal.process.returncode == 1
        assert not is_alive(children["worker"])
        with pytest.raises(urllib.error.URLError):
            portal.get("/healthz")


def test_a_port_in_use_is_named(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = run_portal("serve", env=environ(tmp_path, PORTAL_BIND=f"127.0.0.1:{port}"))
    assert_refused(done, "PORTAL_BIND", str(port))
    assert not (tmp_path / "keys.json").exists()


def test_an_address_of_another_machine_is_named(tmp_path):
    done = run_portal("serve", env=environ(tmp_path, PORTAL_BIND=f"192.0.2.1:{free_port()}"))
    assert_refused(done, "PORTAL_BIND", "192.0.2.1")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORTAL_BIND", "8000"),
        ("PORTAL_PUBLIC_URL", "qr.example.com"),
        ("PORTAL_TRUSTED_PROXIES", "proxy"),
        ("PORTAL_DATABASE_URL", "oracle://db"),
        ("PORTAL_DATABASE_URL", "postgresql://portal:hunter2@127.0.0.1:1/portal"),
        ("PORTAL_DATABASE_URL", "sqlite:////proc/portal.db"),
        ("PORTAL_DEMO", "maybe"),
        ("PORTAL_DATA_DIR", "/dev/null"),
        ("PORTAL_DATA_DIR", "/proc/portal"),
    ],
)
def test_a_wrong_setting_ends_the_start_with_its_name(tmp_path, variable, value):
    done = run_portal("serve", env=environ(tmp_path, **{variable: value}))
    assert_refused(done, variable)
    assert "hunter2" not in done.stderr


def test_missing_keys_beside_an_existing_database_refuse_to_start(settings, tmp_path):
    done = run_portal("serve", env=environ(tmp_path, PORTAL_DATABASE_URL=settings.database_url))
    assert_refused(done, "key file", str(tmp_path / "keys.json"), "backup")
    assert not (tmp_path / "keys.json").exists()


def test_damaged_keys_refuse_to_start(tmp_path):
    (tmp_path / "keys.json").write_text("{")
    assert_refused(run_portal("serve", env=environ(tmp_path)), "keys.json", "cannot be read")


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "portal.db").write_text("What is this? " * 100)
    assert_refused(run_portal("serve", env=environ(tmp_path)), "PORTAL_DATABASE_URL", str(tmp_path / "portal.db"))


def test_a_database_of_a_newer_portal_is_left_alone(settings, tmp_path):
    if settings.sqlite_file is None:
        import psycopg

        connection = psycopg.connect(settings.database_url.replace("+psycopg", ""))
    else:
        connection = sqlite3.connect(settings.sqlite_file)
    shutil.copy(settings.key_file, tmp_path / "keys.json")
    known = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    try:
        connection.execute("UPDATE alembic_version SET version_num = 'ffff'")
        connection.commit()
        env = environ(tmp_path, PORTAL_DATABASE_URL=settings.database_url)
        assert_refused(run_portal("serve", env=env), "newer portal", "ffff")
        assert_refused(run_portal("status", env=env), "ffff")
    finally:
        connection.execute(f"UPDATE alembic_version SET version_num = '{known}'")
        connection.commit()
        connection.close()


def test_commands_on_a_database_without_tables_say_so_and_make_nothing(tmp_path):
    env = environ(tmp_path)
    for arguments in (["status"], ["routes"], ["passcode", "--account", "x"], ["setup-token"], ["worker"]):
        assert_refused(run_portal(*arguments, env=env), "portal serve")
    assert list(tmp_path.iterdir()) == []
