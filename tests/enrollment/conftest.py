"""A company, its admin signed in, and its pairing QR code."""

import pytest

from portal.accounts.models import Membership
from portal.extensions import db
from tests.enrollment.pairing_page import COMPANY, PAGE
from tests.factories.people import make_account, make_member


@pytest.fixture
def account_id(app) -> int:
    with app.app_context():
        account = make_account(COMPANY)
        make_member(account, "ada@example.com")
        make_member(account, "tom@example.com", role="member", name="Tom Technician")
        make_member(account, "del@example.com", role="member", permissions=["mobile.setup"], name="Del Delegate")
        make_member(account, f"crew-014@{account.public_id}.invalid", role="member", name="Crew 14")
        db.session.query(Membership).order_by(Membership.id.desc()).first().sign_in_name = "crew-014"
        db.session.commit()
        return account.id


@pytest.fixture
def admin(client, account_id):
    client.sign_in("ada@example.com")
    return client


@pytest.fixture
def with_key(admin):
    admin.submit(f"{PAGE}/key")
    return admin
