"""``portal labels`` beside a running server."""

import fcntl
import os
import select
import subprocess
import sys

import pytest
import sqlalchemy as sa

from portal.extensions import db
from portal.labels.models import PrintRun
from tests.factories.people import make_account
from tests.factories.things import make_record
from tests.servers import ROOT
from tests.web.serving import PATIENCE, environ, run_portal

WORDS = ("labels", "--account", "North Yard", "--stock", "L7160", "--out")


@pytest.fixture
def env(settings, tmp_path):
    return environ(tmp_path, **settings.as_environ())


def test_it_tells_the_address_that_is_printed_and_remembers_the_run(app, env, tmp_path):
    with app.app_context():
        make_record(make_account("North Yard"))
    done = run_portal(*WORDS, str(tmp_path / "labels.pdf"), env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"1 labels on 1 sheets of Avery L7160, with the address {env['PORTAL_PUBLIC_URL']}: ")
    assert (tmp_path / "labels.pdf").read_bytes().startswith(b"%PDF")
    with app.app_context():
        assert db.session.scalar(sa.select(PrintRun.label_count)) == 1


def test_nobody_waits_for_the_file_to_be_written(app, env, tmp_path):
    """The file is a pipe that nobody empties yet, so the command stands still in the middle of writing it."""
    with app.app_context():
        account = make_account("North Yard")
        make_record(account)
    pipe = tmp_path / "labels.pdf"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
    process = subprocess.Popen([sys.executable, "-m", "portal", *WORDS, str(pipe)], cwd=ROOT, env=env)
    assert select.select([reader], [], [], PATIENCE)[0]
    with app.app_context():
        make_record(account, name="Saved meanwhile")  # fails after the busy timeout where the command holds the lock
    os.set_blocking(reader, True)
    with os.fdopen(reader, "rb") as file:
        assert file.read().startswith(b"%PDF")
    assert process.wait(PATIENCE) == 0
