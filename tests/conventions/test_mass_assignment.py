"""Fields that a form does not have change nothing, however they are named."""

import pytest
import sqlalchemy as sa

from portal.accounts.models import Account, Invitation, Membership, User
from portal.extensions import db
from portal.records.models import Record
from tests.client import PASSWORD, PortalClient
from tests.factories.people import make_account, make_member
from tests.factories.things import make_record

# Columns and rights that somebody would like to set, in the spellings that frameworks have bound by themselves.
GREEDY = {
    "id": "1",
    "public_id": "mine00000000",
    "account_id": "2",
    "user_id": "1",
    "role": "admin",
    "is_admin": "1",
    "permissions": "settings.people",
    "password_hash": "x",
    "sealed_totp": "",
    "email_verified": "1",
    "requires_totp": "y",
    "fresh_at": "2099-01-01",
    "created_at": "2000-01-01",
    "used_at": "2000-01-01",
    "membership.role": "admin",
    "user[role]": "admin",
    "__class__": "x",
}
MINE = {name: value for name, value in GREEDY.items() if name not in ("role", "permissions", "requires_totp")}


@pytest.fixture
def ids(app):
    with app.app_context():
        ours, theirs = make_account("Ours"), make_account("Theirs")
        make_member(ours)
        make_member(ours, "mia@example.com", role="member", name="Mia", permissions=["records.edit"])
        record = make_record(ours)
        return {"ours": ours.id, "theirs": theirs.id, "record": record.public_id}


@pytest.fixture
def mia(ids, client):
    client.sign_in("mia@example.com")
    return client


def snapshot(app):
    """What no form of Mia's may change: every person, membership and company."""
    with app.app_context():
        return [
            [tuple(row) for row in db.session.execute(sa.select(*table.__table__.columns).order_by(table.id))]
            for table in (User, Membership, Account)
        ]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/admin/profile/password", {"current_password": "no", "new_password": "brown kettle seven hats"}),
        ("/admin/profile/sessions/end-others", {}),
        ("/admin/switch-account", {"account": "nothing"}),
        ("/admin/confirm-sign-in", {"confirm_password": "no"}),
        ("/admin/records/new?kind=vehicle", {"kind": "vehicle", "name": "Van"}),
        ("/admin/records/{record}/edit", {"name": "Truck 8", "version": "1"}),
        ("/admin/settings/company", {"name": "Mine"}),
        ("/admin/settings/people/invite", {"email": "eve@example.com"}),
    ],
)
def test_no_form_of_a_member_changes_people_or_companies(app, mia, ids, path, fields):
    before = snapshot(app)
    mia.submit(path.format(**ids), GREEDY | fields)
    assert snapshot(app) == before


def test_a_record_belongs_where_it_is_made_under_an_id_of_our_own(app, mia, ids):
    fields = GREEDY | {"kind": "vehicle", "name": "Van", "account_id": str(ids["theirs"]), "archived_at": "2000-01-01"}
    assert mia.submit("/admin/records/new?kind=vehicle", fields).status_code == 303
    with app.app_context():
        made = db.session.scalars(sa.select(Record).where(Record.name == "Van")).one()
        assert (made.account_id, made.archived_at) == (ids["ours"], None) and made.public_id != "mine00000000"


def test_an_edited_record_keeps_id_company_and_photo(app, mia, ids):
    fields = GREEDY | {"name": "Truck 8", "version": "1", "account_id": str(ids["theirs"]), "photo_key": "f" * 64}
    assert mia.submit(f"/admin/records/{ids['record']}/edit", fields).status_code == 303
    with app.app_context():
        record = db.session.scalars(sa.select(Record).where(Record.public_id == ids["record"])).one()
        assert (record.name, record.account_id, record.photo_key) == ("Truck 8", ids["ours"], "")


def test_whoever_accepts_an_invitation_chooses_name_and_password_only(app, ids):
    ada, new = PortalClient(app), PortalClient(app)
    ada.sign_in("ada@example.com")
    ada.submit("/admin/settings/people/invite", {"email": "new@example.com", "role": "member"})
    page = ada.get("/admin/settings/people").text
    path = page[page.index("/invitations/") :].partition("<")[0]
    fields = GREEDY | {"name": "New", "password": "brown kettle seven hats", "email": "other@example.com"}
    assert new.submit(path, fields).status_code == 303
    with app.app_context():
        user = db.session.scalars(sa.select(User).where(User.name == "New")).one()
        joined = db.session.scalars(sa.select(Membership).where(Membership.user_id == user.id)).one()
        assert (user.email, user.password_hash != "x") == ("new@example.com", True)
        assert (joined.role, joined.permissions, joined.account_id) == ("member", [], ids["ours"])


def test_an_invitation_is_for_the_company_of_whoever_makes_it(app, ids):
    ada = PortalClient(app)
    ada.sign_in("ada@example.com")
    fields = MINE | {
        "email": "new@example.com",
        "role": "member",
        "account_id": str(ids["theirs"]),
        "expires_at": "2099-01-01",
    }
    assert ada.submit("/admin/settings/people/invite", fields).status_code == 303
    with app.app_context():
        made = db.session.scalars(sa.select(Invitation)).one()
        assert (made.account_id, made.used_at, made.expires_at.year < 2099) == (ids["ours"], None, True)


def test_signing_in_takes_nothing_but_e_mail_and_password(app, ids):
    before = snapshot(app)
    client = PortalClient(app)
    client.submit("/sign-in", GREEDY | {"email": "mia@example.com", "password": PASSWORD})
    assert snapshot(app) == before
    assert client.get("/admin/settings/people").status_code == 403
