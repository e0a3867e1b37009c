"""The public doors of a sticker: gate, passcode, record, and the states that show nothing."""

import gzip
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, update

from portal.accounts.models import Account
from portal.extensions import db
from portal.gate import operations as gate
from portal.gate import passes
from portal.gate.models import AttemptCounter
from portal.lib.sealing import make_key_ring
from portal.records.models import Record
from portal.stickers import operations as stickers
from portal.stickers import tokens
from portal.stickers.models import Passphrase, Sticker
from tests.client import PortalClient
from tests.factories.people import PASSCODE, make_account, make_member
from tests.factories.things import make_expiration, make_record, scan_path
from tests.statements import noted


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


@pytest.mark.parametrize("typed", [" 4826 ", "48 26", "٤٨٢٦", "４８２６", "۴۸۲۶"])
def test_spaces_and_the_digits_of_other_keypads_count_as_typed(app, client, typed):
    path, _ = a_sticker(app)
    assert client.post(path, data={"passcode": typed}).status_code == 303


@pytest.mark.parametrize("typed", ["", "482", "48260", "\ud7ff4826", "a" * 60_000])
def test_anything_else_is_wrong(app, client, typed):
    path, _ = a_sticker(app)
    assert client.post(path, data={"passcode": typed}).status_code == 403


# Addresses


def test_any_letter_case_hyphens_and_lookalikes_open_the_same_sticker(app, client):
    path, _ = a_sticker(app)
    token = path.removeprefix("/Q/")
    lookalike = token.replace("0", "O").replace("1", "l")
    for spelling in (
        f"/q/{token}",
        f"/q/{token.lower()}",
        f"/Q/{token.lower()}",
        f"/q/{tokens.typed_form(token)}",
        f"/Q/{lookalike}",
    ):
        assert client.get(spelling).status_code == 200, spelling


def test_the_typed_code_leads_to_the_sticker_and_a_slip_is_kept_with_a_sentence(app, client):
    path, _ = a_sticker(app)
    token = path.removeprefix("/Q/")
    answer = client.get("/", query_string={"code": tokens.typed_form(token).lower()})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/q/{token}")
    slip = client.get("/?code=K7Q2-<b>")
    page = slip.get_data(as_text=True)
    assert slip.status_code == 400
    assert "K7Q2-&lt;b&gt;" in page and "not a whole code" in page
    assert 'href="/sign-in"' in client.get("/").get_data(as_text=True)


# States


def comparable(answer):
    """A page without its nonce."""
    return re.sub(r'nonce="[^"]+"', "", answer.get_data(as_text=True))


def test_unknown_forged_foreign_and_nonsense_are_one_page(app, client):
    path, _ = a_sticker(app)
    with app.app_context():
        theirs = scan_path(make_record(make_account("Other Company")))
    code, seal = path[3:11], path[11:]
    forged = f"/q/{code}{tokens.seal(code, 'another passphrase')}"
    pages = [
        client.get(place)
        for place in (f"/q/ZZZZZZZZ{seal}", forged, f"/q/{code}{theirs[11:]}", "/q/nonsense", "/Q/" + "A" * 300)
    ]
    pages.append(client.post(forged, data={"passcode": PASSCODE}))
    assert {answer.status_code for answer in pages} == {404}
    assert len({comparable(answer) for answer in pages}) == 1
    assert "North Yard" not in comparable(pages[0])


def expect_closed(client, path, status, *words):
    """GET and POST give the same page, which does not name the record, and photo and card stay closed too."""
    for answer in (client.get(path), client.post(path, data={"passcode": PASSCODE})):
        page = answer.get_data(as_text=True)
        assert answer.status_code == status
        assert all(word in page for word in words), page
        assert "Hidden Name" not in page
    assert client.get(f"{path}/photo").status_code == 404
    assert client.get(f"{path}/contact.vcf").status_code != 200


def test_without_a_passcode_nothing_is_shown_and_the_visitor_is_told_what_to_do(app, client):
    path, account_id = a_sticker(app, name="Hidden Name")
    with app.app_context():
        gate.set_passcode(db.session(), key_ring(app), account_id=account_id, code="", now=datetime.now(UTC))
        db.session.commit()
    expect_closed(client, path, 503, "You must assign passcode.", "Tell them")


def test_a_rotated_sticker_says_when_it_was_retired(app, client):
    path, account_id = a_sticker(app, name="Hidden Name")
    moment = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    with app.app_context():
        stickers.set_passphrase(
            db.session(), key_ring(app), account_id=account_id, text=tokens.make_passphrase(), now=moment
        )
        db.session.get(Account, account_id).timezone = "Europe/Warsaw"
        db.session.commit()
    expect_closed(client, path, 410, "This sticker was retired on 2 March 2026, ask for a new one.")


def test_an_overlap_honours_the_old_seal_until_it_ends(app, client):
    path, account_id = a_sticker(app, name="Hidden Name")
    now = datetime.now(UTC)
    with app.app_context():
        text = tokens.make_passphrase()
        stickers.set_passphrase(
            db.session(), key_ring(app), account_id=account_id, text=text, now=now, overlap=timedelta(days=7)
        )
        db.session.commit()
    assert client.get(path).status_code == 200
    admit(client, path)
    with app.app_context():
        old = db.session.scalars(select(Passphrase).where(Passphrase.retired_at.is_not(None))).one()
        old.honoured_until = now - timedelta(seconds=1)
        db.session.commit()
    expect_closed(client, path, 410, "This sticker was retired on")


@pytest.mark.parametrize(("days", "status"), [(0, 410), (7, 200)])
def test_a_later_rotation_ends_earlier_overlaps_no_later_than_its_own(app, client, days, status):
    path, account_id = a_sticker(app, name="Hidden Name")
    now = datetime.now(UTC)
    with app.app_context():
        for overlap in (timedelta(days=30), timedelta(days=days)):
            text = tokens.make_passphrase()
            stickers.set_passphrase(
                db.session(), key_ring(app), account_id=account_id, text=text, now=now, overlap=overlap
            )
        db.session.commit()
        ends = db.session.scalars(select(Passphrase.honoured_until).where(Passphrase.retired_at.is_not(None))).all()
    assert all(end is None or end <= now + timedelta(days=days) for end in ends)
    assert client.get(path).status_code == status


def test_a_revoked_sticker_says_so(app, client):
    path, _ = a_sticker(app, name="Hidden Name")
    with app.app_context():
        db.session.execute(update(Sticker).values(revoked_at=datetime.now(UTC)))
        db.session.commit()
    expect_closed(client, path, 410, "This sticker was revoked")


def test_the_sticker_of_a_deleted_record_counts_as_revoked(app, client):
    path, _ = a_sticker(app, name="Hidden Name")
    with app.app_context():
        db.session.execute(update(Sticker).values(record_id=None, revoked_at=datetime.now(UTC)))
        db.session.execute(delete(Record))
        db.session.commit()
    expect_closed(client, path, 410, "This sticker was revoked")


def test_an_archived_record_says_so(app, client):
    path, _ = a_sticker(app, name="Hidden Name")
    with app.app_context():
        db.session.execute(update(Record).values(archived_at=datetime.now(UTC)))
        db.session.commit()
    expect_closed(client, path, 410, "This record is archived")


# Passes


def test_a_pass_opens_every_sticker_of_its_account_and_none_of_another(app, client):
    path, _ = a_sticker(app, name="First Truck")
    with app.app_context():
        second = scan_path(make_record(db.session.scalars(select(Account)).one(), name="Second Truck"))
        theirs = scan_path(make_record(make_account("Other Company"), name="Their Truck"))
    cookie = admit(client, path).headers.getlist("Set-Cookie")[0]
    assert cookie.startswith("__Host-pass-")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"))
    assert "Second Truck" in client.get(second).get_data(as_text=True)
    page = client.get(theirs).get_data(as_text=True)
    assert "Other Company" in page and "Their Truck" not in page


def test_over_plain_http_the_cookies_have_plain_names(live_app):
    client = PortalClient(live_app)
    path, _ = a_sticker(live_app)
    cookies = admit(client, path).headers.getlist("Set-Cookie")
    assert [re.match("pass-|browser=|kd-", cookie) is not None for cookie in cookies] == [True] * 3
    assert not any("Secure" in cookie for cookie in cookies)
    assert client.get(path).get_data(as_text=True).count("Truck 7") > 0


def test_a_new_passcode_voids_the_passes(app, client):
    path, account_id = a_sticker(app, name="Hidden Name")
    admit(client, path)
    with app.app_context():
        gate.set_passcode(db.session(), key_ring(app), account_id=account_id, code="7391", now=datetime.now(UTC))
        db.session.commit()
    assert "Hidden Name" not in client.get(path).get_data(as_text=True)


def test_lock_ends_the_pass_and_empties_the_cache(app, client):
    path, _ = a_sticker(app, name="Hidden Name")
    admit(client, path)
    answer = client.post(f"{path}/lock")
    assert (answer.status_code, answer.headers["Clear-Site-Data"]) == (303, '"cache"')
    assert "Hidden Name" not in client.get(answer.headers["Location"]).get_data(as_text=True)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("{good}", True),
        ("{good}0", False),
        ("", False),
        ("..", False),
        ("{expiry}.9.{signature}", False),
        ("9{good}", False),
        ("é.1.é", False),
    ],
)
def test_only_our_own_unchanged_passes_are_valid(text, verdict):
    ring, now = make_key_ring(), datetime(2026, 3, 1, tzinfo=UTC)
    good = passes.make_pass(ring, account_public_id="acc", generation=2, now=now)
    expiry, _, signature = good.split(".")
    given = text.format(good=good, expiry=expiry, signature=signature)
    assert passes.is_valid(ring, given, account_public_id="acc", generation=2, now=now) is verdict


def test_a_pass_ends_after_12_hours_and_belongs_to_one_account_and_generation():
    ring, now = make_key_ring(), datetime(2026, 3, 1, tzinfo=UTC)
    good = passes.make_pass(ring, account_public_id="acc", generation=2, now=now)

    def is_valid(account="acc", generation=2, later=timedelta(0)):
        return passes.is_valid(ring, good, account_public_id=account, generation=generation, now=now + later)

    assert is_valid(later=passes.LIFE - timedelta(seconds=1))
    assert not is_valid(later=passes.LIFE)
    assert not is_valid(account="other") and not is_valid(generation=3)


def test_a_member_without_the_second_step_that_the_company_requires_types_the_passcode(app, client):
    path, _ = a_sticker(app, name="Truck 7")
    with app.app_context():
        make_member(db.session.scalars(select(Account)).one())
    client.sign_in("ada@example.com")
    assert "Truck 7" in client.get(path).text
    with app.app_context():
        db.session.scalars(select(Account)).one().requires_totp = True
        db.session.commit()
    page = client.get(path).text
    assert "Truck 7" not in page and "Enter the passcode" in page


def test_a_member_sees_the_record_without_a_passcode_and_what_to_add(app, client):
    path, _ = a_sticker(app, name="Truck 7")
    with app.app_context():
        make_member(db.session.scalars(select(Account)).one())
        make_member(make_account("Other Company"), "eve@example.com")
    client.sign_in("ada@example.com")
    page = client.get(path).get_data(as_text=True)
    assert "Truck 7" in page and "Nobody is noted as owner" in page
    stranger = PortalClient(app)
    stranger.sign_in("eve@example.com")
    assert "Truck 7" not in stranger.get(path).get_data(as_text=True)


# Refusals


def test_a_form_of_another_site_is_refused_and_one_that_says_nothing_is_not(app, client):
    path, _ = a_sticker(app)
    data = {"passcode": PASSCODE}
    for headers in (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    ):
        assert client.post(path, data=data, headers=headers).status_code == 403
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(AttemptCounter)) == 0
    for headers in ({}, {"Origin": "https://qr.example.com"}, {"Origin": "null", "Sec-Fetch-Site": "same-origin"}):
        assert client.post(path, data=data, headers=headers).status_code == 303


def test_five_failures_from_one_address_close_it_and_even_the_right_code_is_not_looked_at(app):
    path, _ = a_sticker(app, name="Hidden Name")
    for number in range(5):
        assert PortalClient(app).post(path, data={"passcode": f"500{number}"}).status_code == 403
    answer = PortalClient(app).post(path, data={"passcode": PASSCODE})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 900
    assert "Too many tries" in page and "15 minutes" in page and "Hidden Name" not in page
    elsewhere = PortalClient(app).post(
        path, data={"passcode": PASSCODE}, environ_overrides={"REMOTE_ADDR": "203.0.113.8"}
    )
    assert elsewhere.status_code == 303


def test_a_forwarded_address_of_a_stranger_buys_no_further_tries(app):
    path, _ = a_sticker(app)
    statuses = [
        PortalClient(app)
        .post(path, data={"passcode": "5000"}, headers={"X-Forwarded-For": f"198.51.100.{number}"})
        .status_code
        for number in range(7)
    ]
    assert statuses == [403] * 5 + [429] * 2


# Headers, size, cost


def test_the_pages_are_kept_nowhere_and_load_nothing_from_elsewhere(app, client):
    path, _ = a_sticker(app)
    admit(client, path)
    for answer in (client.get(path), client.get("/"), client.get("/q/none")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert answer.headers["Content-Security-Policy"].startswith(
            "default-src 'none'; img-src 'self'; style-src 'nonce-"
        )
        page = answer.get_data(as_text=True)
        assert not re.findall(r"<link[^>]+stylesheet|<script[^>]+src|https?://", page)
        assert not re.findall(r'\sstyle="|\son[a-z]+="', page)


def test_the_record_with_everything_on_it_fits_14_kilobytes(app, client):
    with app.app_context():
        account = make_account(contact_name="Front office", contact_email="office@example.com")
        boss = make_record(
            account, "contact", "Priya Raman", email="p@example.com", phone="+12025550188", photo_key="a" * 64
        )
        owner = make_record(
            account,
            "contact",
            "Dan",
            email="d@example.com",
            mobile="+12025550112",
            supervisor_id=boss.id,
            photo_key="b" * 64,
        )
        record = make_record(
            account, owner_id=owner.id, visitor_notes="Call before you move it. " * 20, photo_key="c" * 64, tag="V-1"
        )
        for what in ("registration", "insurance", "inspection", "service", "licence"):
            make_expiration(record, what)
        path = scan_path(record)
    admit(client, path)
    answer = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert len(answer.data) <= 14 * 1024
    assert b"Email Me" in gzip.decompress(answer.data)
    assert "Content-Encoding" not in client.get(path, headers={"Accept-Encoding": "gzip;q=0"}).headers


def statements_of(app, client, path):
    """What one GET asks the database, and its answer."""
    with noted(app) as asked:
        answer = client.get(path)
    assert answer.status_code == 200
    # The log's own thread may write meanwhile.
    return [
        text
        for text in asked
        if re.search(r"FROM (account|sticker JOIN|passcode|passphrase|record|expiration|auth_session)", text)
    ], answer


def test_a_gate_costs_one_statement_a_record_two_and_neither_writes_a_session(app, client):
    path, _ = a_sticker(app)
    admit(client, path)
    for who, expected in ((PortalClient(app), 1), (client, 2)):
        asked, answer = statements_of(app, who, path)
        assert len(asked) == expected, asked
        assert not any("session" in cookie for cookie in answer.headers.getlist("Set-Cookie"))
