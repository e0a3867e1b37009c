"""HEAD is a look at the headers of a GET: no door does anything for it. And pages read forms, nothing else."""

import pytest
import sqlalchemy as sa

from portal.accounts.models import MEMBER, Membership
from portal.extensions import db
from portal.records.models import Record
from tests.factories.people import make_account, make_member
from tests.factories.things import make_expiration, make_record


@pytest.fixture
def signed_in(app, client):
    with app.app_context():
        account = make_account()
        make_member(account)
        colleague = make_member(account, "bo@example.com", role=MEMBER, name="Bo", permissions=["records.edit"])
        record = make_record(account)
        expiration = make_expiration(record)
        values = {
            "record": record.public_id,
            "expiration": expiration.public_id,
            "person": colleague.public_id,
        }
    client.sign_in("ada@example.com")
    return values


@pytest.mark.parametrize(
    "path",
    [
        "/admin/records/{record}/delete",
        "/admin/records/{record}/edit",
        "/admin/records/{record}/expirations/new",
        "/admin/records/{record}/expirations/{expiration}/edit",
        "/admin/records/{record}/expirations/{expiration}/renew",
        "/admin/records/new?kind=vehicle",
        "/admin/import",
        "/admin/settings/company",
        "/admin/settings/people/{person}",
        "/admin/settings/people/{person}/remove",
        "/sign-in?again=1",
    ],
)
def test_head_answers_as_get_does_and_changes_nothing(app, client, signed_in, path):
    path = path.format(**signed_in)
    head, page = client.head(path), client.get(path)
    assert (head.status_code, head.data) == (page.status_code, b"")
    assert page.status_code == 200
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Record)) == 1
        assert db.session.scalars(sa.select(Membership.permissions).where(Membership.role == MEMBER)).all() == [
            ["records.edit"]
        ]


@pytest.mark.parametrize("body", [b'{"name": 1}', b"[1]", b"{"])
@pytest.mark.parametrize("path", ["/admin/settings/company", "/admin/records/new", "/admin/labels.pdf"])
def test_a_page_takes_no_json(client, signed_in, path, body):
    headers = {"X-CSRFToken": client.token(), "Content-Type": "application/json", "Referer": "https://qr.example.com/"}
    assert client.post(path, data=body, headers=headers).status_code == 415
