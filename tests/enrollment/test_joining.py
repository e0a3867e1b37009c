"""The doors by which phones join: what they answer, what they cost, what they refuse, what they write down."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from portal.accounts.models import MEMBER, Account, Membership, User
from portal.audit.models import AuditEvent
from portal.devices.models import Device, DeviceSession
from portal.enrollment import grants
from portal.enrollment.installation_keys import rotate
from portal.enrollment.models import USE_EXISTING_DEVICE, Grant, Redemption
from portal.extensions import db
from tests.client import PASSWORD, PortalClient
from tests.enrollment.arriving import (
    ADMIN,
    IPHONE,
    SPENT,
    crew_code,
    email_code,
    exchanged,
    installation_code,
    installation_key,
    now,
    onboarding,
    paired,
    post,
    ring,
)
from tests.factories.people import make_account, make_member

SITE_URL = "https://qr.example.com"


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


def events(app, action):
    return [one for one in rows(app, AuditEvent) if one.action == action]


class TestExchange:
    def test_a_token_becomes_a_signed_in_phone(self, app, yard):
        phone = exchanged(app, yard["token"])
        body = phone.body
        assert body["token_type"] == "Bearer" and body["scope"] == "app" and body["expires_in"] == 600
        assert len(body["refresh_token"]) == 43 and body["status"] == "active"
        assert body["site"] == {
            "name": "North Yard Haulage",
            "account_id": yard["id"],
            "api_url": f"{SITE_URL}/api/v1",
            "logo_url": f"{SITE_URL}/app/logo/{yard['id']}",
        }
        (device,) = rows(app, Device)
        assert (device.public_id, device.name, device.platform) == (body["device_id"], "iPhone, Safari", "iOS")
        assert phone.get("/api/v1/app/me").json["person"]["username"] == "ada@example.com"

    def test_the_answer_is_kept_nowhere(self, app, yard):
        answer = post(PortalClient(app), "/admin/app/exchange-token", {"token": yard["token"]})
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Type"] == "application/json"

    @pytest.mark.parametrize("spelling", [str, str.lower, lambda code: code.replace("-", ""), lambda code: f" {code} "])
    def test_the_typed_code_does_the_same(self, app, yard, spelling):
        answer = post(PortalClient(app), "/admin/app/exchange-token", {"code": spelling(yard["code"])})
        assert answer.status_code == 200 and answer.json["scope"] == "app"

    def test_used_expired_unknown_superseded_and_malformed_answer_alike(self, app, yard):
        with app.app_context():
            member = db.session.scalar(sa.select(Membership))
            superseded, expired = onboarding(member).secret, onboarding(member).secret
        exchanged(app, expired)  # the newest: now it is a used one
        with app.app_context():
            late = onboarding(db.session.scalar(sa.select(Membership))).secret
        moment = now() + timedelta(seconds=301)
        answers = [post(PortalClient(app), "/admin/app/exchange-token", {"token": token}) for token in (
            yard["token"], superseded, expired, "x" * 43, "prov_BCDFGHJK." + "y" * 43, "!", "", " ", yard["key"],
            "x" * 201, "\U0001f69a" * 5000, "BCDFGHJK" * 7000,
        )]  # fmt: skip
        with time_machine.travel(moment, tick=False):
            answers.append(post(PortalClient(app), "/admin/app/exchange-token", {"token": late}))
        assert {answer.status_code for answer in answers} == {400}
        assert len({answer.text for answer in answers}) == 1
        assert answers[0].json["detail"] == SPENT
        assert answers[0].headers["Content-Type"] == "application/problem+json"
        assert len({tuple(sorted(answer.headers.keys())) for answer in answers}) == 1

    def test_it_works_once_and_the_second_try_is_written_down(self, app, yard):
        exchanged(app, yard["token"])
        assert post(PortalClient(app), "/admin/app/exchange-token", {"token": yard["token"]}).status_code == 400
        assert [(one.outcome, one.reason) for one in rows(app, Redemption)] == [
            ("redeemed", ""),
            ("refused", grants.EXHAUSTED),
        ]
        assert len(rows(app, Device)) == 1

    def test_a_removed_person_gets_no_token(self, app, yard):
        with app.app_context():
            db.session.delete(db.session.scalar(sa.select(Membership)))
            db.session.commit()
        answer = post(PortalClient(app), "/admin/app/exchange-token", {"token": yard["token"]})
        assert answer.status_code == 400 and answer.json["detail"] == SPENT
        assert rows(app, DeviceSession) == []

    def test_a_phone_may_name_itself(self, app, yard):
        device = {
            "name": "Ada's\nphone \u0007",
            "platform": "Android",
            "model": "Pixel 9",
            "installation_uid": "a" * 32,
            "app_version": "1.2.3",
        }
        exchanged(app, yard["token"], device=device)
        (kept,) = rows(app, Device)
        assert (kept.name, kept.platform, kept.model, kept.app_version) == (
            "Ada's phone", "Android", "Pixel 9", "1.2.3",
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("agent", "name", "platform"),
        [
            (IPHONE, "iPhone, Safari", "iOS"),
            ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/130.0 Mobile", "Android, Chrome", "Android"),
            ("python-httpx/0.28", "Phone", ""),
            ("", "Phone", ""),
        ],
    )
    def test_else_its_browser_names_it(self, app, yard, agent, name, platform):
        answer = post(PortalClient(app), "/admin/app/exchange-token", {"token": yard["token"]}, User_Agent=agent)
        assert answer.json["device_name"] == name
        assert rows(app, Device)[0].platform == platform

    def test_the_connection_is_in_the_audit(self, app, yard):
        exchanged(app, yard["token"])
        (event,) = events(app, "device.enrol")
        assert (event.target_name, event.actor_name) == ("iPhone, Safari", "Ada Admin")
        assert event.after["by"] == "onboarding"


class TestPairing:
    def test_a_paired_phone_has_nobody_on_it(self, app, yard):
        phone = paired(app, yard["key"], username="ada@example.com")
        assert phone.body["scope"] == "paired" and phone.body["username"] == "ada@example.com"
        me = phone.get("/api/v1/app/me").json
        assert me["person"] is None and me["site"]["name"] == "North Yard Haulage"

    def test_the_prefilled_name_signs_nobody_in(self, app, yard):
        phone = paired(app, yard["key"], username="ada@example.com")
        assert phone.get("/api/v1/records").status_code == 403
        (session,) = rows(app, DeviceSession)
        assert session.user_id is None and session.scope == "paired"

    def test_the_key_works_for_the_whole_company(self, app, yard):
        names = {paired(app, yard["key"]).body["device_id"] for _ in range(3)}
        assert len(names) == 3

    @pytest.mark.parametrize("key", ["x" * 43, "", "nonsense"])
    def test_a_wrong_key_says_what_to_do(self, app, yard, key):
        answer = post(PortalClient(app), "/pair", {"key": key})
        assert answer.status_code == 400 and "Ask your admin to show the current one" in answer.json["detail"]

    def test_a_key_that_was_cut_pairs_no_more(self, app, yard):
        with app.app_context():
            account_id = db.session.scalar(sa.select(Grant.account_id))
            rotate(db.session(), ring(), account_id=account_id, overlap_hours=0, actor=ADMIN, now=now())
            db.session.commit()
        assert post(PortalClient(app), "/pair", {"key": yard["key"]}).status_code == 400

    def test_a_token_of_another_kind_is_no_key(self, app, yard):
        assert post(PortalClient(app), "/pair", {"key": yard["token"]}).status_code == 400
        assert post(PortalClient(app), "/enroll/redeem", {"token": yard["token"]}).status_code == 400
        exchanged(app, yard["token"])  # and neither try has spent it


class TestCodes:
    def test_a_code_pairs_as_often_as_it_may(self, app):
        with app.app_context():
            code = installation_code(make_account(), max_uses=2).typed_code
        bodies = [post(PortalClient(app), "/enroll/redeem", {"code": code}) for _ in range(3)]
        assert [answer.status_code for answer in bodies] == [200, 200, 400]
        assert bodies[0].json["scope"] == "paired"

    def test_crew_register_themselves_and_sign_in_by_their_numbers(self, app):
        with app.app_context():
            code = crew_code(make_account()).typed_code
        names = []
        for person in ("Cy Crew", "Di Crew"):
            client = PortalClient(app)
            newcomer = {"name": person, "password": PASSWORD}
            answer = post(client, "/enroll/redeem", {"code": code, "newcomer": newcomer})
            assert answer.status_code == 200, answer.text
            names.append(answer.json["sign_in_name"])
        assert names == ["crew-001", "crew-002"]
        members = rows(app, Membership)
        assert [(one.role, one.permissions, one.sign_in_name) for one in members] == [
            (MEMBER, [], "crew-001"),
            (MEMBER, [], "crew-002"),
        ]

    def test_a_code_without_prefix_takes_an_email(self, app):
        with app.app_context():
            code = email_code(make_account())
        newcomer = {"name": "Cy", "email": "Cy@Example.com", "password": PASSWORD}
        answer = post(PortalClient(app), "/enroll/redeem", {"code": code, "newcomer": newcomer})
        assert answer.status_code == 200 and "sign_in_name" not in answer.json
        assert [one.email for one in rows(app, User)] == ["cy@example.com"]

    def test_who_is_known_already_is_told_and_the_use_is_not_spent(self, app):
        with app.app_context():
            account = make_account()
            make_member(account)
            code = email_code(account, max_uses=1)
        newcomer = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD}
        answer = post(PortalClient(app), "/enroll/redeem", {"code": code, "newcomer": newcomer})
        assert answer.status_code == 422 and answer.json["reason"] == "email_taken"
        assert "sign in instead" in answer.json["detail"]
        assert rows(app, Grant)[0].use_count == 0

    def test_a_newcomer_is_asked_for(self, app):
        with app.app_context():
            code = crew_code(make_account()).typed_code
        answer = post(PortalClient(app), "/enroll/redeem", {"code": code})
        assert answer.status_code == 422 and answer.json["reason"] == "newcomer_needed"

    @pytest.mark.parametrize(
        ("newcomer", "field"),
        [
            ({"name": "Cy", "password": "short"}, "newcomer.password"),
            ({"name": "Cy", "password": PASSWORD, "email": "nobody"}, "newcomer.email"),
            ({"name": "Cy", "password": PASSWORD, "email": "crew-001@abc.invalid"}, "newcomer.email"),
            ({"name": " ", "password": PASSWORD}, "newcomer.name"),
            ({"password": PASSWORD}, "newcomer.name"),
        ],
    )
    def test_what_a_newcomer_types_is_checked(self, app, newcomer, field):
        with app.app_context():
            code = crew_code(make_account()).typed_code
        answer = post(PortalClient(app), "/enroll/redeem", {"code": code, "newcomer": newcomer})
        assert answer.status_code == 422 and list(answer.json["errors"]) == [field]
        assert rows(app, User) == []

    @pytest.mark.parametrize(
        "more",
        [
            {"role": "admin"},
            {"is_admin": True},
            {"account_id": 1},
            {"permissions": ["settings.people"]},
            {"newcomer": {"name": "Cy", "password": PASSWORD, "role": "admin"}},
            {"newcomer": {"name": "Cy", "password": PASSWORD, "sign_in_name": "boss"}},
            {"device": {"user_id": 1}},
        ],
    )
    def test_nobody_makes_themselves_more_than_a_member(self, app, more):
        """Threat 13: fields that a code does not give are refused, and nothing is made."""
        with app.app_context():
            code = crew_code(make_account()).typed_code
        body = {"code": code, "newcomer": {"name": "Cy", "password": PASSWORD}} | more
        answer = post(PortalClient(app), "/enroll/redeem", body)
        assert answer.status_code == 422
        assert "There is no such field." in answer.text
        assert rows(app, User) == [] and rows(app, Device) == []

    def test_of_two_who_take_over_one_device_one_wins_and_the_old_token_is_out(self, app):
        """Threat 14."""
        with app.app_context():
            account = make_account()
            key = installation_key(account)
        old = paired(app, key)
        with app.app_context():
            account_id, device_id = db.session.execute(sa.select(Device.account_id, Device.id)).one()
            account = db.session.get(Account, account_id)
            code = installation_code(account, USE_EXISTING_DEVICE, device_id=device_id, max_uses=1).typed_code
        answers = [post(PortalClient(app), "/enroll/redeem", {"code": code}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 400]
        assert answers[0].json["device_id"] == old.body["device_id"]
        assert old.get("/api/v1/app/me").status_code == 401

    def test_from_another_network_a_code_is_refused_and_logged(self, app):
        """Threat 12."""
        with app.app_context():
            code = installation_code(make_account(), allowed_networks=["198.51.100.0/24"]).typed_code
        seen = post(PortalClient(app), "/enroll/inspect", {"code": code})
        assert (seen.status_code, "North Yard" in seen.text) == (404, False)
        outside = post(PortalClient(app), "/enroll/redeem", {"code": code})
        assert outside.status_code == 400
        assert outside.text == post(PortalClient(app), "/enroll/redeem", {"code": "BCDFGHJKLMNP"}).text
        assert [one.reason for one in rows(app, Redemption)] == ["wrong_network"]
        assert post(PortalClient(app), "/enroll/redeem", {"code": code}, address="198.51.100.9").status_code == 200

    def test_a_device_that_waits_for_approval_may_do_nothing_yet(self, app):
        with app.app_context():
            code = installation_code(make_account(), requires_approval=True).typed_code
        client = PortalClient(app)
        body = post(client, "/enroll/redeem", {"code": code}).json
        assert body["status"] == "pending_approval"
        refused = client.get("/api/v1/app/me", headers={"Authorization": f"Bearer {body['access_token']}"})
        assert refused.status_code == 401 and refused.json["reason"] == "pending_approval"


class TestInspect:
    def test_it_says_what_a_code_would_do_and_consumes_nothing(self, app):
        with app.app_context():
            account = make_account()
            code, public_id = crew_code(account).typed_code, account.public_id
        for _ in range(3):
            answer = post(PortalClient(app), "/enroll/inspect", {"code": code})
            assert answer.status_code == 200, answer.text
        body = answer.json
        assert body["kind"] == "code" and body["action"] == "create_account_and_device"
        assert body["site"]["name"] == "North Yard Haulage" and body["site"]["account_id"] == public_id
        assert body["uses_left"] == 25 and body["needs"] == ["name", "password"]
        assert body["sign_in_prefix"] == "crew-" and body["requires_approval"] is False
        assert body["expires_at"].endswith("Z")
        assert rows(app, Grant)[0].use_count == 0 and rows(app, Redemption) == []

    def test_every_kind_is_told(self, app, yard):
        paired = post(PortalClient(app), "/enroll/inspect", {"token": yard["key"]}).json
        assert (paired["kind"], paired["person"]) == ("pair", "")
        seen = post(PortalClient(app), "/enroll/inspect", {"code": yard["code"]}).json
        assert seen["kind"] == "join" and seen["uses_left"] == 1 and seen["needs"] == []
        assert seen["person"] == "Ada Admin"

    def test_unknown_and_used_ones_answer_alike(self, app, yard):
        exchanged(app, yard["token"])
        used = post(PortalClient(app), "/enroll/inspect", {"token": yard["token"]})
        unknown = post(PortalClient(app), "/enroll/inspect", {"token": "x" * 43})
        assert used.status_code == unknown.status_code == 404 and used.text == unknown.text
