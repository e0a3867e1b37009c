"""What visitors see of a record is an admin's choice; what is hidden is in no page, card or picture."""

import io
from datetime import UTC, datetime
from functools import cache

import pytest
from PIL import Image
from sqlalchemy import select

from portal.audit.models import AuditEvent
from portal.extensions import db
from portal.gate.queries import Thing
from portal.gate.visibility import SHOWABLE, visible
from portal.jobs.models import Mail
from portal.lib.images import reencode
from portal.records.kinds import BY_NAME
from tests.client import PortalClient
from tests.factories.people import PASSCODE, make_account, make_member
from tests.factories.things import make_expiration, make_record, scan_path

# A word for every field, found nowhere else on a page.
WORDS = {
    "tag": "TAG-7F",
    "description": "Descriptive words",
    "make": "Makerson",
    "model": "Modello",
    "year": 1999,
    "plate": "PLT 4711",
    "vin": "1FTBW2CM5HKA10001",
    "odometer": 654321,
    "manufacturer": "Manufactor",
    "serial_number": "SN-90412",
    "address": "12 Hidden Lane",
    "opening_hours": "Moonlight only",
    "visitor_notes": "Keys at gate two",
    "private_notes": "Nobody outside reads this",
    "job_title": "Yardmaster",
    "company": "Subcontractor Ltd",
    "email": "dan@example.com",
    "phone": "+12025550111",
    "mobile": "+12025550112",
}
SHOWN_AS = {
    "odometer": ("654,321", "654321"),
    "phone": ("+12025550111", "(202) 555-0111"),
    "mobile": ("+12025550112", "(202) 555-0112"),
}
BY_DEFAULT = {
    "vehicle": {"tag", "make", "model", "year", "plate", "visitor_notes"},
    "equipment": {"tag", "manufacturer", "model", "serial_number", "visitor_notes"},
    "location": {"tag", "address", "opening_hours", "visitor_notes"},
    "contact": {"tag", "job_title", "company", "email", "mobile", "phone", "visitor_notes"},
}


@cache
def picture(colour):
    data = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(data, "JPEG")
    return reencode(data.getvalue())


def arrange(app, kind, chosen):
    """A record with everything on it, its owner and supervisor; returns its scan path."""
    with app.app_context():
        photos = app.extensions["portal"].photos
        keys = [photos.save(picture(colour)) for colour in ("red", "green", "blue")]
        account = make_account(contact_name="Front office", contact_email="office@example.com")
        account.visible_fields = chosen
        make_member(account)
        boss = make_record(account, "contact", "Priya Raman", email="priya@example.com", photo_key=keys[2])
        owner = make_record(
            account, "contact", "Olga Owner", email="olga@example.com", supervisor_id=boss.id, photo_key=keys[1]
        )
        fields = {name: value for name, value in WORDS.items() if name in BY_NAME[kind].columns}
        people = {"supervisor_id": boss.id} if kind == "contact" else {"owner_id": owner.id}
        record = make_record(account, kind, "The Thing", photo_key=keys[0], **fields, **people)
        make_expiration(record, "insurance of hulls")
        return scan_path(record)


def everything(client, path):
    """All that a browser can get: the page, the cards, and which photo doors open."""
    cards = "".join(client.get(f"{path}/contact.vcf{of}").get_data(as_text=True) for of in ("", "?of=supervisor"))
    cards = cards.replace("\r\n ", "")
    photos = {of for of in ("", "/owner", "/supervisor") if client.get(f"{path}/photo{of}").status_code == 200}
    return client.get(path).get_data(as_text=True) + cards + client.get(f"{path}/message").get_data(
        as_text=True
    ), photos


def visit(app, path):
    client = PortalClient(app)
    assert client.post(path, data={"passcode": PASSCODE}).status_code == 303
    return everything(client, path)


def found(kind, text):
    """The fields whose words stand in a text."""
    names = [name for name in WORDS if name in BY_NAME[kind].columns]
    return {name for name in names if any(word in text for word in SHOWN_AS.get(name, (str(WORDS[name]),)))}


@pytest.mark.parametrize("kind", sorted(SHOWABLE))
def test_by_default_visitors_see_what_they_always_saw(app, kind):
    text, photos = visit(app, arrange(app, kind, {}))
    assert found(kind, text) == BY_DEFAULT[kind]
    assert "Insurance of hulls" in text and "priya@example.com" in text
    assert ("olga@example.com" in text) == (kind != "contact")
    assert photos == ({"", "/supervisor"} if kind == "contact" else {"", "/owner", "/supervisor"})


@pytest.mark.parametrize("kind", sorted(SHOWABLE))
def test_with_nothing_ticked_only_the_name_is_left(app, kind):
    text, photos = visit(app, arrange(app, kind, {kind: []}))
    assert found(kind, text) == set() and photos == set()
    assert "The Thing" in text
    for word in ("Olga", "olga@", "Priya", "priya@", "Insurance of hulls"):
        assert word.lower() not in text.lower(), word
    assert ("office@example.com" in text) == (kind != "contact")  # somebody can still be asked


@pytest.mark.parametrize(("kind", "name"), [(kind, one.name) for kind in SHOWABLE for one in SHOWABLE[kind]])
def test_each_field_is_hidden_alone_and_shown_alone(app, kind, name):
    columns = {one.name: set(one.columns) & set(WORDS) for one in SHOWABLE[kind]}
    others = [one.name for one in SHOWABLE[kind] if one.name != name]
    path = arrange(app, kind, {kind: others})
    text, photos = visit(app, path)
    assert found(kind, text) == {column for one in others for column in columns[one]}
    assert ("" in photos) == (name != "photo")
    assert ("Olga" in text) == (kind != "contact" and name != "owner")
    assert ("Priya" in text) == (name != "supervisor")
    assert ("Insurance of hulls" in text) == (name != "expirations")


def test_what_contacts_hide_they_hide_as_owner_too(app):
    text, photos = visit(app, arrange(app, "vehicle", {"contact": ["tag"]}))
    assert "Olga Owner" in text and "olga@example.com" not in text and "priya@example.com" not in text
    assert photos == {""}


@pytest.mark.parametrize("kind", sorted(SHOWABLE))
def test_members_see_everything_without_a_passcode(app, client, kind):
    path = arrange(app, kind, {one: [] for one in SHOWABLE})
    client.sign_in("ada@example.com")
    text, photos = everything(client, path)
    assert found(kind, text) == {name for name in WORDS if name in BY_NAME[kind].columns}
    assert "Insurance of hulls" in text and "priya@example.com" in text and "" in photos


def test_a_hidden_owner_still_gets_the_message(app):
    path = arrange(app, "vehicle", {"vehicle": []})
    client = PortalClient(app)
    client.post(path, data={"passcode": PASSCODE})
    sent = client.post(f"{path}/message", data={"reason": "blocking", "text": "In the way"})
    assert sent.status_code == 303, sent.get_data(as_text=True)
    with app.app_context():
        assert db.session.scalars(select(Mail.recipient)).all() == ["olga@example.com"]


def test_an_admin_chooses_and_it_is_written_down(app, client):
    path = arrange(app, "vehicle", {})
    client.sign_in("ada@example.com")
    page = client.get("/admin/settings/visitors").get_data(as_text=True)
    assert 'value="plate" checked' in page and 'value="vin">' in page
    ticks = [("vehicle-fields", "vin"), ("vehicle-fields", "name"), ("vehicle-fields", "private_notes")]
    saved = client.submit("/admin/settings/visitors", [*ticks, ("scan_kept_days", "365"), ("unseen_months", "6")])
    assert saved.status_code == 303
    text, photos = visit(app, path)
    assert found("vehicle", text) == {"vin"} and photos == set()
    with app.app_context():
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "visitors.update")).one()
        assert event.after["visible_fields"]["vehicle"] == ["vin"] and event.after["scan_kept_days"] == 365
        assert event.before["unseen_months"] == 12 and event.at <= datetime.now(UTC)


@pytest.mark.parametrize(
    "numbers",
    [
        {"scan_kept_days": "-1"},
        {"scan_kept_days": "4000"},
        {"unseen_months": "x"},
        {"unseen_months": "²"},
        {"scan_kept_days": "30", "scan_anonymised_days": "30"},
    ],
)
def test_numbers_that_mean_nothing_are_refused_with_what_was_typed(app, client, numbers):
    arrange(app, "vehicle", {})
    client.sign_in("ada@example.com")
    answer = client.submit("/admin/settings/visitors", numbers | {"vehicle-fields": "plate"})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "Not saved yet" in page and 'value="plate" checked' in page and 'value="tag">' in page
    assert all(f'value="{number}"' in page for number in numbers.values())


def test_members_need_the_permission(app, client):
    with app.app_context():
        account = make_account()
        make_member(account, "mia@example.com", role="member")
        make_member(account, "max@example.com", role="member", permissions=["settings.visitors"])
    client.sign_in("mia@example.com")
    assert client.get("/admin/settings/visitors").status_code == 403
    other = PortalClient(app)
    other.sign_in("max@example.com")
    assert other.get("/admin/settings/visitors").status_code == 200


def test_a_kind_that_was_never_chosen_has_its_defaults():
    assert visible("vehicle", {"contact": []}) == {one.name for one in SHOWABLE["vehicle"] if one.is_default}
    assert visible("vehicle", {"vehicle": []}) == frozenset()


def test_every_showable_column_is_one_that_the_look_holds():
    held = set(Thing.__dataclass_fields__)
    assert {column for fields in SHOWABLE.values() for one in fields for column in one.columns} <= held
