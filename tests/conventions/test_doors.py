"""Every door, walked as those who must not get in: strangers, members without the right, forms of other sites."""

import re

import pytest

from portal.accounts.permissions import DOORS
from portal.web.paths import local_path
from tests.client import PASSWORD, PortalClient
from tests.conventions.walking import methods_by_path, ways
from tests.factories.people import make_account, make_member
from tests.factories.things import make_record, scan_path

EVIL = "evil.example"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "QUERY")


@pytest.fixture
def company(app):
    with app.app_context():
        account = make_account()
        make_member(account)
        make_member(account, "mia@example.com", role="member", name="Mia")
        record = make_record(account)
        return {"record": record.public_id, "scan": scan_path(record)}


@pytest.fixture
def ada(company, client):
    client.sign_in("ada@example.com")
    return client


def send(client, way, **kwargs):
    return client.submit(way.path, **kwargs) if way.method == "POST" else client.get(way.path, **kwargs)


def wrong(answers):
    """What answered otherwise, readable."""
    return [f"{way.method} {way.path} answered {status}" for way, status in answers]


def test_without_a_session_every_admin_door_leads_to_the_sign_in(app, client, company):
    walked = [way for way in ways(app) if way.audience == "admin"]
    answers = [(way, send(client, way)) for way in walked]
    assert len(walked) > 60
    assert (
        wrong(
            (way, answer.status_code)
            for way, answer in answers
            if answer.status_code != 303 or not answer.headers["Location"].startswith("/sign-in")
        )
        == []
    )


def test_a_member_without_the_permission_is_refused_before_anything_is_looked_up(app, client, company):
    client.sign_in("mia@example.com")
    walked = [
        way
        for way in ways(app)
        if way.audience == "admin" and way.door.permission and not way.door.permission.for_members
    ]
    assert len(walked) > 30
    answers = [(way, send(client, way)) for way in walked]
    assert (
        wrong(
            (way, answer.status_code)
            for way, answer in answers
            if answer.status_code != 403 or "You may not open this page" not in answer.text
        )
        == []
    )


def test_a_form_without_its_token_is_refused_at_every_door_that_asks_for_one(app, ada):
    walked = [way for way in ways(app) if way.method == "POST" and way.door.csrf]
    assert len(walked) > 30
    for data in ({}, {"csrf_token": ""}, {"csrf_token": "x.y.z"}):
        answers = [(way, ada.post(way.path, data=data).status_code) for way in walked]
        assert wrong((way, status) for way, status in answers if status != 400) == []


def test_another_sessions_token_is_refused(app, ada):
    token = PortalClient(app).token()
    assert ada.post("/admin/profile/sessions/end-others", data={"csrf_token": token}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": f"https://{EVIL}"},
        {"Origin": "null"},
        {"Origin": "http://qr.example.com"},
        {"Origin": "https://qr.example.com.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://qr.example.com"},
    ],
    ids=str,
)
def test_a_form_of_another_site_is_refused_at_every_door(app, ada, headers):
    walked = [way for way in ways(app) if way.method == "POST"]
    token = ada.token()
    answers = [(way, ada.post(way.path, data={"csrf_token": token}, headers=headers)) for way in walked]
    assert (
        wrong(
            (way, answer.status_code)
            for way, answer in answers
            if answer.status_code != 403 or "sent from another site" not in answer.text
        )
        == []
    )


def test_methods_that_a_door_does_not_have_are_405(app, ada):
    token = ada.token()
    for path, known in methods_by_path(app).items():
        for method in METHODS:
            if method in known:
                continue
            data = {"csrf_token": token} if method == "POST" else None
            answer = ada.open(path, method=method, data=data)
            assert answer.status_code == 405, f"{method} {path} answered {answer.status_code}"
            assert set(answer.headers["Allow"].split(", ")) <= known


# What browsers and frameworks have been talked into: other schemes, other hosts, disguised slashes, hidden controls.
BYPASSES = (
    "https://evil.example", "http://evil.example", "HTTPS://evil.example", "//evil.example", "///evil.example",
    "////evil.example", "/\\evil.example", "\\/evil.example", "\\\\evil.example", "/\\/evil.example",
    "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "/\r\n/evil.example", "\t//evil.example",
    " //evil.example", "\x00//evil.example", "/\x00/evil.example", "/\x0b/evil.example", "/\x1f/evil.example",
    "https:evil.example", "https:/evil.example", "https:\\evil.example", "http:///evil.example", "evil.example",
    "@evil.example", "https://qr.example.com@evil.example", "https://qr.example.com.evil.example",
    "//evil.example/%2f..", "//evil.example\\@qr.example.com", "javascript:alert(1)", "java\tscript:alert(1)",
    "JaVaScRiPt:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)", "ftp://evil.example",
    "file:///etc/passwd", "blob:https://evil.example/1", ".evil.example", "?next=//evil.example", "#//evil.example",
    "\u2028//evil.example", "\x85//evil.example", "/ok\r\nLocation: https://evil.example", "/\x7f/evil.example",
    "mailto:eve@evil.example", "", "\\evil.example", "/ /evil.example", "\ufeff//evil.example",
)  # fmt: skip
# Paths that look odd and stay here.
HARMLESS = (
    "/admin/records?q=//evil.example", "/admin/records?next=https://evil.example", "/%2f/evil.example",
    "/%5cevil.example", "/.//evil.example", "/admin/../evil.example", "/@evil.example", "/:80", "/#//evil.example",
    "/\u2215evil.example", "/%09/evil.example", "/;//evil.example", "/https://evil.example",
)  # fmt: skip


@pytest.mark.parametrize("target", BYPASSES)
def test_nobody_is_led_to_another_site(target):
    assert local_path(target) == "/admin/"


def test_every_browser_stays_here_with_what_is_accepted(desktop):
    page = desktop.new_page()
    here = "https://qr.example.com/sign-in"
    origins = page.evaluate(
        "([all, here]) => all.map((one) => new URL(one, here).origin)", [[*HARMLESS, "/admin/"], here]
    )
    assert [local_path(one) for one in HARMLESS] == list(HARMLESS)
    assert set(origins) == {"https://qr.example.com"}
    led_away = page.evaluate(
        "([all, here]) => all.filter((one) => { try { return new URL(one, here).origin !== 'https://qr.example.com' }"
        " catch { return false } }).length",
        [list(BYPASSES), here],
    )
    assert led_away > 20, "the table holds what a browser would follow elsewhere"


@pytest.mark.parametrize("target", [*BYPASSES[:12], "/ok\r\nSet-Cookie: a=b"])
def test_the_doors_that_lead_on_do_not_lead_away(ada, target):
    fields = {"email": "ada@example.com", "password": PASSWORD, "next": target}
    for answer in (
        ada.submit("/sign-in", fields),
        ada.get("/sign-in", query_string={"next": target}),
        ada.get("/admin/confirm-sign-in", query_string={"next": target}),
    ):
        assert answer.headers["Location"] == "/admin/" and "a=b" not in str(answer.headers)


@pytest.mark.parametrize("name", ["HTTP_HOST", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED", "HTTP_X_ORIGINAL_URL"])
def test_a_foreign_host_is_in_nothing_that_we_answer(app, ada, company, name):
    value = f"host={EVIL}" if name == "HTTP_FORWARDED" else f"/{EVIL}" if name == "HTTP_X_ORIGINAL_URL" else EVIL
    known = ["/admin", "/q", f"/admin/records/{company['record']}/qr", company["scan"], "/nowhere", "/sign-in?again=1"]
    paths = known + [way.path for way in ways(app) if way.method == "GET"]
    for path in paths:
        answer = ada.get(path, environ_overrides={name: value})
        assert EVIL not in str(answer.headers), path
        assert EVIL.encode() not in answer.data, path


def test_a_line_end_in_an_address_begins_no_header(app, ada):
    for way in ways(app, argument="x\r\nX-Evil: 1\r\n\r\n<script>"):
        if way.method == "GET":
            answer = ada.get(
                way.path, query_string={"q": "\r\nX-Evil: 1", "kind": "\r\nX-Evil: 1", "next": "/\r\nX-Evil: 1"}
            )
            assert "X-Evil" not in answer.headers and answer.status_code < 500, way.path


def test_a_line_end_in_a_name_begins_no_header(app, ada):
    with app.app_context():
        from portal.accounts.models import Account
        from portal.extensions import db

        account = db.session.query(Account).first()
        record = make_record(account, name='a"; x="\u202eb\u2028\u00e9\u65e5/../\\')
        record.name = "a\r\nX-Evil: 1\r\n\r\n<script>"
        db.session.commit()
        public_id = record.public_id
    for ending in ("png", "svg", "pdf"):
        answer = ada.get(f"/admin/records/{public_id}/qr.{ending}")
        assert answer.status_code == 200
        assert "X-Evil" not in answer.headers and not re.search(r"[\r\n]", answer.headers["Content-Disposition"])


def test_every_door_is_walked(app):
    assert {way.endpoint for way in ways(app)} == set(DOORS)
