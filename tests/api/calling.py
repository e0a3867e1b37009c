"""Phones and programs for tests: rows made by the product's own verbs, and a client that speaks JSON."""

from datetime import UTC, datetime
from typing import Any

from flask import current_app
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.accounts.models import Account
from portal.devices import sessions
from portal.devices.models import Device
from portal.extensions import db
from tests.client import PASSWORD, PortalClient


def make_phone(account: Account, user_id: int | None = None, name: str = "Pixel 9, Chrome") -> tuple[str, str]:
    """An enrolled phone: its access token and its public id. Without a user it is only paired."""
    now = datetime.now(UTC)
    device = Device(account_id=account.id, name=name, user_id=user_id, created_at=now, connected_at=now)
    db.session.add(device)
    db.session.flush()
    opened = sessions.open_session(db.session(), device=device, user_id=user_id, now=now)
    facts = sessions.facts_of(db.session(), opened.device_session)
    parts = current_app.extensions["portal"]
    tokens = sessions.issue(parts.key_ring, parts.settings.public_url, facts, now)
    db.session.commit()
    return tokens.access_token, device.public_id


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class Program:
    """An admin's program: signs in by the API and sends its CSRF token with every request."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.headers: dict[str, str] = {}

    def sign_in(self, email: str = "ada@example.com", password: str = PASSWORD, **more: Any) -> TestResponse:
        answer = self.client.post("/api/v1/session", json={"email": email, "password": password} | more)
        if answer.status_code == 200:
            self.headers = {"X-CSRFToken": answer.json["csrf_token"]}
        return answer

    def send(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = self.headers | more.pop("headers", {})
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **more)


def program(app: Any) -> Program:
    return Program(PortalClient(app))
