"""The pages of records: lists, one record, forms, conflicts, bulk acts, deletion."""

import io
import re

import pytest
from PIL import Image

from portal.extensions import db
from portal.records.models import Expiration, Record
from portal.stickers.models import Sticker
from tests.factories.people import make_account, make_member
from tests.factories.things import make_expiration, make_record


@pytest.fixture
def account_id(app, client) -> int:
    with app.app_context():
        account = make_account(country="PL", timezone="Europe/Warsaw")
        make_member(account)
        found = account.id
    client.sign_in("ada@example.com")
    return found


def _account(account_id):
    from portal.accounts.models import Account

    return db.session.get(Account, account_id)


def _made(app, account_id, kind="vehicle", name="Truck 7", **columns) -> str:
    with app.app_context():
        return make_record(_account(account_id), kind, name, **columns).public_id


def _record(app, public_id) -> Record:
    return db.session.query(Record).filter_by(public_id=public_id).one()


def test_an_empty_list_says_what_to_do_next(client, account_id):
    page = client.get("/admin/records?kind=vehicle").get_data(as_text=True)
    assert "No vehicles yet" in page
    assert "/admin/records/new?kind=vehicle" in page


def test_a_vehicle_is_created_with_its_sticker(app, client, account_id):
    owner = _made(app, account_id, "contact", "Jan Kowalski")
    answer = client.submit(
        "/admin/records/new",
        {"kind": "vehicle", "name": "  Volvo   FH ", "tag": "V-1", "year": "2019", "owner_id": owner, "form_key": "abc"},
    )
    assert answer.status_code == 303
    page = client.get(answer.location).get_data(as_text=True)
    assert "Volvo FH" in page and "Jan Kowalski" in page and "QR Code" in page
    with app.app_context():
        record = db.session.query(Record).filter_by(name="Volvo FH").one()
        assert record.year == 2019 and record.owner.name == "Jan Kowalski"
        assert db.session.query(Sticker).filter_by(record_id=record.id, revoked_at=None).count() == 1
    again = client.submit("/admin/records/new", {"kind": "vehicle", "name": "Volvo FH", "tag": "V-1", "form_key": "abc"})
    assert again.location == answer.location


@pytest.mark.parametrize("kind", ["vehicle", "equipment", "location", "contact"])
def test_every_kind_can_be_made_edited_and_listed(client, account_id, kind):
    assert client.get(f"/admin/records/new?kind={kind}").status_code == 200
    answer = client.submit("/admin/records/new", {"kind": kind, "name": f"First {kind}"})
    assert answer.status_code == 303, answer.get_data(as_text=True)[:500]
    assert client.get(answer.location + "/edit").status_code == 200
    listed = client.get(f"/admin/records?kind={kind}").get_data(as_text=True)
    assert f"First {kind}" in listed


def test_refusals_stand_at_their_fields_and_keep_what_was_typed(client, account_id):
    answer = client.submit(
        "/admin/records/new",
        {"kind": "contact", "name": "Ewa", "email": "nowhere", "phone": "12", "private_notes": "kept <b>"},
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "kept &lt;b&gt;" in page and 'value="nowhere"' in page
    assert "Type the e-mail address in full" in page and "too few digits" in page
