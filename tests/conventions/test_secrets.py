"""Secrets stay where they belong: some thirty are planted and used, then looked for in the audit trail, in everything
that the running portal prints, and in what the database holds in clear.

What is printed on purpose, once, to whom it belongs (the setup token at the first start) is not part of this.
"""

import http.cookiejar
import re
import socket
import urllib.error
import urllib.parse
import urllib.request
from html import unescape

import pyotp
import pytest
import sqlalchemy as sa

from portal.accounts.models import AuthSession, User
from portal.audit.models import AuditEvent
from portal.extensions import db
from tests.client import PASSWORD
from tests.conftest import live_environ
from tests.factories.people import PASSCODE, make_account, make_member
from tests.factories.things import make_record, scan_path
from tests.servers import LivePortal

NEW_PASSWORD = "brown kettle seven hats"
NEW_PASSCODE = "7391"
PASSPHRASE = "PlantedPassphrase77"
MARK = "not-http-at-all"  # what the server does print: proof that its output was kept


class Person:
    """A browser without script on a live portal; every cookie value that it ever held is a secret."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.held: set[str] = set()

    def get(self, path: str) -> str:
        return self._send(path, None)

    def post(self, path: str, **fields: str) -> str:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get("/sign-in?again=1"))[1]
        self.held.add(token)
        return self._send(path, fields | {"csrf_token": token})

    def _send(self, path: str, fields: dict[str, str] | None) -> str:
        data = urllib.parse.urlencode(fields).encode() if fields is not None else None
        try:
            with self.opener.open(self.url + path, data, timeout=60) as answer:
                page = answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as refused:
            with refused:
                page = refused.read().decode("utf-8", "replace")
        self.held |= {cookie.value for cookie in self.jar if cookie.value}
        return page


def found(pattern: str, page: str) -> str:
    match = re.search(pattern, page)
    assert match, f"{pattern} is not in {page[:3000]}"
    return unescape(match[1])


@pytest.fixture
def company(live_app):
    with live_app.app_context():
        account = make_account()
        make_member(account)
        return scan_path(make_record(account))


def live_through(url: str, scan: str) -> set[str]:
    """Everything that handles a secret, right and wrong; returns the secrets."""
    planted = {PASSWORD, NEW_PASSWORD, NEW_PASSCODE, PASSPHRASE, scan.rpartition("/")[2], scan[-8:]}
    ada, visitor, phone = Person(url), Person(url), Person(url)
    wrong = "a wrong secret that was typed"
    planted.add(wrong)
    ada.post("/sign-in", email="ada@example.com", password=wrong)
    ada.post("/sign-in", email="ada@example.com", password=PASSWORD, next="/admin/")
    # The passphrase and the passcode: shown, refused, changed.
    settings = ada.get("/admin/settings/qr-portal")
    planted.add(found(r'name="passphrase"[^>]*value="([^"]+)"', settings))
    ada.post("/admin/settings/qr-portal", passcode="83719264", passphrase=PASSPHRASE, passcode_length="4")
    ada.post("/admin/settings/qr-portal", passcode=NEW_PASSCODE, passcode_length="4")
    planted.add("83719264")
    # The gate: wrong and right, a sticker that does not exist, a message.
    assert "Invalid passcode" in visitor.post(scan, passcode="5820")
    assert "Truck 7" in visitor.post(scan, passcode=NEW_PASSCODE)
    visitor.get("/q/7777777777777777")
    planted.add("7777777777777777")
    # An invitation: made, opened, accepted.
    link = found(
        r"/invitations/([\w-]{43})", ada.post("/admin/settings/people/invite", email="mia@example.com", role="member")
    )
    planted.add(link)
    mia = Person(url)
    mia.get(f"/invitations/{link}")
    mia.post(f"/invitations/{link}", name="Mia", password="walrus under nine bridges")
    planted.add("walrus under nine bridges")
    Person(url).get("/invitations/" + "w" * 43)
    planted.add("w" * 43)
    # Links that are bearer secrets: a crew's, a calendar's.
    page = ada.post("/admin/settings/gate/links", label="Night shift", most_uses="5", days="7")
    crew = found(r"/crew/([\w-]{22,})", page)
    calendar = found(r"/calendar/([\w-]{22,})", ada.post("/admin/calendars/own"))
    newcomer = Person(url)
    newcomer.get(f"/crew/{crew}")
    newcomer.post(f"/crew/{crew}")
    newcomer.get(f"/calendar/{calendar}.ics")
    planted |= {crew, calendar, *newcomer.held}
    # The second step: offered, wrong, on, used; recovery codes.
    offer = ada.get("/admin/profile/second-step")
    sealed, secret = (
        found(r'name="secret"[^>]*value="([^"]+)"', offer),
        found(r"<code[^>]*>([A-Z2-7 ]{32,})</code>", offer),
    )
    secret = secret.replace(" ", "")
    code = pyotp.TOTP(secret).now()
    ada.post("/admin/profile/second-step", secret=sealed, code="x" + code)
    codes = re.findall(
        r"<code[^>]*>([0-9A-Z-]{19})</code>", ada.post("/admin/profile/second-step", secret=sealed, code=code)
    )
    assert len(codes) == 10
    planted |= {secret, sealed, *codes}
    phone.post("/sign-in", email="ada@example.com", password=PASSWORD)
    phone.post("/sign-in/code", code=wrong)
    assert "Sign out" in phone.post("/sign-in/code", code=codes[0])
    # The password: wrong, changed; confirmed.
    phone.post("/admin/profile/password", current_password=wrong, new_password=NEW_PASSWORD)
    phone.post("/admin/profile/password", current_password=PASSWORD, new_password=NEW_PASSWORD)
    phone.post("/admin/confirm-sign-in", confirm_password=NEW_PASSWORD, confirm_code=codes[1])
    phone.post("/admin/profile/second-step/codes")
    for person in (ada, visitor, phone, mia):
        planted |= person.held
    return {one for one in planted if len(one) >= 4}


def test_thirty_planted_secrets_are_in_no_log_and_no_event(live_app, base_settings, company, tmp_path):
    log = tmp_path / "log"
    with log.open("w") as output:
        live = LivePortal(live_environ(base_settings), output=output.fileno())
    try:
        planted = live_through(live.url, company)
        with socket.create_connection(("127.0.0.1", live.port), timeout=60) as odd:
            odd.sendall(f"{MARK}\r\n\r\n".encode())
            odd.recv(1000)
    finally:
        live.stop()
    assert len(planted) >= 30
    printed = log.read_text()
    assert MARK in printed, "nothing of the server was kept"
    with live_app.app_context():
        events = [
            f"{one.actor_name} {one.action} {one.target_name} {one.target_public_id} {one.before} {one.after}"
            for one in db.session.scalars(sa.select(AuditEvent))
        ]
        assert len(events) >= 8
        # Four digits occur in public ids and counts by chance: of those only whole words count.
        for secret in planted:
            pattern = re.compile(rf"(?<!\w){re.escape(secret)}(?!\w)")
            assert not [event for event in events if pattern.search(event)], secret
            assert not pattern.search(printed), f"{secret} was printed"
        for row in db.session.execute(
            sa.select(AuthSession.secret_hash, User.password_hash, User.sealed_totp).join(
                User, AuthSession.user_id == User.id
            )
        ):
            assert not [secret for secret in planted if len(secret) > 8 and secret in str(row)]


def test_a_fault_prints_neither_address_nor_values(app, client, capfd, monkeypatch):
    def ask(_session, secret):
        db.session.execute(sa.text("SELECT name FROM nowhere WHERE a = :a"), {"a": f"planted {secret}"})

    def fail(_session, secret):
        local = f"planted {secret}"
        raise RuntimeError(f"{len(local)} characters")

    secret = "planted-invitation-secret-0123456789"
    for fault, words in ((ask, "nowhere"), (fail, "characters")):
        monkeypatch.setattr("portal.accounts.queries.find_invitation_by_secret", fault)
        assert client.get(f"/invitations/{secret}").status_code in (500, 503)
        printed = "".join(capfd.readouterr())
        assert "/invitations/<secret>" in printed and words in printed
        assert secret not in printed


def test_the_passcode_is_in_no_event_of_the_command_line_or_the_page(app):
    with app.app_context():
        make_account()
        assert PASSCODE not in str([(one.before, one.after) for one in db.session.scalars(sa.select(AuditEvent))])
