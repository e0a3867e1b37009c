"""Mobile Setup: the pairing QR code on screen, on paper and by mail; the same for programs."""

import base64
import html
import re
from dataclasses import replace

import pytest

from portal import postman
from portal.accounts.models import Account, Membership
from portal.audit.models import AuditEvent
from portal.devices.models import DeviceSession
from portal.enrollment import queries
from portal.extensions import db
from portal.jobs import mails
from portal.jobs.models import Mail
from portal.lib.mailserver import read_mail_server
from portal.stickers.drawing import svg
from portal.stickers.symbols import variable_symbol
from tests.decoding import read_png
from tests.enrollment.pairing_page import COMPANY, PAGE, ask, fields, generation
from tests.factories.people import make_account, make_member
from tests.factories.phones import access_token, make_phone
from tests.smtp import SmtpServer


def bring_cookie(app, client, host: str) -> None:
    """The session's cookie for another name of the same portal."""
    name = app.config["SESSION_COOKIE_NAME"]
    client.set_cookie(name, client.get_cookie(name, "qr.example.com").value, domain=host, secure=True)


def picture(page: str) -> str:
    """The SVG that a page shows."""
    found = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
    return base64.b64decode(found[1]).decode()


def only_symbol(drawn: str) -> str:
    return drawn.split("</title>")[1]


def symbol_of(payload: str) -> str:
    return only_symbol(svg(variable_symbol(payload, "M"), ""))


def test_without_a_key_the_page_offers_one_button(app, admin, account_id):
    page = admin.get(PAGE).text
    assert "Create the pairing QR code" in page and "data:image/svg" not in page
    assert admin.get(f"{PAGE}/print").status_code == 404
    with app.app_context():
        assert queries.current_key(db.session(), account_id) is None
    assert admin.submit(f"{PAGE}/key").status_code == 303
    admin.submit(f"{PAGE}/key")
    page = admin.get(PAGE).text
    assert "Create the pairing QR code" not in page and "data:image/svg" in page
    assert generation(app, account_id) == 1


def test_the_qr_carries_api_url_company_and_key(app, with_key, account_id):
    answer = ask(with_key, "pairing-qr").json
    assert (answer["api_url"], answer["company"], answer["username"], answer["generation"]) == (
        "https://qr.example.com/api/v1", COMPANY, "", 1,
    )  # fmt: skip
    assert answer["payload"].startswith("https://qr.example.com/app#v=1&k=pair&t=")
    found = fields(answer["payload"])
    with app.app_context():
        public_id = db.session.get(Account, account_id).public_id
    assert (found["a"], found["n"], found["c"]) == ("https://qr.example.com/api/v1", COMPANY, public_id)
    assert len(found["t"]) == 43 and "u" not in found
    assert only_symbol(answer["svg"]) == symbol_of(answer["payload"])


def test_everybodys_code_needs_no_body(app, with_key):
    headers = {"X-CSRFToken": with_key.token()}
    answer = with_key.post("/api/v1/admin/pairing-qr", headers=headers)
    assert answer.status_code == 200 and answer.json == ask(with_key, "pairing-qr").json
    described = app.test_client().get("/api/v1/openapi.json").json["paths"]
    assert described["/api/v1/admin/pairing-qr"]["post"]["requestBody"]["required"] is False
    form = with_key.post("/api/v1/admin/pairing-qr", data={"username": "tom"}, headers=headers)
    assert form.status_code == 415
    cut = with_key.post("/api/v1/admin/installation-key/rotate", headers=headers)
    assert cut.status_code == 415 and ask(with_key, "pairing-qr").json["generation"] == 1


def test_page_and_sheet_show_the_very_code_of_the_api(with_key):
    for username in ("", "tom@example.com"):
        payload = ask(with_key, "pairing-qr", {"username": username}).json["payload"]
        query = f"?username={username}" if username else ""
        assert only_symbol(picture(with_key.get(PAGE + query).text)) == symbol_of(payload)
        assert only_symbol(picture(with_key.get(f"{PAGE}/print{query}").text)) == symbol_of(payload)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("tom@example.com", "tom@example.com"),
        ("  crew-014 ", "crew-014"),
        ("Zoë & <Tom>", "Zoë & <Tom>"),
        ("a\x00b\nc\u202e", "a b c"),
        ("#&u=x%20", "#&u=x%20"),
    ],
)
def test_a_username_is_in_the_code_and_nothing_else_changes(with_key, typed, kept):
    plain = fields(ask(with_key, "pairing-qr").json["payload"])
    if "\x00" in typed:
        assert ask(with_key, "pairing-qr", {"username": typed}).status_code == 400
        typed = typed.replace("\x00", " ")
    answer = ask(with_key, "pairing-qr", {"username": typed}).json
    assert answer["username"] == kept
    assert fields(answer["payload"]) == plain | {"u": kept}


@pytest.mark.parametrize("username", ["x" * 254, "\u6f22" * 84, "\N{GRINNING FACE}" * 63])
def test_the_longest_usernames_are_in_the_code_whole(with_key, username):
    assert fields(ask(with_key, "pairing-qr", {"username": username}).json["payload"])["u"] == username
    assert with_key.get(f"{PAGE}/print", query_string={"username": username}).status_code == 200
    assert "signs in with this username" in with_key.get(PAGE, query_string={"username": username}).text


@pytest.mark.parametrize("username", ["x" * 320, "\u6f22" * 85, "\N{GRINNING FACE}" * 200])
def test_a_longer_one_is_refused_and_never_cut(with_key, username):
    """What is cut fills in another name; of several hundred foreign letters no symbol can be drawn."""
    plain = ask(with_key, "pairing-qr").json["payload"]
    assert ask(with_key, "pairing-qr", {"username": username}).status_code in (409, 422)
    page = with_key.get(PAGE, query_string={"username": username}).text
    assert "This is longer than a username can be. This is everybody's code." in page
    assert only_symbol(picture(page)) == symbol_of(plain)
    sheet = with_key.get(f"{PAGE}/print", query_string={"username": username}).text
    assert only_symbol(picture(sheet)) == symbol_of(plain)


def test_a_program_that_asks_first_gets_the_first_key(app, admin, account_id):
    assert ask(admin, "pairing-qr").json["generation"] == 1
    assert generation(app, account_id) == 1


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTP_HOST": "evil.example"},
        {"HTTP_X_FORWARDED_HOST": "evil.example", "HTTP_X_FORWARDED_PROTO": "http"},
        {"HTTP_FORWARDED": "host=evil.example;proto=http"},
    ],
)
def test_a_forged_host_never_changes_the_payload(app, with_key, environ):
    bring_cookie(app, with_key, "evil.example")
    payload = ask(with_key, "pairing-qr").json["payload"]
    forged = ask(with_key, "pairing-qr", environ_overrides=environ).json
    assert (forged["payload"], forged["api_url"]) == (payload, "https://qr.example.com/api/v1")
    page = with_key.get(PAGE, environ_overrides=environ).text
    assert only_symbol(picture(page)) == symbol_of(payload)
    sheet = with_key.get(f"{PAGE}/print", environ_overrides=environ).text
    assert only_symbol(picture(sheet)) == symbol_of(payload) and "evil.example" not in sheet


def test_the_page_names_the_environment_and_warns(app, with_key):
    page = with_key.get(PAGE).text
    assert '<code translate="no">https://qr.example.com</code>' in page and "public address" in page
    assert "You opened this page at" not in page and "plain http" not in page
    assert html.escape(COMPANY) in page and COMPANY not in page
    bring_cookie(app, with_key, "staging.example")
    elsewhere = with_key.get(PAGE, environ_overrides={"HTTP_HOST": "staging.example"}).text
    assert "You opened this page at https://staging.example, but the code leads to https://qr.example.com." in elsewhere


@pytest.mark.parametrize(
    ("public_url", "words"),
    [
        ("http://127.0.0.1:8000", ("this computer only", "reaches only this computer")),
        ("http://localhost:8000", ("this computer only", "reaches only this computer")),
        ("http://192.168.1.20:8000", ("local network", "plain http")),
        ("https://100.101.102.103", ("local network", "only inside it")),  # of a carrier or a private mesh: RFC 6598
        ("http://qr.example.org", ("public address", "plain http")),
    ],
)
@pytest.mark.usefixtures("account_id")
def test_an_address_that_phones_cannot_use_is_warned_of(app, client, public_url, words):
    own = app.extensions["portal"]
    app.extensions["portal"] = replace(own, settings=replace(own.settings, public_url=public_url))
    try:
        client.sign_in("ada@example.com")
        page = client.get(PAGE).text
    finally:
        app.extensions["portal"] = own
    assert [word for word in words if word not in page] == []


def test_users_can_be_picked_and_a_stranger_is_said_to_be_one(with_key):
    page = with_key.get(PAGE).text
    assert '<option value="tom@example.com">Tom Technician</option>' in page
    assert '<option value="crew-014">Crew 14</option>' in page and ".invalid" not in page
    assert "Nobody in" not in page
    assert "This code fills in TOM@example.com." in with_key.get(f"{PAGE}?username=TOM@example.com").text
    assert "signs in with this username" in with_key.get(f"{PAGE}?username=who@example.com").text
    assert with_key.get(f"{PAGE}?username={'x' * 900}").status_code == 200


SENTENCES = (
    "Pre-filled username is not authentication",
    "A QR code is not a secret but it is sensitive",
    "public-facing noticeboard",
    "On installation", "On token rotation", "On user account creation", "On factory reset",
    "QR code won't scan", "at least 4 cm", "Wrong installation after scan", "staging instead of production",
    "Pre-filled username doesn't populate",
    "Mobile can't reach the installation", "Device pairs but login fails",
    "Scan decodes but opens the wrong company", "QR unreadable",
    "Generic QR on shop floor, personalised QR for named users",
    "A paired device without a signed-in user can't do anything",
    "Launch → Setup → Scan QR code",
    "After ten wrong tries they wait five minutes, after ten more ten, an hour at most.",
    "Whoever has a sign-in name instead of an e-mail uses it on phones only",
)  # fmt: skip


def test_the_warnings_and_helps_stand_on_the_page(with_key):
    page = with_key.get(PAGE).text
    assert [sentence for sentence in SENTENCES if sentence not in page] == []


def test_the_sheet_names_company_host_number_and_username(with_key):
    sheet = with_key.get(f"{PAGE}/print").text
    for words in (html.escape(COMPANY), "qr.example.com", "QR code number 1", "not a secret, but it is sensitive"):
        assert words in sheet
    assert "tom@" not in sheet
    assert "tom@example.com" in with_key.get(f"{PAGE}/print?username=tom@example.com").text


def test_a_user_gets_the_code_by_mail(app, with_key, account_id):
    payload = ask(with_key, "pairing-qr", {"username": "tom@example.com"}).json["payload"]
    with_key.submit(f"{PAGE}/send", {"recipient": " Tom@Example.com", "is_prefilled": "y"})
    with app.app_context(), SmtpServer() as smtp:
        mail = db.session.query(Mail).one()
        assert mail.recipient == "tom@example.com" and fields(payload)["t"] not in mail.text_body + mail.html_body
        event = db.session.query(AuditEvent).filter_by(action="pairing_qr.send").one()
        assert (event.target_name, event.account_id) == ("Tom Technician", account_id)
        assert fields(payload)["t"] not in repr(event.after)
        db.session.rollback()
        postman.send_once(app.extensions["portal"], read_mail_server(smtp.url))
        bodies, attached = smtp.received[0].message.iter_parts()
    text, page = bodies.iter_parts()
    assert payload in text.get_content().replace("\r\n", "\n")
    assert html.escape(payload) in page.get_content()
    assert read_png(attached.get_content()) == [payload]


def test_without_prefilling_the_mail_carries_everybodys_code(app, with_key):
    with_key.submit(f"{PAGE}/send", {"recipient": "tom@example.com"})
    with app.app_context():
        opened = mails.opened(app.extensions["portal"].key_ring, db.session.query(Mail).one())
    assert "u" not in fields(opened.secret)


@pytest.mark.parametrize(
    ("recipient", "sentence"),
    [
        ("who@example.com", "Nobody in the company signs in with this."),
        ("eve@example.com", "Nobody in the company signs in with this."),  # somebody of another company
        ("crew-014", "Crew 14 has no e-mail."),
        ("", "required"),
    ],
)
def test_nobody_else_gets_one(app, with_key, recipient, sentence):
    with app.app_context():
        make_member(make_account("Other"), "eve@example.com")
    answer = with_key.submit(f"{PAGE}/send", {"recipient": recipient})
    assert answer.status_code == 422 and sentence in answer.text and "Not sent yet." in answer.text
    with app.app_context():
        assert db.session.query(Mail).count() == 0


def test_a_delegate_shows_and_sends_but_neither_sees_nor_does_rotation(app, client, account_id):
    client.sign_in("del@example.com")
    assert "Mobile Setup" in client.get("/admin/").text
    client.submit(f"{PAGE}/key")
    page = client.get(PAGE).text
    assert "Pre-fill username" in page and "Rotate the key" not in page and "Planned:" not in page
    assert client.get(f"{PAGE}/print").status_code == 200
    assert client.submit(f"{PAGE}/send", {"recipient": "tom@example.com"}).status_code == 303
    assert ask(client, "pairing-qr").status_code == 200
    for path in ("rotate", "rotate/plan"):
        assert client.get(f"{PAGE}/{path}").status_code == 403
    for path in ("rotate", "rotate/plan", "rotate/plan/cancel"):
        assert client.submit(f"{PAGE}/{path}").status_code == 403
    assert ask(client, "installation-key/rotate").status_code == 403
    assert client.get("/api/v1/admin/installation-key/progress").status_code == 403
    assert generation(app, account_id) == 1


def test_a_plain_member_has_no_such_page(client, account_id):
    client.sign_in("tom@example.com")
    assert "Mobile Setup" not in client.get("/admin/").text
    assert client.get(PAGE).status_code == 403
    assert ask(client, "pairing-qr").status_code == 403


def test_no_phone_makes_or_rotates_codes(app, with_key, account_id):
    with app.app_context():
        ada = db.session.query(Membership).filter_by(account_id=account_id).order_by(Membership.id).first()
        phone = make_phone(db.session.get(Account, account_id), ada.user_id)
        token = access_token(app, phone)
    own = app.test_client()
    for method, path in (
        ("POST", "pairing-qr"), ("POST", "installation-key/rotate"), ("GET", "installation-key/progress"),
    ):  # fmt: skip
        answer = own.open(
            f"/api/v1/admin/{path}", method=method, json={}, headers={"Authorization": f"Bearer {token}"},
            base_url="https://qr.example.com",
        )  # fmt: skip
        assert (answer.status_code, answer.json["reason"]) == (403, "not_for_phones")
    assert generation(app, account_id) == 1


@pytest.mark.parametrize("body", [{"user": "x"}, {"username": "x" * 255}, {"username": None}, {"username": 7}, []])
def test_programs_cannot_ask_for_nonsense(with_key, body):
    assert ask(with_key, "pairing-qr", body).status_code == 422


def test_two_companies_have_keys_of_their_own(app, with_key, client, account_id):
    mine = fields(ask(with_key, "pairing-qr").json["payload"])
    with app.app_context():
        make_member(make_account("Other"), "eve@example.com")
    client.sign_in("eve@example.com")
    theirs = fields(ask(client, "pairing-qr").json["payload"])
    assert (theirs["t"], theirs["c"]) != (mine["t"], mine["c"]) and theirs["n"] == "Other"
    ask(client, "installation-key/rotate")
    assert generation(app, account_id) == 1
    with app.app_context():
        assert db.session.query(DeviceSession).count() == 0
