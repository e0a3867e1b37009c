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
        {
            "kind": "vehicle",
            "name": "  Volvo   FH ",
            "tag": "V-1",
            "year": "2019",
            "owner_id": owner,
            "form_key": "abc",
        },
    )
    assert answer.status_code == 303
    page = client.get(answer.location).get_data(as_text=True)
    assert "Volvo FH" in page and "Jan Kowalski" in page and "QR Code" in page
    with app.app_context():
        record = db.session.query(Record).filter_by(name="Volvo FH").one()
        assert record.year == 2019 and record.owner.name == "Jan Kowalski"
        assert db.session.query(Sticker).filter_by(record_id=record.id, revoked_at=None).count() == 1
    again = client.submit(
        "/admin/records/new", {"kind": "vehicle", "name": "Volvo FH", "tag": "V-1", "form_key": "abc"}
    )
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


def _edit(client, path, **typed):
    """Opens the form, types over it, and sends all of it as a browser does."""
    page = client.get(f"{path}/edit").get_data(as_text=True)
    version = re.search(r'name="version"[^>]*value="(\d+)"', page)[1]
    return client.submit(f"{path}/edit", {"version": version} | typed)


def test_the_second_admin_loses_nothing_and_may_override(app, client, account_id):
    public_id = _made(app, account_id, plate="KR 1")
    path = f"/admin/records/{public_id}"
    assert _edit(client, path, name="Truck 7", plate="KR 2").status_code == 303
    stale = client.submit(f"{path}/edit", {"version": "1", "name": "Mine <i>", "plate": "KR 1", "make": "Typed"})
    page = stale.get_data(as_text=True)
    assert stale.status_code == 409
    assert "saved this record while you were editing it" in page and "Ada Admin" in page and "KR 2" in page
    assert "Mine &lt;i&gt;" in page and 'value="Typed"' in page
    version = re.search(r'name="version"[^>]*value="(\d+)"', page)[1]
    saved = client.submit(f"{path}/edit", {"version": version, "name": "Mine <i>", "plate": "KR 1", "make": "Typed"})
    assert saved.status_code == 303
    with app.app_context():
        assert (_record(app, public_id).name, _record(app, public_id).make) == ("Mine <i>", "Typed")


def _picture(colour: str) -> io.BytesIO:
    stream = io.BytesIO()
    Image.new("RGB", (400, 300), colour).save(stream, "JPEG")
    stream.seek(0)
    return stream


def test_a_photo_is_kept_shown_replaced_and_removed(app, client, account_id):
    path = f"/admin/records/{_made(app, account_id)}"
    assert client.get(f"{path}/photo").status_code == 404
    assert _edit(client, path, photo=(_picture("red"), "truck.jpg")).status_code == 303
    with client.get(f"{path}/photo?size=thumb") as answer:
        first = answer.data
        assert (answer.mimetype, answer.headers["X-Content-Type-Options"]) == ("image/webp", "nosniff")
        assert "private" in answer.headers["Cache-Control"]
    with app.app_context():
        old_key = _record(app, path.rpartition("/")[2]).photo_key
    store = app.extensions["portal"].photos
    assert _edit(client, path, photo=(_picture("blue"), "truck.jpg")).status_code == 303
    assert store.path(old_key, "full") is None
    with client.get(f"{path}/photo?size=thumb") as answer:
        assert answer.data != first
    assert _edit(client, path, remove_photo="y").status_code == 303
    assert client.get(f"{path}/photo").status_code == 404


def test_a_photo_that_another_record_shows_stays(app, client, account_id):
    paths = [f"/admin/records/{_made(app, account_id, name=name)}" for name in ("One", "Two")]
    for path in paths:
        assert _edit(client, path, photo=(_picture("red"), "same.jpg")).status_code == 303
    assert client.submit(f"{paths[0]}/delete").status_code == 303
    with client.get(f"{paths[1]}/photo") as answer:
        assert answer.status_code == 200


def test_a_file_that_is_no_picture_is_refused_at_its_field(app, client, account_id):
    path = f"/admin/records/{_made(app, account_id)}"
    answer = _edit(client, path, name="Typed", photo=(io.BytesIO(b"<svg onload=alert(1)>"), "x.svg"))
    assert answer.status_code == 422
    assert "SVG drawings are not accepted" in answer.get_data(as_text=True)
    assert 'value="Typed"' in answer.get_data(as_text=True)


def test_expirations_are_added_renewed_corrected_and_deleted(app, client, account_id):
    path = f"/admin/records/{_made(app, account_id)}"
    refused = client.submit(f"{path}/expirations/new", {"what": "", "expires_on": "tomorrow", "warn_days": "-1"})
    assert refused.status_code == 422 and "Say what expires" in refused.get_data(as_text=True)
    assert client.get(f"{path}/expirations/new").status_code == 200
    client.submit(f"{path}/expirations/new", {"what": "Insurance", "expires_on": "2020-01-31", "warn_days": ""})
    page = client.get(path).get_data(as_text=True)
    assert "Expired" in page or "expired" in page
    with app.app_context():
        one = db.session.query(Expiration).one().public_id
    assert client.get(f"{path}/expirations/{one}/renew").status_code == 200
    early = client.submit(f"{path}/expirations/{one}/renew", {"expires_on": "2020-01-31"})
    assert early.status_code == 422 and "Type a day after 2020-01-31" in early.get_data(as_text=True)
    assert client.submit(f"{path}/expirations/{one}/renew", {"expires_on": "2999-01-31"}).status_code == 303
    with app.app_context():
        new = db.session.query(Expiration).filter_by(renewed_at=None).one().public_id
    assert client.get(f"{path}/expirations/{new}/edit").status_code == 200
    client.submit(f"{path}/expirations/{new}/edit", {"what": "My own", "expires_on": "2998-01-31", "warn_days": "5"})
    assert "My own" in client.get(path).get_data(as_text=True)
    for public_id in (new, one):
        assert client.submit(f"{path}/expirations/{public_id}/delete").status_code == 303
    with app.app_context():
        assert _record(app, path.rpartition("/")[2]).next_expires_on is None


def test_deleting_names_what_hangs_on_it_first(app, client, account_id):
    boss = _made(app, account_id, "contact", "Boss")
    with app.app_context():
        boss_id = _record(app, boss).id
        truck = make_record(_account(account_id), name="Truck", owner_id=boss_id).public_id
        make_expiration(_record(app, boss))
    page = client.get(f"/admin/records/{boss}/delete").get_data(as_text=True)
    assert "1 record will be left without their owner" in page and "1 expiration will be deleted" in page
    assert client.submit(f"/admin/records/{boss}/delete").location.endswith("/admin/records?kind=contact")
    assert client.get(f"/admin/records/{boss}").status_code == 404
    history = client.get(f"/admin/records/{truck}").get_data(as_text=True)
    assert '<del dir="auto">Boss</del>' in history


def test_archived_records_leave_the_list_and_come_back(app, client, account_id):
    public_id = _made(app, account_id)
    client.submit(f"/admin/records/{public_id}/archive")
    assert "Nothing matches" in client.get("/admin/records?kind=vehicle&q=truck").get_data(as_text=True)
    assert "Truck 7" in client.get("/admin/records?kind=vehicle&archived=1").get_data(as_text=True)
    assert "Restore" in client.get(f"/admin/records/{public_id}").get_data(as_text=True)
    client.submit(f"/admin/records/{public_id}/restore")
    assert "Truck 7" in client.get("/admin/records?kind=vehicle").get_data(as_text=True)


def test_all_that_match_are_archived_after_their_number_was_said(app, client, account_id):
    with app.app_context():
        for number in range(60):
            make_record(_account(account_id), name=f"Truck {number}")
        make_record(_account(account_id), name="Van")
    form = {"action": "archive", "filter": "kind=vehicle&q=truck", "back": "kind=vehicle"}
    assert "60 records" in client.submit("/admin/records/bulk", form).get_data(as_text=True)
    with app.app_context():
        assert db.session.query(Record).filter(Record.archived_at.is_not(None)).count() == 0
    done = client.submit("/admin/records/bulk", form | {"confirmed": "1"})
    assert done.status_code == 303 and done.location.endswith("/admin/records?kind=vehicle")
    with app.app_context():
        assert [one.name for one in db.session.query(Record).filter(Record.archived_at.is_(None))] == ["Van"]
    nothing = client.submit("/admin/records/bulk", {"action": "archive"})
    assert nothing.status_code == 303
    assert client.submit("/admin/records/bulk", {"action": "explode"}).status_code == 400


HOSTILE = [
    "<script>alert(1)</script>",
    "'; DROP TABLE record; --",
    "{{ 7*191 }}",
    "\u202eevil",
    "a\u0000b",
    "=1+1",
    "%s%n",
    "😀" * 40,
    "ก็่้๊๋",
    '"><img src=x onerror=alert(1)>',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_only_words(client, account_id, text):
    typed = dict.fromkeys(("name", "tag", "description", "plate", "make", "visitor_notes", "private_notes"), text)
    typed["plate"] = text[:30]
    answer = client.submit("/admin/records/new", {"kind": "vehicle"} | typed)
    assert answer.status_code == 303
    for path in (
        answer.location,
        answer.location + "/edit",
        answer.location + "/delete",
        "/admin/records?kind=vehicle",
    ):
        page = client.get(path).get_data(as_text=True)
        assert "<script>alert" not in page and "<img src=x" not in page and "1337" not in page.split("<main")[1]
    found = 404 if "\0" in text else 200  # an address that holds a NUL is none of ours
    assert client.get("/admin/records", query_string={"q": text, "kind": "vehicle"}).status_code == found
    assert client.get("/admin/records/choices", query_string={"q": text, "kind": "vehicle"}).status_code == found


def test_another_company_gets_404_everywhere(app, client, account_id):
    with app.app_context():
        theirs = make_record(make_account("Other"), name="Theirs")
        make_expiration(theirs)
        path, expiration = f"/admin/records/{theirs.public_id}", theirs.expirations[0].public_id
    mine = f"/admin/records/{_made(app, account_id)}"
    for address in ("", "/edit", "/delete", "/photo", "/expirations/new", f"/expirations/{expiration}/renew"):
        assert client.get(path + address).status_code == 404, address
    for address in ("/edit", "/archive", "/restore", "/delete", f"/expirations/{expiration}/delete"):
        assert client.submit(path + address, {"name": "Mine now"}).status_code == 404, address
    assert client.get(f"{mine}/expirations/{expiration}/edit").status_code == 404
    refused = client.submit("/admin/records/new", {"kind": "vehicle", "name": "T", "owner_id": path.rpartition("/")[2]})
    assert refused.status_code == 422
    client.submit(
        "/admin/records/bulk", {"action": "archive", "record": path.rpartition("/")[2], "confirmed": "1", "back": ""}
    )
    with app.app_context():
        assert db.session.query(Record).filter_by(name="Theirs").one().archived_at is None


def test_a_member_sees_and_does_not_edit(app, client):
    with app.app_context():
        account = make_account()
        make_member(account, "mia@example.com", role="member")
        public_id = make_record(account).public_id
    client.sign_in("mia@example.com")
    page = client.get(f"/admin/records/{public_id}").get_data(as_text=True)
    assert "QR Code" in page and "/edit" not in page and "/delete" not in page
    assert "New vehicle" not in client.get("/admin/records?kind=vehicle").get_data(as_text=True)
    for address in ("/edit", "/delete", "/expirations/new"):
        assert client.get(f"/admin/records/{public_id}{address}").status_code == 403


def test_pickers_offer_live_records_of_one_kind(app, client, account_id):
    _made(app, account_id, "contact", "Jan Kowalski", email="jan@firma.pl")
    _made(app, account_id, "location", "Janów")
    found = client.get("/admin/records/choices?kind=contact&q=jan").get_json()["results"]
    assert [one["text"] for one in found] == ["Jan Kowalski · jan@firma.pl"]
    assert client.get("/admin/records/choices?kind=spaceship").status_code == 404


@pytest.mark.parametrize("address", ["%00", "%F0%9F%98%80", "..%2f..", "a" * 3000])
def test_odd_addresses_are_404(client, account_id, address):
    assert client.get(f"/admin/records/{address}").status_code == 404
