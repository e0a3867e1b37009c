"""A person whose password or second step an operator resets is signed out on phones too."""

import pytest
from click.testing import CliRunner

from portal.accounts.cli import admin
from portal.accounts.models import User
from portal.devices.models import DeviceSession
from portal.extensions import db
from tests.factories.people import make_account, make_member
from tests.factories.phones import make_phone


@pytest.mark.parametrize("command", ["password", "totp-off"])
def test_a_reset_ends_the_persons_phones_and_nobody_elses(app, command):
    with app.app_context():
        account, sister = make_account(), make_account("Sister Company")
        mia = make_member(account, "mia@example.com", role="member")
        other = make_member(account, "ada@example.com")
        db.session.get_one(User, mia.user_id).sealed_totp = "sealed"
        phones = [make_phone(account, mia.user_id), make_phone(sister, mia.user_id)]
        kept = [make_phone(account, other.user_id), make_phone(account)]
    words = [command, "--email", "mia@example.com", *(["--password-stdin"] if command == "password" else [])]
    with app.app_context():
        answer = CliRunner().invoke(admin, words, input="another long pass phrase 8\n")
    assert answer.exit_code == 0, answer.output
    assert command == "totp-off" or "2 sessions ended" in answer.output
    with app.app_context():
        ends = [db.session.get_one(DeviceSession, phone.session_id).end_reason for phone in (*phones, *kept)]
    assert ends == ["admin", "admin", "", ""]
