"""Hostile strings in every text field, followed through page, PDF, SVG, vCard and CSV: text stays text everywhere."""

import csv
import io
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
import vobject

from portal.extensions import db
from portal.records.kinds import BY_NAME, KINDS
from portal.records.models import Record
from tests.decoding import read_pdf
from tests.factories.people import PASSCODE, make_account, make_member
from tests.factories.things import make_record, scan_path

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7*7 }}{% for x in config %}",
    "'; DROP TABLE record; --",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "@SUM(A1)",
    "'=quoted already",
    "Truck\r\nBCC:evil@example.com",
    "END:VCARD\nBEGIN:VCARD",
    ") Tj ET Q BT (owned",
    "\\) \\\\ (",
    "%PDF-1.4 endstream",
    "\u202etxt.exe\u202c",
    "Z\u0351\u036b\u0343a\u0315l\u0321g\u033bo\u0349",
    "\u0e01\u0e33\u0e19\u0e31\u0e19\u0e17\u0e35\u0e48",
    "\u0645\u0631\u062d\u0628\u0627 (1)",
    "\U0001f69a\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "]]><x/>&amp;&#x41;",
    "a\u00a0b\u200bc\u2028d",
    "W" * 200,
    "%00%0d%0aSet-Cookie:x=1",
    "javascript:alert(1)",
    "../../etc/passwd",
)
TEXT_TYPES = ("text", "textarea")


class Elements(HTMLParser):
    """What a browser would make of a page: its elements, their attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))


def assert_harmless(page: str) -> None:
    """No script without a nonce or of another origin, no handler, no foreign address, in the page as parsed."""
    for tag, attributes in Elements(page).elements:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert tag != "script" or attributes.get("nonce") or (attributes.get("src") or "").startswith("/static/")
        for name in ("href", "src", "action"):
            assert not (attributes.get(name) or "").lower().startswith(("javascript:", "data:text")), (tag, attributes)
        assert attributes.get("src") != "x"


@pytest.fixture
def company(app, client):
    with app.app_context():
        account = make_account('<b>Evil & Sons</b> "Ltd"')
        make_member(account, name="<i>Ada</i>")
        make_record(
            account, "contact", "Olga </title><script>x</script>", email="olga@example.com", mobile="+12025550123"
        )
        make_record(account, "location", 'Yard "><svg onload=1>')
    client.sign_in("ada@example.com")
    return client


def posted(kind, text: str, owner: str) -> dict[str, str]:
    """A form of this kind with the string in every text field, cut to each field's length."""
    form = {"kind": kind.name, "owner_id": owner}
    for field in kind.fields:
        if field.type in TEXT_TYPES:
            form[field.name] = text[: field.length or 200]
    return form


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_hostile_string_stays_text_from_the_form_to_the_scan(app, company, kind):
    with app.app_context():
        owner = db.session.query(Record).filter_by(kind="contact").first().public_id
    for number, text in enumerate(HOSTILE):
        form = posted(kind, text, owner) | {"tag": f"{number} {text}"[:60]}
        answer = company.submit(f"/admin/records/new?kind={kind.name}", form)
        if answer.status_code == 422:
            assert_harmless(answer.text)
            continue
        assert answer.status_code == 303, (text, answer.status_code)
        with app.app_context():
            record = db.session.query(Record).order_by(Record.id.desc()).first()
            public_id, path = record.public_id, scan_path(record)
        walk_the_admin_pages(company, kind.name, public_id)
        read_the_symbols(company, public_id)
        scan(app, path)


def walk_the_admin_pages(client, kind: str, public_id: str) -> None:
    record = f"/admin/records/{public_id}"
    for page in (record, f"{record}/edit", f"{record}/qr", f"{record}/delete", f"/admin/records?kind={kind}"):
        shown = client.get(page)
        assert shown.status_code == 200, page
        assert_harmless(shown.text)


def read_the_symbols(client, public_id: str) -> None:
    """The SVG is well-formed with its title as text, and the label decodes."""
    svg = ET.fromstring(client.get(f"/admin/records/{public_id}/qr.svg").data)
    assert svg.find("{http://www.w3.org/2000/svg}title").text.strip()
    assert len(read_pdf(client.get(f"/admin/records/{public_id}/qr.pdf").data)) == 1


def scan(app, path: str) -> None:
    """The visitor's page, and its contact card, which stays one card."""
    visitor = app.test_client()
    base = app.extensions["portal"].settings.public_url
    assert visitor.post(path, data={"passcode": PASSCODE}, base_url=base).status_code == 303
    page = visitor.get(path, base_url=base)
    assert page.status_code == 200
    assert_harmless(page.text)
    card = visitor.get(f"{path}/contact.vcf", base_url=base)
    assert len(list(vobject.readComponents(card.data.decode()))) == 1


def test_the_sheet_of_all_hostile_names_decodes_and_the_export_is_inert(app, company):
    vehicle = BY_NAME["vehicle"]
    for number, text in enumerate(HOSTILE):
        company.submit("/admin/records/new?kind=vehicle", posted(vehicle, text, "") | {"tag": f"{number} {text}"[:60]})
    with app.app_context():
        count = db.session.query(Record).filter_by(kind="vehicle").count()
    assert count >= len(HOSTILE) - 3
    sheet = company.submit("/admin/labels.pdf", {"filter": "kind=vehicle", "stock": "L7163"})
    assert len(set(read_pdf(sheet.data))) == count
    export = company.get("/admin/export?kind=vehicle").get_data(as_text=True).lstrip("\ufeff")
    for row in csv.reader(io.StringIO(export)):
        for cell in row:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), cell
