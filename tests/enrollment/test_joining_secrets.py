"""Threat 16: no secret of any way in stands in a log, an address, the audit, an answer's error or the database."""

import json
import re

import pytest
import sqlalchemy as sa
import structlog
from structlog.testing import capture_logs

from portal.audit.models import AuditEvent
from portal.extensions import db
from tests.client import PASSWORD, PortalClient
from tests.enrollment.arriving import (
    crew_code,
    exchanged,
    installation_code,
    installation_key,
    onboarding,
    paired,
    post,
)
from tests.factories.people import make_account, make_member

OWN = {"Origin": "https://qr.example.com", "Sec_Fetch_Site": "same-origin"}


@pytest.fixture
def secrets(app):
    """Every kind of way in, by name."""
    with app.app_context():
        account = make_account()
        made = onboarding(make_member(account))
        typed = onboarding(make_member(account, "bob@example.com", name="Bob"))
        return {
            "key": installation_key(account),
            "token": made.secret,
            "code": typed.typed_code,
            "crew": crew_code(account).typed_code,
            "device": installation_code(account).typed_code,
        }


def run_all_flows(app, secrets):
    """Right and wrong ways through every door. Returns the answers, and all secrets that came out of them."""
    found, answers = set(secrets.values()) | {PASSWORD}, []
    phones = [paired(app, secrets["key"]), exchanged(app, secrets["token"])]
    newcomer = {"name": "Cy", "password": PASSWORD}
    client = PortalClient(app)
    cookies = post(client, "/pair", {"key": secrets["key"], "refresh_in": "cookie"}, **OWN)
    post(client, "/app/sign-in", {"username": "ada@example.com", "password": PASSWORD, "refresh_in": "cookie"},
         token=cookies.json["access_token"], **OWN)  # fmt: skip
    found |= {cookie.value for cookie in client._cookies.values() if "familiar" not in cookie.key}
    for path, body in (
        ("/admin/app/exchange-token", {"code": secrets["code"]}),
        ("/admin/app/exchange-token", {"token": secrets["token"]}),
        ("/enroll/inspect", {"code": secrets["crew"]}),
        ("/enroll/redeem", {"code": secrets["crew"], "newcomer": newcomer}),
        ("/enroll/redeem", {"code": secrets["device"]}),
        ("/enroll/redeem", {"code": secrets["crew"]}),
        ("/pair", {"key": secrets["token"]}),
        ("/pair", {"key": secrets["key"], "extra": secrets["key"]}),
        ("/enroll/inspect", {"token": secrets["token"], "code": secrets["crew"]}),
        ("/admin/app/exchange-token", {"token": secrets["key"] * 9}),
    ):
        answers.append(post(PortalClient(app), path, body))
    first = phones[0]
    found |= {first.token, first.body["refresh_token"]}
    answers.append(first.sign_in("ada@example.com", PASSWORD + " not"))
    first.sign_in("ada@example.com")
    answers.append(first.client.get("/api/v1/app/me", headers={"Authorization": f"Bearer {first.token}x"}))
    for _ in range(2):
        refresh = first.client.post(
            "/oauth/token", data={"grant_type": "refresh_token", "refresh_token": first.body["refresh_token"]}
        )
        assert refresh.status_code == 200
        found |= {refresh.json["access_token"], refresh.json["refresh_token"]}
    for phone in phones:
        found |= {phone.token, phone.body["refresh_token"]}
    return answers, {one for one in found if one}


def forms_of(secret):
    """The spellings in which a secret would still be usable."""
    return {secret, secret.replace("-", ""), secret.lower(), secret.replace("-", "").lower()}


def test_no_log_no_audit_and_no_refusal_holds_a_secret(app, secrets, caplog, capfd):
    with capture_logs(processors=[structlog.stdlib.add_log_level]) as logged:
        answers, found = run_all_flows(app, secrets)
    assert len(found) > 12
    printed = capfd.readouterr()
    refused = [answer for answer in answers if answer.status_code >= 400]
    assert len(refused) >= 6
    with app.app_context():
        audit = [str(vars(one)) for one in db.session.scalars(sa.select(AuditEvent))]
    places = [str(logged), caplog.text, printed.out, printed.err, *audit, *(answer.text for answer in refused)]
    places += [json.dumps(dict(answer.headers)) for answer in refused]
    text = "\n".join(places)
    assert len(audit) > 5
    leaked = [one for secret in found for one in forms_of(secret) if one in text]
    assert leaked == []


def test_a_dump_of_the_database_opens_nothing(app, secrets):
    _answers, found = run_all_flows(app, secrets)
    with app.app_context():
        dump = "\n".join(
            str(tuple(row)) for table in db.metadata.sorted_tables for row in db.session.execute(sa.select(table))
        )
    assert "crew-001" in dump
    leaked = [one for secret in found for one in forms_of(secret) if one in dump]
    assert leaked == []


def test_no_door_takes_a_secret_in_its_address(app):
    """No rule has a part for one: what a phone shows goes in bodies and headers."""
    rules = [rule for rule in app.url_map.iter_rules() if re.search(r"/(pair|enroll|app|oauth)\b", rule.rule)]
    assert len(rules) > 8
    parts = {name for rule in rules for name in rule.arguments}
    assert not {name for name in parts if re.search("token|secret|code|key", name)}
