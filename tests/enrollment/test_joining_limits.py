"""What the doors by which phones join cost, how much they take, and from where."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.devices.models import Device
from portal.enrollment.models import EnrollmentCounter, Redemption
from portal.extensions import db
from tests.client import PortalClient
from tests.enrollment.arriving import (
    ADDRESS,
    email_code,
    exchanged,
    installation_code,
    installation_key,
    now,
    onboarding,
    post,
)
from tests.factories.people import make_account, make_member

SITE_URL = "https://qr.example.com"
BOTS = (
    "WhatsApp/2.23.20.0",
    "facebookexternalhit/1.1",
    "TelegramBot (like TwitterBot)",
    "Slackbot-LinkExpanding 1.0",
    "Mozilla/5.0 (compatible; bingbot/2.0)",
)


@pytest.fixture
def yard(app):
    """A company with an admin: its public id, its key, a one-time code."""
    with app.app_context():
        account = make_account()
        made = onboarding(make_member(account))
        return {
            "id": account.public_id,
            "key": installation_key(account),
            "token": made.secret,
            "code": made.typed_code,
            "grant": made.grant.public_id,
        }


def rows(app, model):
    with app.app_context():
        return list(db.session.scalars(sa.select(model).order_by(model.id)))


class TestBudgets:
    def test_five_wrong_codes_an_address_then_a_wait_whatever_the_door(self, app, yard):
        doors = ("/enroll/redeem", "/enroll/inspect", "/admin/app/exchange-token")
        answers = [post(PortalClient(app), doors[number % 3], {"code": "BCDF-GHJK"}) for number in range(6)]
        assert [answer.status_code for answer in answers] == [400, 404, 400, 400, 404, 429]
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 600
        right = post(PortalClient(app), "/admin/app/exchange-token", {"code": yard["code"]})
        assert right.status_code == 429
        elsewhere = post(PortalClient(app), "/admin/app/exchange-token", {"code": yard["code"]}, address="198.51.100.9")
        assert elsewhere.status_code == 200

    @pytest.mark.parametrize("code", ["0000-0000", "BCDF", "äöü", "A" * 40])
    def test_what_no_code_can_be_costs_a_try_too(self, app, yard, code):
        for _ in range(5):
            assert post(PortalClient(app), "/enroll/inspect", {"code": code}).status_code == 404
        assert post(PortalClient(app), "/enroll/inspect", {"code": code}).status_code == 429

    def test_right_codes_cost_nothing_so_forty_behind_one_address_get_in(self, app):
        with app.app_context():
            code = installation_code(make_account(), max_uses=40).typed_code
        assert {post(PortalClient(app), "/enroll/redeem", {"code": code}).status_code for _ in range(12)} == {200}

    def test_right_ones_that_let_nobody_in_have_an_end(self, app):
        """Else whoever holds one asks for a thousand e-mails who signs in here, and fills the log of tries."""
        with app.app_context():
            code = email_code(make_account())
            make_member(make_account("Elsewhere"), "cleo@example.com")
        for _ in range(29):
            assert post(PortalClient(app), "/enroll/redeem", {"code": code}).json["reason"] == "newcomer_needed"
        newcomer = {"name": "Cleo", "email": "cleo@example.com", "password": "teal otters paddle far"}
        asked = [post(PortalClient(app), "/enroll/redeem", {"code": code, "newcomer": newcomer}) for _ in range(2)]
        assert [(answer.status_code, answer.json["reason"]) for answer in asked] == [
            (422, "email_taken"),
            (429, "too_many_tries"),
        ]
        assert len(rows(app, Redemption)) == 30
        other = post(PortalClient(app), "/enroll/redeem", {"code": code, "newcomer": newcomer}, address="198.51.100.9")
        assert other.status_code == 422

    def test_sixty_wrong_ones_rest_all_codes_but_not_tokens_and_not_the_signed_in(self, app, yard):
        for number in range(60):
            address = f"198.51.100.{number}" if number % 2 else f"192.0.2.{number}"
            assert post(PortalClient(app), "/enroll/inspect", {"code": "BCDFGHJK"}, address=address).status_code == 404
        resting = post(PortalClient(app), "/enroll/inspect", {"code": yard["code"]})
        assert resting.status_code == 429 and int(resting.headers["Retry-After"]) > 540
        assert resting.json["detail"].endswith("on this phone or on others. Try again in 10 minutes.")
        ada = PortalClient(app)
        ada.sign_in("ada@example.com")
        assert post(ada, "/enroll/inspect", {"code": yard["code"]}).status_code == 200
        exchanged(app, yard["token"])

    def test_thirty_tokens_a_minute_and_address(self, app, yard):
        for _ in range(30):
            assert post(PortalClient(app), "/admin/app/exchange-token", {"token": "x" * 43}).status_code == 400
        refused = post(PortalClient(app), "/admin/app/exchange-token", {"token": yard["token"]})
        assert refused.status_code == 429
        with app.app_context():  # the database's own clock counts: a minute goes by in its rows
            db.session.execute(sa.update(EnrollmentCounter).values(since_at=now() - timedelta(seconds=61)))
            db.session.commit()
        exchanged(app, yard["token"])


class TestShape:
    """Threats 20 and 23: bodies are small, JSON, from here, and hold nothing that is not described."""

    @pytest.mark.parametrize("path", ["/pair", "/admin/app/exchange-token", "/enroll/redeem", "/enroll/inspect"])
    @pytest.mark.parametrize("field", ["token", "code", "key"])
    def test_a_megabyte_is_refused(self, app, path, field):
        assert post(PortalClient(app), path, {field: "x" * 1_048_576}).status_code == 413

    @pytest.mark.parametrize("field", ["name", "platform", "model", "installation_uid", "app_version"])
    def test_a_device_may_not_say_much(self, app, yard, field):
        body = {"token": yard["token"], "device": {field: "x" * 2000}}
        refused = post(PortalClient(app), "/admin/app/exchange-token", body)
        assert refused.status_code == 422 and list(refused.json["errors"]) == [f"device.{field}"]
        assert rows(app, Device) == []

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"token": "a", "code": "b"},
            {"token": 7},
            {"token": None},
            {"token": ["a"]},
            [],
            "text",
            {"token": "a", "refresh_in": "header"},
            {"token": "a", "device": []},
        ],
    )
    def test_other_bodies_are_refused_and_cost_nothing(self, app, yard, body):
        for _ in range(7):
            assert post(PortalClient(app), "/admin/app/exchange-token", body).status_code == 422
        exchanged(app, yard["token"])

    def test_a_form_is_no_json(self, app, yard):
        answer = PortalClient(app).post("/api/v1/admin/app/exchange-token", data={"token": yard["token"]})
        assert answer.status_code == 415
        exchanged(app, yard["token"])


class TestCookies:
    OWN = {"Origin": SITE_URL, "Sec_Fetch_Site": "same-origin"}  # noqa: RUF012

    def test_a_browser_keeps_the_refresh_token_where_no_script_reads_it(self, app, yard):
        answer = post(
            PortalClient(app), "/admin/app/exchange-token", {"token": yard["token"], "refresh_in": "cookie"}, **self.OWN
        )
        assert answer.status_code == 200 and "refresh_token" not in answer.json
        refresh, phone = sorted(answer.headers.getlist("Set-Cookie"), reverse=True)
        assert refresh.startswith("__Secure-refresh=") and phone.startswith("__Host-phone=")
        assert all(word in refresh for word in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/oauth"))
        assert all(word in phone for word in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/;"))

    def test_a_paired_browser_without_a_person_opens_no_sticker(self, app, yard):
        answer = post(PortalClient(app), "/pair", {"key": yard["key"], "refresh_in": "cookie"}, **self.OWN)
        phone = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith("__Host-phone="))
        assert phone.startswith("__Host-phone=;") and "Max-Age=0" in phone

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": SITE_URL, "Sec_Fetch_Site": "cross-site"},
            {"Sec_Fetch_Site": "same-site"},
            {"Sec_Fetch_Site": "none"},
        ],
    )
    @pytest.mark.parametrize("path", ["/pair", "/admin/app/exchange-token", "/enroll/redeem"])
    def test_another_site_gets_no_cookie_and_spends_nothing(self, app, yard, path, headers):
        body = {"refresh_in": "cookie"} | ({"key": yard["key"]} if path == "/pair" else {"token": yard["token"]})
        answer = post(PortalClient(app), path, body, **headers)
        assert answer.status_code == 403 and "Set-Cookie" not in answer.headers
        exchanged(app, yard["token"])

    def test_a_cookie_set_before_does_not_survive(self, app, yard):
        """Threat 8: what an attacker planted is replaced by a session that they do not know."""
        client = PortalClient(app)
        client.set_cookie("__Host-phone", "planted" * 6, domain="qr.example.com", secure=True)
        post(client, "/admin/app/exchange-token", {"token": yard["token"], "refresh_in": "cookie"}, **self.OWN)
        kept = client.get_cookie("__Host-phone", domain="qr.example.com")
        assert kept is not None and "planted" not in kept.value


class TestPreviews:
    def test_fifty_previews_leave_a_code_good(self, app, yard):
        """Threat 7: nothing of the secret is in what a program fetches, and a GET consumes nothing."""
        client = PortalClient(app)
        paths = ("/app", f"/app#k=join&t={yard['token']}", "/api/v1/pair", "/api/v1/admin/app/exchange-token")
        for number in range(50):
            path = paths[number % len(paths)]
            answer = client.get(path, headers={"User-Agent": BOTS[number % len(BOTS)]})
            assert answer.status_code in (200, 404, 405)
        assert rows(app, Redemption) == []
        exchanged(app, yard["token"])

    def test_a_token_in_an_address_is_not_looked_at(self, app, yard):
        answer = PortalClient(app).post(
            f"/api/v1/admin/app/exchange-token?token={yard['token']}",
            json={},
            environ_overrides={"REMOTE_ADDR": ADDRESS},
        )
        assert answer.status_code == 422
        exchanged(app, yard["token"])
