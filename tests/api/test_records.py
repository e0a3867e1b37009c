"""Records for phones and programs: pages of lists, everything about one, photos, stickers scanned in the app."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
from PIL import Image

from portal.accounts.models import Account
from portal.extensions import db
from portal.lib.images import reencode
from portal.records.models import Record
from portal.stickers import operations as stickers
from portal.stickers.queries import get_current_sticker
from portal.stickers.tokens import make_passphrase
from portal.visits.models import Scan
from tests.api.calling import bearer, make_phone, program
from tests.factories.people import make_account, make_member
from tests.factories.things import make_expiration, make_record, scan_path


@pytest.fixture
def company(app):
    with app.app_context():
        account = make_account()
        mia = make_member(account, "mia@example.com", role="member", name="Mia")
        boss = make_record(account, "contact", "Bea Boss", email="bea@example.com", phone="+12025550199")
        owner = make_record(
            account, "contact", "Olga Owner", email="olga@example.com", mobile="+12025550123", supervisor_id=boss.id
        )
        yard = make_record(account, "location", "North Yard", address="1 Yard Road")
        truck = make_record(
            account, "vehicle", "Truck 7", tag="T-7", make="Kenworth", model="T680", plate="KR 1234", year=2021,
            owner_id=owner.id, location_id=yard.id, private_notes="Keys at the gate",
        )  # fmt: skip
        make_expiration(truck, expires_on=datetime.now(UTC).date() + timedelta(days=12))
        foreign = make_account("Theirs")
        boris = make_member(foreign, "boris@example.com", name="Boris")
        return {
            "account": account.id,
            "phone": bearer(make_phone(account, mia.user_id)[0]),
            "foreign": bearer(make_phone(foreign, boris.user_id)[0]),
            "truck": truck.public_id,
            "owner": owner.public_id,
            "boss": boss.public_id,
            "path": scan_path(truck),
        }


def test_lists_by_name_a_page_at_a_time(app, client, company):
    with app.app_context():
        account = db.session.get(Account, company["account"])
        for number in range(25):
            make_record(account, "equipment", f"Pump {number:02}")
    names, cursor, pages = [], "", 0
    while cursor is not None:
        query = {"kind": "equipment", "limit": 10} | ({"cursor": cursor} if cursor else {})
        answer = client.get("/api/v1/records", query_string=query, headers=company["phone"])
        names += [line["name"] for line in answer.json["records"]]
        cursor, pages = answer.json["next_cursor"], pages + 1
    assert names == [f"Pump {number:02}" for number in range(25)] and pages == 3


def test_searches(client, company):
    for q, found in (("kr1234", ["Truck 7"]), ("olga", ["Olga Owner"]), ("zebra", []), ("%", [])):
        answer = client.get("/api/v1/records", query_string={"q": q}, headers=company["phone"])
        assert [line["name"] for line in answer.json["records"]] == found


def test_a_line_says_what_tells_one_from_another(client, company):
    line = client.get("/api/v1/records?q=truck", headers=company["phone"]).json["records"][0]
    assert line["details"] == ["Kenworth T680", "KR 1234"]
    assert (line["kind"], line["tag"], line["state"], line["has_photo"]) == ("vehicle", "T-7", "in use", False)
    assert (line["owner"]["name"], line["location"]["name"], line["expiry_state"]) == (
        "Olga Owner", "North Yard", "due soon",
    )  # fmt: skip
    assert datetime.fromisoformat(line["updated_at"]).utcoffset() == timedelta(0) and line["updated_at"].endswith("Z")


def test_a_place_that_is_none_is_the_beginning(client, company):
    first = client.get("/api/v1/records", headers=company["phone"]).json
    for cursor in ("nonsense", "WzAsIngiXQ", "A" * 800):
        answer = client.get("/api/v1/records", query_string={"cursor": cursor}, headers=company["phone"])
        assert answer.json == first


def test_shows_everything_that_a_member_may_see(client, company):
    record = client.get(f"/api/v1/records/{company['truck']}", headers=company["phone"]).json
    fields = {field["name"]: field["value"] for field in record["fields"]}
    assert (fields["make"], fields["year"], fields["private_notes"]) == ("Kenworth", 2021, "Keys at the gate")
    owner = record["owner"]
    assert owner["email"] == "olga@example.com"
    assert owner["email_href"] == "mailto:olga@example.com?subject=Truck%207%20%28T-7%29"
    assert owner["phones"] == [
        {"type": "mobile", "number": "+12025550123", "text": "(202) 555-0123", "href": "tel:+12025550123"}
    ]
    assert (record["supervisor"]["name"], record["location"]["address"]) == ("Bea Boss", "1 Yard Road")
    paper = record["expirations"][0]
    assert (paper["what"], paper["state"], paper["when"]) == ("registration", "due soon", "in 12 days")
    assert "passphrase" not in str(record).lower() and "/q/" not in str(record).lower()


def test_a_contact_can_be_called_and_mailed(client, company):
    record = client.get(f"/api/v1/records/{company['owner']}", headers=company["phone"]).json
    hrefs = {field["name"]: field["href"] for field in record["fields"]}
    assert hrefs["mobile"] == "tel:+12025550123" and hrefs["email"].startswith("mailto:olga@example.com?")
    assert record["supervisor"]["name"] == "Bea Boss" and record["owner"] is None


def test_photos_come_in_two_sizes(app, client, company):
    picture = BytesIO()
    Image.new("RGB", (900, 600), "red").save(picture, "PNG")
    address = f"/api/v1/records/{company['truck']}/photo"
    assert client.get(address, headers=company["phone"]).status_code == 404
    with app.app_context():
        key = app.extensions["portal"].photos.save(reencode(picture.getvalue()))
        db.session.execute(sa.update(Record).where(Record.public_id == company["truck"]).values(photo_key=key))
        db.session.commit()
    widths = []
    for query in ("", "?size=thumb"):
        with client.get(address + query, headers=company["phone"]) as answer:
            assert answer.mimetype == "image/webp" and answer.headers["Cache-Control"].startswith("private")
            widths.append(Image.open(BytesIO(answer.data)).width)
    assert widths == [900, 320]
    for unit in ("items=0-5", "bytes=0-9", "bytes=99999999-"):  # RFC 9110, section 14.2: a Range may be let be
        with client.get(address, headers=company["phone"] | {"Range": unit}) as whole:
            assert whole.status_code == 200 and Image.open(BytesIO(whole.data)).width == 900
    with client.get(address, headers=company["phone"] | {"If-None-Match": whole.headers["ETag"]}) as same:
        assert (same.status_code, same.data) == (304, b"")
    described = client.get("/api/v1/openapi.json").json["paths"]["/api/v1/records/{public_id}/photo"]["get"]
    assert set(described["responses"]) >= {"200", "304"} and "content" not in described["responses"]["304"]
    assert client.get(f"{address}?size=huge", headers=company["phone"]).status_code == 422


def test_another_company_has_no_such_record(client, company):
    for path in ("", "/photo"):
        answer = client.get(f"/api/v1/records/{company['truck']}{path}", headers=company["foreign"])
        assert (answer.status_code, answer.json["title"]) == (404, "There is nothing here")
    assert client.get("/api/v1/records?q=truck", headers=company["foreign"]).json["records"] == []


def test_a_program_reads_the_same(app, client, company):
    mia = program(app)
    mia.sign_in("mia@example.com")
    address = f"/records/{company['truck']}"
    assert mia.send("GET", address).json == client.get(f"/api/v1{address}", headers=company["phone"]).json


def scan(client, text, headers):
    return client.post("/api/v1/app/scan", json={"text": text}, headers=headers)


def test_a_sticker_is_found_in_every_spelling(app, client, company):
    token = company["path"].rpartition("/")[2]
    typed = "-".join(token[at : at + 4] for at in range(0, 16, 4))
    for text in (
        f"HTTPS://QR.EXAMPLE.COM{company['path']}",
        f"https://qr.example.com/q/{token.lower()}",
        f"https://old-name.example/q/{token}?x=1#y",
        typed,
        f"  {typed.lower()} ",
    ):
        answer = scan(client, text, company["phone"])
        assert answer.status_code == 200, text
        assert answer.json == {"record": {"id": company["truck"], "kind": "vehicle", "name": "Truck 7", "tag": "T-7"}}
    app.extensions["scan_log"].flush()
    with app.app_context():
        rows = db.session.scalars(sa.select(Scan).order_by(Scan.id)).all()
        assert {(row.outcome, row.is_admitted) for row in rows} == {("record", True)}
        assert [row.is_repeat for row in rows] == [False, True, True, True, True], "one phone counts once"


def test_what_is_no_sticker_is_404(client, company):
    token = company["path"].rpartition("/")[2]
    swapped = token[:15] + ("2" if token[15] != "2" else "3")
    for text in (
        "nothing",
        "https://example.com/",
        f"https://qr.example.com/x/{token}",
        swapped,
        "http://[",
        "https://qr.example.com/q/",
    ):
        answer = scan(client, text, company["phone"])
        assert (answer.status_code, answer.json["reason"]) == (404, "unknown"), text


def test_another_companys_sticker_says_so_and_nothing_more(client, company):
    answer = scan(client, company["path"], company["foreign"])
    assert (answer.status_code, answer.json["reason"]) == (404, "other_company")
    assert "Truck" not in answer.text and "North" not in answer.text


def test_a_sticker_that_is_over_says_why(app, client, company):
    with app.app_context():
        db.session.execute(sa.update(Record).values(archived_at=datetime.now(UTC)))
        db.session.commit()
    assert scan(client, company["path"], company["phone"]).json["reason"] == "archived"
    with app.app_context():
        truck = db.session.scalars(sa.select(Record).where(Record.public_id == company["truck"])).one()
        sticker = get_current_sticker(db.session(), truck.account_id, truck.id)
        stickers.revoke(db.session(), sticker, now=datetime.now(UTC))
        db.session.commit()
    answer = scan(client, company["path"], company["phone"])
    assert (answer.status_code, answer.json["reason"]) == (410, "revoked")


def test_a_retired_sticker_is_410(app, client, company):
    with app.app_context():
        parts = app.extensions["portal"]
        text, now = make_passphrase(), datetime.now(UTC)
        stickers.set_passphrase(db.session(), parts.key_ring, account_id=company["account"], text=text, now=now)
        db.session.commit()
    answer = scan(client, company["path"], company["phone"])
    assert (answer.status_code, answer.json["reason"]) == (410, "retired")
