"""Ways in, made for tests, and phones that use them through the public doors."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Flask, current_app

from portal.accounts.models import MEMBER, Account, Membership
from portal.audit.operations import Actor
from portal.enrollment import grants
from portal.enrollment.code_drafts import Draft
from portal.enrollment.models import CREATE_ACCOUNT_AND_DEVICE, CREATE_DEVICE
from portal.extensions import db
from tests.client import PASSWORD, PortalClient
from tests.factories.people import make_member

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1"
)
SPENT = "This QR code is expired or already used, generate a new one."
ADDRESS = "203.0.113.7"
ADMIN = Actor(None, "factory")


def ring():
    return current_app.extensions["portal"].key_ring


def now() -> datetime:
    return datetime.now(UTC)


def installation_key(account: Account) -> str:
    """The secret of the company's pairing QR code."""
    grant = grants.ensure_installation_key(db.session(), ring(), account.id, now())
    secret = grants.reveal(ring(), grant)
    db.session.commit()
    return secret


def onboarding(member: Membership) -> grants.Made:
    """A one-time QR code of this person."""
    made = grants.make_onboarding(
        db.session(), ring(), account_id=member.account_id, user_id=member.user_id, actor=ADMIN, now=now()
    )
    db.session.commit()
    return made


def installation_code(account: Account, action: str = CREATE_DEVICE, **terms: object) -> grants.Made:
    """A typed code of this action; devices that need an owner get a shared account."""
    if action == CREATE_DEVICE and "user_id" not in terms:
        terms["user_id"] = make_member(account, "crew@example.com", name="Crew", role=MEMBER).user_id
    draft = Draft(
        description="Night shift",
        action=action,
        **({"expires_at": now() + timedelta(days=7), "max_uses": 25} | terms),
    )
    made = grants.make_installation_code(
        db.session(), ring(), account_id=account.id, draft=draft, actor=ADMIN, now=now()
    )
    assert isinstance(made, grants.Made), made
    db.session.commit()
    return made


def crew_code(account: Account, **terms: object) -> grants.Made:
    """A code by which people without an e-mail register."""
    return installation_code(account, CREATE_ACCOUNT_AND_DEVICE, **({"username_prefix": "crew-"} | terms))


def email_code(account: Account, **terms: object) -> str:
    """A code by which people with an e-mail register."""
    made = crew_code(account, **terms)
    made.grant.username_prefix = ""
    db.session.commit()
    return made.typed_code


def post(client: PortalClient, path: str, body: object, *, token: str = "", address: str = ADDRESS, **headers: str):
    """A JSON request of a phone."""
    sent = {"User-Agent": IPHONE} | {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    return client.post(f"/api/v1{path}", json=body, headers=sent, environ_overrides={"REMOTE_ADDR": address})


@dataclass
class Phone:
    """A phone after it came in: what it was answered, and its tokens."""

    client: PortalClient
    body: dict

    @property
    def token(self) -> str:
        return self.body["access_token"]

    def get(self, path: str, **options):
        return self.client.get(path, headers={"Authorization": f"Bearer {self.token}"}, **options)

    def post(self, path: str, body: object, **headers: str):
        return post(self.client, path, body, token=self.token, **headers)

    def sign_in(self, username: str, password: str = PASSWORD, **more):
        """Signs in; a right one leaves its tokens here."""
        answer = self.post("/app/sign-in", {"username": username, "password": password} | more)
        if answer.status_code == 200:
            self.body = answer.json
        return answer


def paired(app: Flask, key: str, **body: object) -> Phone:
    """A phone that scanned the pairing QR code."""
    client = PortalClient(app)
    answer = post(client, "/pair", {"key": key} | body)
    assert answer.status_code == 200, answer.text
    return Phone(client, answer.json)


def exchanged(app: Flask, secret: str, **body: object) -> Phone:
    """A phone that scanned a person's one-time QR code."""
    client = PortalClient(app)
    answer = post(client, "/admin/app/exchange-token", {"token": secret} | body)
    assert answer.status_code == 200, answer.text
    return Phone(client, answer.json)
