"""The headers of every kind of answer (facts: security, section 3, last paragraph), and that no policy is loosened."""

import re

import pytest

from portal.extensions import db
from portal.gate.models import Passcode
from tests.conventions.walking import ways
from tests.factories.people import PASSCODE, make_account, make_member
from tests.factories.things import make_record, scan_path

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": None,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
    "Strict-Transport-Security": "max-age=31536000",
}
POLICY = ("base-uri 'none'", "form-action 'self'", "frame-ancestors")
NARROW = ("default-src 'self'; ", "default-src 'none'; ")
LOOSE = re.compile(r"unsafe-|\*|https?:|http:")


@pytest.fixture
def place(app, client):
    with app.app_context():
        account = make_account()
        make_member(account)
        record = make_record(account)
        return {"record": record.public_id, "scan": scan_path(record)}


def check(answer, what):
    for name, value in ALWAYS.items():
        assert name in answer.headers, f"{what} has no {name}"
        assert value in (None, answer.headers[name]), f"{what}: {name} is {answer.headers[name]}"
    policy = answer.headers["Content-Security-Policy"]
    assert all(part in policy for part in POLICY), f"{what}: {policy}"
    assert policy.startswith(NARROW) and (policy.startswith(NARROW[1]) or "object-src 'none'" in policy), (
        f"{what}: {policy}"
    )
    assert not LOOSE.search(policy), f"{what}: {policy}"
    assert answer.headers["Referrer-Policy"] in ("no-referrer", "same-origin"), what
    assert answer.headers["X-Frame-Options"] in ("DENY", "SAMEORIGIN"), what
    assert ("frame-ancestors 'none'" in policy) == (answer.headers["X-Frame-Options"] == "DENY"), what
    assert "X-Powered-By" not in answer.headers and "Access-Control-Allow-Origin" not in answer.headers, what


def kept_nowhere(answer):
    return answer.headers["Cache-Control"] in ("no-store", "private, no-store", "no-store, private")


def test_every_door_answers_with_them_signed_in_and_not(app, client, place):
    for is_signed_in in (False, True):
        if is_signed_in:
            client.sign_in("ada@example.com")
        for way in ways(app):
            answer = client.open(way.path, method=way.method)
            check(answer, f"{way.method} {way.path} ({answer.status_code})")


ANSWERS = {
    "page": ("GET", "/sign-in?again=1", {}, 200),
    "redirect to the sign-in": ("GET", "/admin/", {}, 303),
    "corrected address": ("GET", "/admin", {}, 308),
    "unknown address": ("GET", "/nowhere", {}, 404),
    "unknown sticker": ("GET", "/Q/0000000000000000", {}, 404),
    "unknown method": ("DELETE", "/sign-in", {}, 405),
    "odd method": ("PROPFIND", "/", {}, 405),
    "no token": ("POST", "/sign-in", {}, 400),
    "foreign origin": ("POST", "/sign-in", {"headers": {"Origin": "https://evil.example"}}, 403),
    "too large": ("POST", "/sign-in", {"data": {"a": "x" * 5_000_000}}, 413),
    "unreadable path": ("GET", "/%ff%00", {}, 404),
    "options": ("OPTIONS", "/sign-in", {}, 200),
    "health": ("GET", "/healthz", {}, 200),
    "head": ("HEAD", "/sign-in?again=1", {}, 200),
    "missing file": ("GET", "/static/nothing.css", {}, 404),
    "file above": ("GET", "/static/../portal/config.py", {}, 404),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_every_kind_of_answer(app, client, place, what):
    method, path, kwargs, status = ANSWERS[what]
    answer = client.open(path, method=method, **kwargs)
    assert answer.status_code == status
    check(answer, what)
    assert kept_nowhere(answer), answer.headers["Cache-Control"]


def test_a_fault_and_a_silent_database(app, client, place, monkeypatch):
    client.sign_in("ada@example.com")

    def fail(*_args, **_kwargs):
        raise RuntimeError("planted")

    monkeypatch.setattr("portal.audit.views.get_account", fail)
    answer = client.get("/admin/settings/audit")
    assert answer.status_code == 500 and "planted" not in answer.text and "Traceback" not in answer.text
    check(answer, "fault")

    def silent(*_args, **_kwargs):
        from sqlalchemy.exc import OperationalError

        raise OperationalError("SELECT secret", {}, Exception("gone"))

    monkeypatch.setattr("portal.audit.views.get_account", silent)
    answer = client.get("/admin/settings/audit")
    assert answer.status_code == 503 and "SELECT" not in answer.text
    check(answer, "no database")


def test_the_gate_in_all_its_states(app, client, place):
    states = {
        "gate": client.get(place["scan"]),
        "wrong": client.post(place["scan"], data={"passcode": "0001"}),
        "right": client.post(place["scan"], data={"passcode": PASSCODE}),
        "record": client.get(place["scan"]),
        "lock": client.post(place["scan"] + "/lock"),
    }
    assert [answer.status_code for answer in states.values()] == [200, 403, 303, 200, 303]
    with app.app_context():
        db.session.query(Passcode).update({"sealed_text": ""})
        db.session.commit()
    states["unassigned"] = client.get(place["scan"])
    for what, answer in states.items():
        check(answer, what)
        assert kept_nowhere(answer), what
        assert answer.headers["Referrer-Policy"] == "no-referrer", "the address of a scan never travels"


def test_refused_for_too_many_tries(client, place):
    for _ in range(11):
        answer = client.submit("/sign-in", {"email": "ada@example.com", "password": "no"})
    assert answer.status_code == 429
    check(answer, "429")


def test_files_of_every_type(client, place):
    client.sign_in("ada@example.com")
    record = f"/admin/records/{place['record']}"
    for path, mimetype in (
        (f"{record}/qr.png", "image/png"),
        (f"{record}/qr.svg", "image/svg+xml"),
        (f"{record}/qr.pdf", "application/pdf"),
        ("/admin/settings/audit/export.csv", "text/csv"),
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.mimetype) == (200, mimetype)
        check(answer, path)
        assert answer.headers["Cache-Control"].startswith(("no-store", "private")), path


def test_static_files_are_kept_only_under_their_hash(client, place):
    page = client.get("/sign-in?again=1").text
    hashed = re.findall(r'(?:href|src)="(/static/[^"]+\?v=[^"]+)"', page)
    assert len(hashed) > 2
    for path in [*hashed, *re.findall(r'href="(/bootstrap/[^"]+)"', page)]:
        for address, kept in ((path, "public, max-age=31536000, immutable"), (path.partition("?")[0], "no-cache")):
            with client.get(address.replace("&amp;", "&")) as answer:
                check(answer, address)
                assert answer.headers["Cache-Control"] == kept


def test_the_nonce_is_new_in_every_answer_and_stands_in_the_page(client, place):
    nonces = set()
    for _ in range(5):
        answer = client.get("/sign-in?again=1")
        nonce = re.search(r"'nonce-([\w-]{22})'", answer.headers["Content-Security-Policy"])[1]
        assert f'nonce="{nonce}"' in answer.text
        assert set(re.findall(r'nonce="([^"]*)"', answer.text)) == {nonce}
        nonces.add(nonce)
    assert len(nonces) == 5


def test_cookies_are_bound_to_this_host(client, place):
    answers = [
        client.get("/sign-in?again=1"),
        client.get(place["scan"]),
        client.post(place["scan"], data={"passcode": PASSCODE}),
        client.sign_in("ada@example.com"),
    ]
    cookies = [line for answer in answers for line in answer.headers.getlist("Set-Cookie")]
    assert len({line.partition("=")[0] for line in cookies}) >= 4
    for line in cookies:
        attributes = {part.strip().lower() for part in line.split(";")[1:]}
        assert line.startswith("__Host-"), line
        assert {"secure", "httponly", "path=/", "samesite=lax"} <= attributes, line
        assert not [one for one in attributes if one.startswith("domain")]
