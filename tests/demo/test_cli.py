"""The ``portal demo`` command."""

import re

from flask import Flask

from portal.accounts.models import Account
from portal.demo.cli import demo
from portal.errors import Refused
from portal.extensions import db


def test_it_fills_once_and_prints_what_one_needs(app: Flask, client):
    with app.app_context():
        answer = app.test_cli_runner().invoke(demo, [])
    assert answer.exit_code == 0, answer.output
    email, password = re.search(r"Sign in as (\S+) with the password (\S+)", answer.output).groups()
    assert re.search(r"Passcode of the QR codes: \d{4}\n", answer.output)
    client.sign_in(email, password)
    with app.app_context():
        again = app.test_cli_runner().invoke(demo, [])
        assert isinstance(again.exception, Refused)
        assert again.exception.sentence.startswith("This database already holds a company")
        assert db.session.query(Account).count() == 2
