"""The second step: set up, asked for, used once, recovered, required, turned off."""

import html
import re
import time
from base64 import b64decode
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa
import time_machine
from click.testing import CliRunner

from portal.accounts import totp
from portal.accounts.cli import totp_off
from portal.accounts.models import Account, AuthSession, RecoveryCode, User
from portal.audit.models import AuditEvent
from portal.extensions import db
from portal.lib.clock import utc_now
from tests.client import PASSWORD, PortalClient
from tests.factories.people import make_account, make_member

HERE = "/admin/profile/second-step"
NOON = "2030-03-01T12:00:00Z"


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ada(app, client, clock):
    with app.app_context():
        make_member(make_account())
    client.sign_in("ada@example.com")
    return client


def offered(page):
    """The secret to type, and the hidden field of the form."""
    typed = re.search(r"<code[^>]*>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")
    return typed, html.unescape(re.search(r'name="secret"[^>]*value="([^"]+)"', page)[1])


def turn_on(client):
    """(secret, recovery codes)."""
    secret, sealed = offered(client.get(HERE).text)
    answer = client.submit(HERE, {"secret": sealed, "code": pyotp.TOTP(secret).now()})
    assert answer.status_code == 200
    return secret, re.findall(r"<code[^>]*>([0-9A-Z-]{19})</code>", answer.text)


def password_step(app):
    client = PortalClient(app)
    answer = client.submit("/sign-in", {"email": "ada@example.com", "password": PASSWORD, "next": "/admin/labels"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in/code")
    return client


def type_code(client, code):
    return client.submit("/sign-in/code", {"code": code})


def test_signing_in_over_a_session_of_long_ago_does_not_wait_for_itself(app, ada):
    """That session's last look is noted in a transaction of its own: two writers would wait 30 seconds."""
    codes = turn_on(ada)[1]
    assert ada.submit("/sign-in", {"email": "ada@example.com", "password": PASSWORD}).status_code == 303
    token = ada.token()
    with app.app_context():
        db.session.execute(sa.update(AuthSession).values(last_seen_at=utc_now() - timedelta(hours=1)))
        db.session.commit()
    began = time.perf_counter()
    assert ada.post("/sign-in/code", data={"code": codes[0], "csrf_token": token}).status_code == 303
    assert time.perf_counter() - began < 10


def test_sets_up_by_qr_or_typing_and_shows_ten_codes_once(app, ada):
    page = ada.get(HERE).text
    secret, sealed = offered(page)
    picture = b64decode(re.search(r"data:image/svg\+xml;base64,([^\"]+)", page)[1]).decode()
    assert picture.startswith("<svg") and secret not in sealed
    codes = turn_on(ada)[1]
    assert len(set(codes)) == 10
    assert not any(code in ada.get(HERE).text for code in codes)
    with app.app_context():
        user = db.session.scalars(sa.select(User)).one()
        kept = str([user.sealed_totp, *db.session.scalars(sa.select(RecoveryCode.code_hash))])
        assert user.sealed_totp and secret not in kept and not any(code in kept for code in codes)


def test_a_wrong_code_turns_nothing_on_and_keeps_the_secret(app, ada):
    secret, sealed = offered(ada.get(HERE).text)
    answer = ada.submit(HERE, {"secret": sealed, "code": "000000"})
    assert answer.status_code == 422 and "That code is not right." in answer.text
    assert offered(answer.text)[0] == secret
    with app.app_context():
        assert db.session.scalar(sa.select(User.sealed_totp)) == ""


@pytest.mark.parametrize("sealed", ["", "x", "k.AAAA", "\u0142.%%%"])
def test_a_changed_secret_is_refused(ada, sealed):
    assert ada.submit(HERE, {"secret": sealed, "code": "123456"}).status_code == 400


def test_sign_in_grants_nothing_before_the_code(app, ada, clock):
    secret, _ = turn_on(ada)
    clock.shift(60)
    client = password_step(app)
    assert client.get("/admin/profile").status_code == 303
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(AuthSession)) == 1, "only the first browser's"
    answer = type_code(client, pyotp.TOTP(secret).now())
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/labels")
    assert client.get("/admin/profile").status_code == 200


def test_a_code_works_once_and_in_three_windows(app, ada, clock):
    secret, _ = turn_on(ada)
    assert type_code(password_step(app), pyotp.TOTP(secret).now()).status_code == 401, "it was used to turn it on"
    clock.shift(600)
    codes, step = pyotp.TOTP(secret), int(utc_now().timestamp()) // 30
    assert type_code(password_step(app), codes.generate_otp(step - 2)).status_code == 401
    assert type_code(password_step(app), codes.generate_otp(step + 2)).status_code == 401
    assert type_code(password_step(app), codes.generate_otp(step - 1)).status_code == 303
    assert type_code(password_step(app), codes.generate_otp(step - 1)).status_code == 401
    assert type_code(password_step(app), codes.generate_otp(step + 1)).status_code == 303
    assert type_code(password_step(app), codes.generate_otp(step)).status_code == 401, "older than one that was used"


def test_ten_wrong_codes_are_followed_by_a_wait(app, ada, clock):
    secret, codes = turn_on(ada)
    clock.shift(60)
    client = password_step(app)
    for _ in range(10):
        assert type_code(client, "000000").status_code == 401
    refused = type_code(client, pyotp.TOTP(secret).now())
    assert refused.status_code == 429 and "Wait 5 minutes" in refused.text
    assert int(refused.headers["Retry-After"]) > 290
    assert type_code(client, codes[0]).status_code == 429


def test_after_a_hundred_only_recovery_codes_count(app, ada, clock):
    from portal.accounts.models import SignInCounter

    secret, codes = turn_on(ada)
    clock.shift(60)
    with app.app_context():
        user_id = db.session.scalar(sa.select(User.id))
        long_ago = utc_now().replace(year=2020)
        db.session.add(SignInCounter(scope="code", subject=str(user_id), count=100, since_at=long_ago))
        db.session.commit()
    client = password_step(app)
    answer = type_code(client, pyotp.TOTP(secret).now())
    assert answer.status_code == 401 and "recovery codes" in answer.text
    assert type_code(client, codes[0]).status_code == 303
    clock.shift(60)
    assert type_code(password_step(app), pyotp.TOTP(secret).now()).status_code == 303, "a right one forgets the wrong"


def test_recovery_codes_work_once_in_any_spelling(app, ada):
    _, codes = turn_on(ada)
    assert type_code(password_step(app), codes[0].lower().replace("-", " ")).status_code == 303
    assert type_code(password_step(app), codes[0]).status_code == 401
    assert type_code(password_step(app), codes[1]).status_code == 303


def test_new_recovery_codes_replace_the_old(app, ada):
    _, codes = turn_on(ada)
    newer = re.findall(r"<code[^>]*>([0-9A-Z-]{19})</code>", ada.submit(f"{HERE}/codes").text)
    assert len(newer) == 10
    assert type_code(password_step(app), codes[0]).status_code == 401
    assert type_code(password_step(app), newer[0]).status_code == 303


def test_waiting_ends_after_ten_minutes_and_with_a_new_password(app, ada, clock):
    _, codes = turn_on(ada)
    late, changed = password_step(app), password_step(app)
    form = {"current_password": PASSWORD, "new_password": "brown kettle seven hats"}
    clock.shift(601)
    assert type_code(late, codes[0]).headers["Location"] == "/sign-in"
    clock.shift(-601)
    assert ada.submit("/admin/profile/password", form).status_code == 303
    assert type_code(changed, codes[1]).headers["Location"] == "/sign-in"
    assert PortalClient(app).get("/sign-in/code").headers["Location"] == "/sign-in"


def test_turning_off_needs_a_fresh_sign_in(app, ada, clock):
    secret, _ = turn_on(ada)
    clock.shift(16 * 60)
    asked = ada.submit(f"{HERE}/off")
    assert asked.status_code == 403 and "Confirm that it is you" in asked.text and "confirm_code" in asked.text
    alone = ada.submit(f"{HERE}/off", {"confirm_password": PASSWORD, "confirm_code": "000000"})
    assert alone.status_code == 403
    done = ada.submit(f"{HERE}/off", {"confirm_password": PASSWORD, "confirm_code": pyotp.TOTP(secret).now()})
    assert done.status_code == 303
    PortalClient(app).sign_in("ada@example.com")
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(RecoveryCode)) == 0


def test_a_company_that_requires_it_leads_there_first(app, ada):
    with app.app_context():
        db.session.execute(sa.update(Account).values(requires_totp=True))
        db.session.commit()
    for path in ("/admin/", "/admin/records", "/admin/profile", "/admin/settings/people"):
        answer = ada.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (303, HERE)
    assert ada.submit("/admin/profile/password", {}).headers["Location"] == HERE
    assert "asks everybody for a second step" in ada.get(HERE).text
    turn_on(ada)
    assert ada.get("/admin/records").status_code == 200
    assert "stays on" in ada.get(HERE).text
    assert ada.submit(f"{HERE}/off").status_code == 400


def test_the_operator_turns_it_off_for_a_lost_phone(app, ada):
    turn_on(ada)
    with app.app_context():
        assert CliRunner().invoke(totp_off, ["--email", "ADA@example.com"]).exit_code == 0
        assert CliRunner().invoke(totp_off, ["--email", "ada@example.com"]).exit_code == 2
        assert CliRunner().invoke(totp_off, ["--email", "eve@example.com"]).exit_code == 2
    assert ada.get("/admin/profile").status_code == 303, "sessions end"
    PortalClient(app).sign_in("ada@example.com")


def test_every_change_is_an_event_without_secrets(app, ada):
    secret, _ = turn_on(ada)
    ada.submit(f"{HERE}/codes")
    ada.submit(f"{HERE}/off")
    with app.app_context():
        events = db.session.scalars(sa.select(AuditEvent)).all()
        actions = [event.action for event in events]
        assert {"user.second_step_on", "user.recovery_codes", "user.second_step_off"} <= set(actions)
        assert not [event for event in events if secret in str((event.before, event.after))]


@pytest.mark.parametrize("code", ["", " ", "12345", "1234567", "١٢٣٤٥٦", "12345a", "-12345", "0" * 40])
def test_what_is_no_code_is_no_code(code):
    assert totp.matching_step(totp.make_secret(), code, utc_now()) is None


def test_codes_are_those_of_the_standard():
    # RFC 6238, appendix B, SHA-1: the last six of eight digits.
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    from datetime import UTC, datetime

    for seconds, code in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
        assert totp.matching_step(secret, code, datetime.fromtimestamp(seconds, UTC)) == seconds // 30
