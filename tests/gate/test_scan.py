"""The public doors of a sticker: gate, passcode, record, and the states that show nothing."""

import re

from portal.extensions import db
from portal.gate import operations as gate
from portal.stickers import operations as stickers
from portal.stickers import tokens
from tests.factories.people import PASSCODE, make_account, make_member
from tests.factories.things import make_expiration, make_record, scan_path


def key_ring(app):
    return app.extensions["portal"].key_ring


def a_sticker(app, **columns):
    """The path of a record's sticker, and the account's id."""
    with app.app_context():
        account = make_account()
        return scan_path(make_record(account, **columns)), account.id


def admit(client, path):
    answer = client.post(path, data={"passcode": PASSCODE})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer


def test_the_gate_names_the_company_and_nothing_of_the_record(app, client):
    path, _ = a_sticker(app, name="Secret Truck", tag="V-77")
    answer = client.get(path)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "North Yard Haulage" in page
    assert "Secret Truck" not in page and "V-77" not in page


def test_the_right_code_leads_back_to_the_same_page_which_shows_the_record(app, client):
    path, _ = a_sticker(app, name="Truck 7", tag="V-77")
    answer = admit(client, path)
    assert answer.headers["Location"] == path
    page = client.get(path).get_data(as_text=True)
    assert "Truck 7" in page and "V-77" in page


def test_a_wrong_code_is_refused_in_the_words_of_the_source(app, client):
    path, _ = a_sticker(app, name="Truck 7")
    answer = client.post(path, data={"passcode": "0000"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert "Invalid passcode" in page and "Truck 7" not in page
    assert client.get(path).get_data(as_text=True).count("Truck 7") == 0
