"""What the record's page shows, to whom it leads, and the files beside it."""

import io
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest
import vobject
from PIL import Image

from portal.extensions import db
from portal.lib.images import reencode, reencode_logo
from tests.factories.people import PASSCODE, make_account
from tests.factories.things import make_expiration, make_record, scan_path


def read(client, path):
    """The admitted visitor's page."""
    assert client.post(path, data={"passcode": PASSCODE}).status_code == 303
    return client.get(path).get_data(as_text=True)


def links(page, scheme):
    return [unquote(link) for link in re.findall(rf'href="({scheme}:[^"]+)"', page)]


def picture(colour="red", kind="JPEG"):
    data = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(data, kind)
    return data.getvalue()


def test_owner_and_supervisor_with_both_buttons_and_a_subject_that_names_the_thing(app, client):
    with app.app_context():
        account = make_account()
        boss = make_record(account, "contact", "Priya Raman", email="priya@example.com", phone="+12025550188")
        owner = make_record(
            account,
            "contact",
            "Daniel Ortega",
            email="dan@example.com",
            phone="+12025550111",
            mobile="+12025550112",
            supervisor_id=boss.id,
        )
        path = scan_path(make_record(account, name="Van & Crane", tag="V-17", owner_id=owner.id))
    page = read(client, path)
    assert links(page, "mailto") == [
        "mailto:dan@example.com?subject=Van & Crane (V-17)",
        "mailto:priya@example.com?subject=Van & Crane (V-17)",
    ]
    assert links(page, "tel") == ["tel:+12025550112", "tel:+12025550188"]  # the mobile, else the phone
    assert page.count("Email Me") == page.count("Call Me") == 2
    assert (
        page.index("Van &amp; Crane") < page.index("Daniel Ortega") < page.index("Email Me") < page.index("Priya Raman")
    )


@pytest.mark.parametrize(
    ("columns", "email", "call"), [({"email": "dan@example.com"}, 1, 0), ({"phone": "+12025550111"}, 0, 1), ({}, 0, 0)]
)
def test_a_button_is_there_only_when_its_address_is_on_file(app, client, columns, email, call):
    with app.app_context():
        account = make_account(contact_email="office@example.com", contact_phone="+12025550100")
        owner = make_record(account, "contact", "Daniel Ortega", **columns)
        path = scan_path(make_record(account, owner_id=owner.id))
    page = read(client, path)
    assert (page.count("Email Me"), page.count("Call Me")) == (email, call)


def test_without_an_owner_the_companys_published_contact_is_shown(app, client):
    with app.app_context():
        account = make_account(
            contact_name="Front office", contact_email="office@example.com", contact_phone="+12025550100"
        )
        path = scan_path(make_record(account, name="Trailer 9"))
    page = read(client, path)
    assert "Front office" in page
    assert links(page, "mailto") == ["mailto:office@example.com?subject=Trailer 9"] and links(page, "tel") == [
        "tel:+12025550100"
    ]
    assert "Nobody is noted as owner" not in page  # that is for those who can change it


def test_an_archived_owner_is_not_given_out(app, client):
    with app.app_context():
        account = make_account(contact_email="office@example.com")
        owner = make_record(account, "contact", "Gone Person", email="gone@example.com")
        path = scan_path(make_record(account, owner_id=owner.id))
        owner.archived_at = datetime.now(UTC)
        db.session.commit()
    page = read(client, path)
    assert "Gone Person" not in page and "office@example.com" in page


def test_a_contacts_own_sticker_shows_that_contact(app, client):
    with app.app_context():
        account = make_account()
        boss = make_record(account, "contact", "Priya Raman", email="priya@example.com")
        path = scan_path(
            make_record(
                account, "contact", "Daniel Ortega", job_title="Driver", mobile="+12025550112", supervisor_id=boss.id
            )
        )
    page = read(client, path)
    assert '<h1 dir="auto">Daniel Ortega</h1>' in page and "Driver" in page
    assert links(page, "tel") == ["tel:+12025550112"] and links(page, "mailto") == [
        "mailto:priya@example.com?subject=Daniel Ortega"
    ]


def test_every_expiration_has_its_state_in_words_by_the_accounts_own_day(app, client):
    today = datetime.now(UTC).date()
    with app.app_context():
        record = make_record(make_account())
        for what, days in (("registration", -3), ("insurance", 10), ("inspection", 300)):
            make_expiration(record, what, today + timedelta(days=days))
        renewed = make_expiration(record, "licence", today - timedelta(days=40))
        renewed.renewed_at = datetime.now(UTC)
        db.session.commit()
        path = scan_path(record)
    page = read(client, path)
    assert re.findall(r'class="state (\w+)">([^<]+)<', page) == [
        ("bad", "Expired"),
        ("soon", "Due soon"),
        ("good", "Valid"),
    ]
    assert "Registration expired" in page and "Licence" not in page


def test_visitors_read_their_notes_and_never_the_private_ones(app, client):
    with app.app_context():
        path = scan_path(
            make_record(
                make_account(), visitor_notes="Keys at gate 2", private_notes="Stolen twice", vin="1FTBW2CM5HKA"
            )
        )
    page = read(client, path)
    assert "Keys at gate 2" in page and "Stolen twice" not in page and "1FTBW2CM5HKA" not in page


def test_hostile_texts_stay_texts(app, client):
    hostile = "<script>alert(1)</script>\"'{{7*7}}\u202e"
    with app.app_context():
        account = make_account(hostile, contact_name=hostile, accent="}</p>{}")
        owner = make_record(account, "contact", "Dan")
        record = make_record(account, owner_id=owner.id)
        path = scan_path(record)
        # Past every check, as an old import or a hand in the database might leave them.
        for row, columns in (
            (owner, ("name", "job_title", "company")),
            (record, ("name", "tag", "visitor_notes", "plate")),
        ):
            for column in columns:
                setattr(row, column, hostile[:30])
        owner.email = '"><img>@example.com'
        db.session.commit()
    gate = client.get(path).get_data(as_text=True)
    page = read(client, path)
    for text in (gate, page):
        assert "<script>alert" not in text and "<img>" not in text and "49" not in re.findall(r"<h1.*</h1>", text)[0]
        assert "}</p>{}" not in text


def test_a_card_is_saved_with_numbers_photo_and_the_thing(app, client):
    with app.app_context():
        photos = app.extensions["portal"].photos
        account = make_account("Haulage; North, Yard")
        key = photos.save(reencode(picture()))
        boss = make_record(account, "contact", "Priya Raman", email="priya@example.com")
        owner = make_record(
            account,
            "contact",
            "Dan; BEGIN:VCARD",
            mobile="+12025550112",
            phone="+12025550111",
            photo_key=key,
            supervisor_id=boss.id,
        )
        path = scan_path(make_record(account, name="Truck 7", tag="V-7", owner_id=owner.id))
    assert client.get(f"{path}/contact.vcf").status_code == 303
    read(client, path)
    answer = client.get(f"{path}/contact.vcf")
    assert answer.mimetype == "text/vcard" and "attachment" in answer.headers["Content-Disposition"]
    card = vobject.readOne(answer.get_data(as_text=True))
    assert card.fn.value == "Dan; BEGIN:VCARD" and card.org.value == ["Haulage; North, Yard"]
    assert [number.value for number in card.tel_list] == ["+12025550112", "+12025550111"]
    assert card.note.value == "Vehicle: Truck 7 (V-7)" and card.photo.value.startswith(b"\xff\xd8\xff")
    assert (
        vobject.readOne(client.get(f"{path}/contact.vcf?of=supervisor").get_data(as_text=True)).fn.value
        == "Priya Raman"
    )
    assert client.get(f"{path}/contact.vcf?of=nobody").status_code == 404


def test_photos_are_for_the_admitted_and_the_logo_for_whoever_holds_a_sticker(app, client):
    with app.app_context():
        photos = app.extensions["portal"].photos
        account = make_account(logo_key=photos.save_logo(reencode_logo(picture("blue", "PNG"))))
        keys = [photos.save(reencode(picture(colour))) for colour in ("red", "green", "yellow")]
        boss = make_record(account, "contact", "Priya", photo_key=keys[2])
        owner = make_record(account, "contact", "Dan", photo_key=keys[1], supervisor_id=boss.id)
        path = scan_path(make_record(account, photo_key=keys[0], owner_id=owner.id))
        bare = scan_path(make_record(account, name="No photo"))
    places = [f"{path}/photo", f"{path}/photo?size=thumb", f"{path}/photo/owner", f"{path}/photo/supervisor"]
    assert [client.get(place).status_code for place in places] == [404] * 4
    assert client.get(f"{path}/logo").mimetype == "image/png"
    assert f'src="{path}/logo"' in client.get(path).get_data(as_text=True)
    read(client, path)
    answers = [client.get(place) for place in places]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.data for answer in answers}) == 4
    assert {(answer.mimetype, answer.headers["Cache-Control"]) for answer in answers} == {("image/webp", "no-store")}
    assert [client.get(f"{bare}/photo{of}").status_code for of in ("", "/owner", "/supervisor", "/boss")] == [404] * 4
