"""A person whose password becomes another one, or whose second step is reset, is signed out on phones too."""

from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from portal.accounts.cli import admin
from portal.accounts.models import AuthSession, User
from portal.accounts.names import address_of
from portal.devices.models import DeviceSession
from portal.enrollment.redemption import Redeemed
from portal.extensions import db
from tests.client import PASSWORD
from tests.enrollment.ways import NOW, make_onboarding, reason, redeem
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


NEW = "brown kettle seven hats"


def ends(app, *phones):
    with app.app_context():
        return [db.session.get_one(DeviceSession, phone.session_id).end_reason for phone in phones]


def test_who_changes_the_password_is_signed_out_on_phones_and_an_open_qr_code_ends(app, client):
    """A thief with the old password may have made that code a minute before."""
    with app.app_context():
        account = make_account()
        ada, mia = make_member(account), make_member(account, "mia@example.com", name="Mia")
        own, other = make_phone(account, ada.user_id), make_phone(account, mia.user_id)
        made, hers = (make_onboarding(one, now=datetime.now(UTC)) for one in (ada, mia))
    client.sign_in("ada@example.com")
    answer = client.submit("/admin/profile/password", {"current_password": PASSWORD, "new_password": NEW})
    assert answer.status_code == 303
    assert "Your password is changed. 1 other sign-in has ended." in client.get("/admin/profile").text
    assert ends(app, own, other) == ["admin", ""]
    with app.app_context():
        assert reason(redeem(made.secret, now=datetime.now(UTC))) == "superseded"
        assert isinstance(redeem(hers.secret, now=datetime.now(UTC)), Redeemed)


def test_a_new_password_from_an_admin_ends_every_sign_in_of_the_person(app, client):
    with app.app_context():
        account = make_account()
        make_member(account)
        crew = make_member(account, address_of("crew-014", account.public_id), name="Cy Crew", role="member")
        crew.sign_in_name = "crew-014"
        db.session.add(
            AuthSession(
                public_id="a" * 12, secret_hash="b" * 64, user_id=crew.user_id, created_at=NOW, last_seen_at=NOW,
                browser="Chrome",
            )
        )  # fmt: skip
        db.session.commit()
        phone, made, user_id, public_id = (
            make_phone(account, crew.user_id),
            make_onboarding(crew, now=datetime.now(UTC)),
            crew.user_id,
            crew.public_id,
        )
    client.sign_in("ada@example.com")
    assert client.submit(f"/admin/settings/people/{public_id}/password").status_code == 303
    assert ends(app, phone) == ["admin"]
    with app.app_context():
        assert db.session.scalar(select(AuthSession.id).where(AuthSession.user_id == user_id)) is None
        assert reason(redeem(made.secret, now=datetime.now(UTC))) == "superseded"


def test_who_leaves_a_company_is_signed_out_there_and_stays_out_after_joining_again(app, client):
    """A phone that was stolen meanwhile must not come back to life with the person."""
    with app.app_context():
        account, sister = make_account(), make_account("Sister Company")
        make_member(account)
        mia = make_member(account, "mia@example.com", role="member")
        there, made = make_phone(account, mia.user_id), make_onboarding(mia, now=datetime.now(UTC))
        elsewhere, public_id = make_phone(sister, mia.user_id), mia.public_id
    client.sign_in("ada@example.com")
    page = f"/admin/settings/people/{public_id}/remove"
    assert "They are signed out on 1 phone, for good." in client.get(page).text
    assert client.submit(page).status_code == 303
    assert ends(app, there, elsewhere) == ["account_locked", ""]
    with app.app_context():
        assert reason(redeem(made.secret, now=datetime.now(UTC))) == "superseded"
