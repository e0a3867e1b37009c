"""People on paired phones: signing in and out, in the right company, with the second step, and nothing without."""

from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa
import time_machine

from portal.accounts.models import MEMBER, Account, AuthSession, Membership, User
from portal.accounts.names import address_of
from portal.accounts.permissions import DOORS
from portal.accounts.second_step import turn_on
from portal.audit.models import AuditEvent
from portal.audit.operations import Actor
from portal.devices import operations
from portal.devices.models import Device, DeviceSession
from portal.enrollment.installation_keys import rotate
from portal.extensions import db
from tests.client import PASSWORD, PortalClient
from tests.enrollment.arriving import ADMIN, exchanged, installation_key, now, onboarding, paired, post, ring
from tests.factories.people import make_account, make_member
from tests.factories.things import make_record

OWN = {"Origin": "https://qr.example.com", "Sec_Fetch_Site": "same-origin"}
TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def key(app):
    """A company with Ada, its admin; the secret of its pairing QR code."""
    with app.app_context():
        account = make_account()
        make_member(account)
        return installation_key(account)


@pytest.fixture
def phone(app, key):
    return paired(app, key)


def rows(app, model):
    with app.app_context():
        return list(db.session.scalars(sa.select(model).order_by(model.id)))


def add_crew(app, name="crew-014", account_name="North Yard Haulage", **columns):
    """A person without an e-mail."""
    with app.app_context():
        account = db.session.scalar(sa.select(Account).where(Account.name == account_name))
        member = make_member(account, address_of(name, account.public_id), name="Cy Crew", role=MEMBER, **columns)
        member.sign_in_name = name
        db.session.commit()


def code_of(moment):
    """What an authenticator app shows at this moment."""
    return pyotp.TOTP(TOTP).at(moment)


def codes_for(app):
    """Turns Ada's second step on. Returns the secret and her recovery codes."""
    with app.app_context():
        user = db.session.scalar(sa.select(User))
        account = db.session.scalar(sa.select(Account))
        code = code_of(now() - timedelta(seconds=30))
        codes = turn_on(
            db.session(),
            ring(),
            user_id=user.id,
            account_id=account.id,
            actor=Actor(user.id, user.name),
            secret=TOTP,
            code=code,
            now=now() - timedelta(seconds=30),
        )
        db.session.commit()
        return codes


class TestSigningIn:
    def test_a_person_signs_in_and_the_session_is_new(self, app, phone):
        before = phone.token
        answer = phone.sign_in("Ada@Example.com")
        assert answer.status_code == 200 and answer.json["scope"] == "app"
        me = phone.get("/api/v1/app/me").json
        assert me["person"]["name"] == "Ada Admin" and me["person"]["username"] == "ada@example.com"
        old = phone.client.get("/api/v1/app/me", headers={"Authorization": f"Bearer {before}"})
        assert old.status_code == 401
        first, second = rows(app, DeviceSession)
        assert first.ended_at is not None and second.user_id and first.public_id != second.public_id
        assert len(rows(app, Device)) == 1 and rows(app, AuthSession) == []

    def test_no_phone_gets_what_makes_ways_in(self, phone):
        phone.sign_in("ada@example.com")
        person = phone.get("/api/v1/app/me").json["person"]
        assert "records.view" in person["permissions"] and "devices.manage" in person["permissions"]
        assert not {"mobile.setup", "mobile.app", "codes.manage", "installation_key.rotate"} & set(
            person["permissions"]
        )

    def test_it_stands_in_the_audit(self, app, phone):
        phone.sign_in("ada@example.com")
        phone.post("/app/sign-out", {})
        found = [(one.action, one.actor_name, one.target_name) for one in rows(app, AuditEvent)]
        assert ("device.sign_in", "Ada Admin", "iPhone, Safari") in found
        assert ("device.sign_out", "Ada Admin", "iPhone, Safari") in found

    @pytest.mark.parametrize(
        ("username", "password"),
        [("ada@example.com", "not the password"), ("eve@example.com", PASSWORD), ("crew-099", PASSWORD), ("x", "y")],
    )
    def test_wrong_ones_answer_alike(self, phone, username, password):
        answer = phone.sign_in(username, password)
        assert answer.status_code == 401 and answer.json["reason"] == "wrong_credentials"
        assert answer.json["detail"] == "The e-mail or sign-in name, or the password, is not right."
        assert answer.headers["WWW-Authenticate"] == "Bearer"  # the token itself is right: the phone stays paired
        assert phone.get("/api/v1/app/me").status_code == 200

    def test_the_limit_is_that_of_the_page(self, app, phone):
        for _ in range(10):
            assert phone.sign_in("ada@example.com", "wrong").status_code == 401
        refused = phone.sign_in("ada@example.com")
        assert refused.status_code == refused.json["status"] == 429 and int(refused.headers["Retry-After"]) > 0
        page = PortalClient(app).submit("/sign-in", {"email": "ada@example.com", "password": PASSWORD})
        assert page.status_code == 429

    def test_a_right_password_costs_no_try(self, phone):
        for _ in range(12):
            assert phone.sign_in("ada@example.com").status_code == 200

    @pytest.mark.parametrize("name", ["crew-014", "CREW-014", " crew-014 "])
    def test_people_without_an_email_sign_in_by_name(self, app, phone, name):
        add_crew(app)
        assert phone.sign_in(name).status_code == 200
        person = phone.get("/api/v1/app/me").json["person"]
        assert person["username"] == "crew-014" and "invalid" not in str(person)

    def test_what_stands_for_their_email_signs_nobody_in(self, app, phone):
        add_crew(app)
        (email,) = [one.email for one in rows(app, User) if "crew" in one.email]
        assert phone.sign_in(email).status_code == 401
        assert post(PortalClient(app), "/session", {"email": email, "password": PASSWORD}).status_code == 401

    def test_a_name_counts_in_its_own_company_only(self, app, phone):
        with app.app_context():
            make_account("South Yard", passcode="7391")
        add_crew(app, "crew-001", "South Yard")
        assert phone.sign_in("crew-001").status_code == 401


class TestTheRightCompany:
    def test_a_person_of_two_lands_in_the_one_of_the_phone(self, app, key):
        with app.app_context():
            north = db.session.scalar(sa.select(Account))
            south = make_account("South Yard", passcode="7391")
            user_id = db.session.scalar(sa.select(User.id))
            db.session.add(Membership(account_id=south.id, user_id=user_id, role=MEMBER, created_at=now()))
            south_key, ids = installation_key(south), (north.public_id, south.public_id)
        for secret, account_id, role in ((key, ids[0], "admin"), (south_key, ids[1], "member")):
            phone = paired(app, secret)
            phone.sign_in("ada@example.com")
            me = phone.get("/api/v1/app/me").json
            assert me["site"]["account_id"] == account_id and me["person"]["role"] == role

    def test_who_is_not_of_the_company_is_told_to_have_the_code_made_anew(self, app, key):
        with app.app_context():
            south_key = installation_key(make_account("South Yard", passcode="7391"))
        phone = paired(app, south_key)
        answer = phone.sign_in("ada@example.com")
        assert answer.status_code == 403 and answer.json["reason"] == "other_company"
        assert "may have been made for a different company" in answer.json["detail"]
        assert "generate a new one" in answer.json["detail"]
        assert phone.sign_in("ada@example.com", "wrong").status_code == 401  # only a right password is told
        assert all(one.user_id is None for one in rows(app, DeviceSession))


class TestSecondStep:
    def test_the_code_is_asked_for(self, app, phone):
        codes_for(app)
        answer = phone.sign_in("ada@example.com")
        assert answer.status_code == 401 and answer.json["reason"] == "totp_required"
        assert phone.sign_in("ada@example.com", totp="000000").json["reason"] == "wrong_totp"
        assert phone.sign_in("ada@example.com", totp=code_of(now())).status_code == 200

    def test_a_recovery_code_works_once(self, app, phone):
        code = codes_for(app)[0]
        assert phone.sign_in("ada@example.com", totp=code).status_code == 200
        assert phone.sign_in("ada@example.com", totp=code).status_code == 401

    def test_wrong_codes_are_limited(self, app, phone):
        codes_for(app)
        answers = [phone.sign_in("ada@example.com", totp="000000").status_code for _ in range(11)]
        assert answers[-1] == 429 and set(answers[:-1]) == {401}

    def test_a_company_that_asks_for_it_sends_people_to_a_computer_first(self, app, phone):
        with app.app_context():
            db.session.execute(sa.update(Account).values(requires_totp=True))
            db.session.commit()
        answer = phone.sign_in("ada@example.com")
        assert answer.status_code == 403 and answer.json["reason"] == "second_step_missing"
        assert "on a computer first" in answer.json["detail"]


class TestSigningOut:
    def test_the_phone_stays_paired_and_nobody_is_on_it(self, phone):
        phone.sign_in("ada@example.com")
        signed_in = phone.token
        answer = phone.post("/app/sign-out", {})
        assert answer.status_code == 200 and answer.json["scope"] == "paired"
        assert phone.client.get("/api/v1/app/me", headers={"Authorization": f"Bearer {signed_in}"}).status_code == 401
        phone.body = answer.json
        assert phone.get("/api/v1/app/me").json["person"] is None
        assert phone.sign_in("ada@example.com").status_code == 200

    def test_the_cookie_for_stickers_goes(self, phone):
        phone.post("/app/sign-in", {"username": "ada@example.com", "password": PASSWORD, "refresh_in": "cookie"}, **OWN)
        assert phone.client.get_cookie("__Host-phone", domain="qr.example.com")


class TestCookieMode:
    def test_signing_in_renews_both_cookies(self, phone):
        body = {"username": "ada@example.com", "password": PASSWORD, "refresh_in": "cookie"}
        answer = phone.post("/app/sign-in", body, **OWN)
        assert answer.status_code == 200 and "refresh_token" not in answer.json
        names = {one.partition("=")[0] for one in answer.headers.getlist("Set-Cookie")}
        assert {"__Secure-refresh", "__Host-phone"} <= names
        out = phone.client.post(
            "/api/v1/app/sign-out",
            json={"refresh_in": "cookie"},
            headers={
                "Authorization": f"Bearer {answer.json['access_token']}",
                "Origin": OWN["Origin"],
                "Sec-Fetch-Site": "same-origin",
            },
        )
        assert any(one.startswith("__Host-phone=;") for one in out.headers.getlist("Set-Cookie"))

    def test_another_site_signs_nobody_in(self, app, phone):
        body = {"username": "ada@example.com", "password": PASSWORD, "refresh_in": "cookie"}
        assert phone.post("/app/sign-in", body).status_code == 403
        assert phone.post("/app/sign-in", body, Origin="https://evil.example").status_code == 403
        assert phone.post("/app/sign-out", {"refresh_in": "cookie"}).status_code == 403
        assert len(rows(app, DeviceSession)) == 1


def api_calls(app):
    """Every door of the API that is not open, as (endpoint, method, path), from the URL map."""
    adapter = app.url_map.bind("qr.example.com")
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: (one.endpoint, one.rule)):
        door = DOORS.get(rule.endpoint)
        if not rule.rule.startswith("/api/v1/") or door is None or door.open:
            continue
        path = adapter.build(rule.endpoint, dict.fromkeys(rule.arguments, "0123456789ab"), method=None)
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            yield rule.endpoint, method, path


class TestWalks:
    """Every door of the URL map: what a phone without a person may do, and a revoked one."""

    ALLOWED = ("api.phone.me", "api.phone.sign_in", "api.phone.sign_out")

    def test_a_paired_phone_without_a_person_can_only_sign_in(self, app, phone):
        with app.app_context():
            make_record(db.session.scalar(sa.select(Account)))
        walked, open_to_it = 0, set()
        for endpoint, method, path in api_calls(app):
            answer = phone.client.open(path, method=method, headers={"Authorization": f"Bearer {phone.token}"}, json={})
            walked += 1
            if answer.status_code not in (401, 403):
                open_to_it.add(endpoint)
        assert walked > 8
        assert open_to_it <= set(self.ALLOWED) and "api.phone.me" in open_to_it

    def test_a_revoked_phone_is_out_at_every_door(self, app, key):
        """Threat 11."""
        with app.app_context():
            secret = onboarding(db.session.scalar(sa.select(Membership))).secret
        phone = exchanged(app, secret)
        admin = exchanged(app, self.fresh_secret(app))
        gone = admin.client.delete(
            f"/api/v1/admin/app/devices/{phone.body['device_id']}", headers={"Authorization": f"Bearer {admin.token}"}
        )
        assert gone.status_code == 204
        for _endpoint, method, path in api_calls(app):
            answer = phone.client.open(path, method=method, headers={"Authorization": f"Bearer {phone.token}"}, json={})
            assert (answer.status_code, answer.json["reason"]) == (401, "revoked"), (method, path)
            assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
            assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'

    @staticmethod
    def fresh_secret(app):
        with app.app_context():
            return onboarding(db.session.scalar(sa.select(Membership))).secret

    @pytest.mark.parametrize("what", ["suspend", "remove", "cut"])
    def test_other_ends_count_at_the_next_request_too(self, app, key, what):
        """Threat 9: device, person and key are read anew each time."""
        phone = paired(app, key)
        phone.sign_in("ada@example.com")
        assert phone.get("/api/v1/records").status_code == 200
        reason = end(app, what)
        refused = phone.get("/api/v1/records")
        assert (refused.status_code, refused.json["reason"]) == (401, reason)
        for_good = what == "remove"  # the phone forgets what it keeps of the company, as at a refresh
        assert refused.headers.get("Clear-Site-Data") == ('"cache", "storage"' if for_good else None)

    def test_a_person_removed_between_pairing_and_sign_in_gets_nothing(self, app, phone):
        end(app, "remove")
        assert phone.sign_in("ada@example.com").status_code == 403
        assert all(one.user_id is None for one in rows(app, DeviceSession))

    def test_a_phone_revoked_while_somebody_signs_in_stays_out(self, app, phone):
        end(app, "revoke")
        refused = phone.sign_in("ada@example.com")
        assert refused.status_code == 401 and refused.json["reason"] == "revoked"

    def test_an_old_token_is_over_and_a_forged_one_is_none(self, app, phone):
        with time_machine.travel(now() + timedelta(minutes=11), tick=False):
            assert phone.get("/api/v1/app/me").json["reason"] == "expired"
        head, body, signature = phone.token.split(".")
        other = paired(app, self.other_key(app)).token.split(".")
        for forged in (f"{head}.{other[1]}.{signature}", f"{head}.{body}.", "x", "a.b.c"):
            answer = phone.client.get("/api/v1/app/me", headers={"Authorization": f"Bearer {forged}"})
            assert (answer.status_code, answer.json["reason"]) == (401, "invalid")

    @staticmethod
    def other_key(app):
        with app.app_context():
            return installation_key(make_account("South Yard", passcode="7391"))


def end(app, what):
    """Takes away what the phone or its person stands on; the reason that it is told."""
    with app.app_context():
        device = db.session.scalar(sa.select(Device))
        if what == "suspend":
            operations.suspend(db.session(), device, actor=ADMIN, now=now())
        elif what == "revoke":
            operations.revoke(db.session(), device, actor=ADMIN, now=now())
        elif what == "remove":
            db.session.delete(db.session.scalar(sa.select(Membership)))
        else:
            rotate(db.session(), ring(), account_id=device.account_id, overlap_hours=0, actor=ADMIN, now=now())
        db.session.commit()
    return {"suspend": "suspended", "revoke": "revoked", "remove": "account_locked", "cut": "key_rotated"}[what]
