"""Crews without e-mail of two companies that chose the same prefix."""

from portal.accounts.models import Membership
from portal.extensions import db
from tests.client import PortalClient
from tests.enrollment.arriving import Phone, crew_code, installation_key, paired, post
from tests.factories.people import make_account


def test_the_same_name_in_two_companies_is_two_people_each_known_in_their_own(app):
    with app.app_context():
        accounts = [make_account(name) for name in ("North", "South")]
        codes = [crew_code(account).typed_code for account in accounts]
        keys = [installation_key(account) for account in accounts]
    passwords = ["quiet walnut lane 92", "amber pocket rain 37"]
    for code, password in zip(codes, passwords, strict=True):
        newcomer = {"name": "Cy Crew", "password": password}
        answer = post(PortalClient(app), "/enroll/redeem", {"code": code, "newcomer": newcomer})
        assert (answer.status_code, answer.json["sign_in_name"]) == (200, "crew-001")
    north, south = (paired(app, key) for key in keys)

    def person(phone: Phone) -> str:
        return phone.get("/api/v1/app/me").json["person"]["id"]

    assert north.sign_in("CREW-001", passwords[1]).status_code == 401, "the other company's password"
    assert north.sign_in(" Crew-001 ", passwords[0]).status_code == 200
    assert south.sign_in("crew-001", passwords[0]).status_code == 401
    assert south.sign_in("crew-001", passwords[1]).status_code == 200
    with app.app_context():
        members = [one.user.public_id for one in db.session.query(Membership).order_by(Membership.account_id)]
    assert [person(north), person(south)] == members
