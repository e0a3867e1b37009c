"""Settings, Company: particulars, published contact, colour, logo, two admins at once."""

import io
import re

import pytest
import sqlalchemy as sa
from PIL import Image

from portal.accounts.models import Account
from portal.audit.models import AuditEvent
from portal.extensions import db
from tests.client import PortalClient
from tests.factories.people import make_account, make_member

COMPANY = "/admin/settings/company"


@pytest.fixture
def ada(app, client):
    with app.app_context():
        make_member(make_account())
    client.sign_in("ada@example.com")
    return client


def fields(**changed):
    values = {"version": "1", "name": "North Yard Haulage", "country": "US", "timezone": "UTC"}
    return values | {"contact_name": "", "contact_email": "", "contact_phone": "", "accent": "#3548c8"} | changed


def account(app):
    with app.app_context():
        return db.session.scalars(sa.select(Account).order_by(Account.id)).first()


def picture(kind="PNG", size=(40, 20)):
    out = io.BytesIO()
    Image.new("RGB", size, "#c03020").save(out, kind)
    out.seek(0)
    return out


def test_saves_everything_and_shows_it_again(app, ada):
    answer = ada.submit(
        COMPANY,
        fields(
            name="  Süd  Werk ",
            country="PL",
            timezone="Europe/Warsaw",
            contact_name="Dyspozytor",
            contact_email="Office@Example.com",
            contact_phone="601 234 567",
            accent="#1F7A4D",
        ),
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, COMPANY)
    saved = account(app)
    assert (saved.name, saved.country, saved.timezone, saved.accent) == ("Süd Werk", "PL", "Europe/Warsaw", "#1f7a4d")
    assert (saved.contact_name, saved.contact_email, saved.contact_phone) == (
        "Dyspozytor",
        "Office@example.com",
        "+48601234567",
    )
    assert saved.version == 2
    page = ada.get(COMPANY).text
    assert "toast-success" in page and "--accent: #1f7a4d" in page
    assert 'value="+48 601 234 567"' in page


def test_country_change_keeps_the_phone_number(app, ada):
    ada.submit(COMPANY, fields(contact_phone="(415) 555-2671"))
    shown = re.search(r'name="contact_phone"[^>]*value="([^"]+)"', ada.get(COMPANY).text)[1]
    ada.submit(COMPANY, fields(version="2", country="PL", contact_phone=shown))
    assert account(app).contact_phone == "+14155552671"


def test_the_portals_own_colour_is_none_of_the_companys(app, ada):
    ada.submit(COMPANY, fields(accent="#112233"))
    ada.submit(COMPANY, fields(version="2", accent="#3548C8"))
    assert account(app).accent == ""


def test_only_what_changed_is_an_event_and_nothing_changed_is_none(app, ada):
    ada.submit(COMPANY, fields(contact_name="Dispatch"))
    ada.submit(COMPANY, fields(version="2", contact_name="Dispatch"))
    with app.app_context():
        event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "account.update")).one()
        assert event.before == {"contact_name": ""}
        assert event.after == {"contact_name": "Dispatch", "version": 2}
    assert account(app).version == 2


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": "\u2028 "}, "Type the company&#39;s name."),
        ({"contact_email": "office"}, "Type the e-mail address in full"),
        ({"contact_phone": "12"}, "too few digits"),
        ({"contact_phone": "call me"}, "digits only"),
        ({"accent": "red;}"}, "Choose a colour such as #1f7a4d."),
        ({"timezone": "Mars/Olympus"}, "Not a valid choice"),
        ({"country": "XX", "contact_phone": "601 234 567"}, "Not a valid choice"),
    ],
)
def test_mistakes_are_named_and_what_was_typed_stays(app, ada, changed, sentence):
    answer = ada.submit(COMPANY, fields(contact_name="Dispatch desk") | changed)
    assert answer.status_code == 422
    assert sentence in answer.text and "Dispatch desk" in answer.text
    assert account(app).version == 1


def test_second_of_two_admins_is_told_and_loses_nothing(app, ada):
    with app.app_context():
        first = db.session.scalars(sa.select(Account)).one()
        make_member(first, "ben@example.com", name="Ben Second")
    ben = PortalClient(app)
    ben.sign_in("ben@example.com")
    ben.submit(COMPANY, fields(contact_name="Ben's desk", country="PL"))
    answer = ada.submit(COMPANY, fields(contact_name="Ada's desk"))
    assert answer.status_code == 409
    assert "<bdi>Ben Second</bdi> changed Country to “<bdi>Poland</bdi>”" in answer.text
    assert "Ben&#39;s desk" in answer.text and 'value="Ada&#39;s desk"' in answer.text
    assert account(app).contact_name == "Ben's desk"
    shown = re.search(r'name="version"[^>]*value="(\d+)"', answer.text)[1]
    assert ada.submit(COMPANY, fields(version=shown, contact_name="Ada's desk")).status_code == 303
    assert account(app).contact_name == "Ada's desk"


@pytest.mark.parametrize("version", ["", "x", "0", "-1", "99", "²", "9" * 5000])
def test_version_that_was_never_shown_saves_nothing(app, ada, version):
    assert ada.submit(COMPANY, fields(version=version, name="Else")).status_code == 409
    assert account(app).name == "North Yard Haulage"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_logo_is_kept_shown_and_removed(app, ada, kind):
    assert ada.get(f"{COMPANY}/logo").status_code == 404
    assert ada.submit(COMPANY, fields(logo=(picture(kind), "logo.bin"))).status_code == 303
    with ada.get(f"{COMPANY}/logo") as answer:
        assert answer.mimetype == "image/png"
        assert Image.open(io.BytesIO(answer.data)).size == (40, 20)
    assert f"/admin/settings/company/logo?v={account(app).logo_key[:12]}" in ada.get(COMPANY).text
    ada.submit(COMPANY, fields(version="2"))
    assert account(app).logo_key
    ada.submit(COMPANY, fields(version="2", remove_logo="y"))
    assert account(app).logo_key == ""
    assert ada.get(f"{COMPANY}/logo").status_code == 404


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "SVG drawings are not accepted"),
        (b"\x89PNG\r\n\x1a\nbroken", "damaged or incomplete"),
    ],
)
def test_bad_logo_is_refused_with_its_reason(app, ada, data, sentence):
    answer = ada.submit(COMPANY, fields(contact_name="Kept", logo=(io.BytesIO(data), "logo.png")))
    assert answer.status_code == 422
    assert sentence in answer.text and "Kept" in answer.text
    assert account(app).logo_key == ""


def test_changes_stay_within_the_own_company(app, ada):
    with app.app_context():
        other = make_account("Other Company").id
    ada.submit(COMPANY, fields(name="Renamed", logo=(picture(), "logo.png")))
    with app.app_context():
        row = db.session.get(Account, other)
        assert (row.name, row.logo_key, row.version) == ("Other Company", "", 1)
