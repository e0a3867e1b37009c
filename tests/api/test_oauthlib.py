"""The doors of the standards, read by a library that knows the RFCs and not us."""

import pytest
from oauthlib.oauth2 import InvalidGrantError, LegacyApplicationClient

from tests.api.calling import program
from tests.client import PortalClient
from tests.factories.people import make_account, make_member

URL = "https://qr.example.com"


@pytest.fixture
def phone(app):
    """(client, what the exchange answered)."""
    with app.app_context():
        make_member(make_account())
    ada = program(app)
    ada.sign_in()
    token = ada.send("POST", "/admin/app/generate-qr").json["token"]
    client = PortalClient(app)
    return client, client.post("/api/v1/admin/app/exchange-token", json={"token": token}).text


def post(client, url, headers, body):
    return client.post(url.removeprefix(URL), data=body, headers=headers)


def test_refreshes_bears_and_revokes_as_the_library_expects(phone):
    client, arrived = phone
    reader = LegacyApplicationClient("portal-app")
    first = reader.parse_request_body_response(arrived)
    assert (first["token_type"], first.scopes, first["expires_in"]) == ("Bearer", ["app"], 600)
    url, headers, body = reader.prepare_refresh_token_request(f"{URL}/oauth/token", first["refresh_token"])
    second = reader.parse_request_body_response(post(client, url, headers, body).text)
    assert second["refresh_token"] != first["refresh_token"] and not second.scope_changed
    url, headers, _ = reader.add_token(f"{URL}/api/v1/app/me", "GET")
    assert client.get(url.removeprefix(URL), headers=headers).status_code == 200
    for kind in ("refresh_token", "anything"):
        url, headers, body = reader.prepare_token_revocation_request(
            f"{URL}/oauth/revoke", second["refresh_token"], kind
        )
        assert post(client, url, headers, body).status_code == 200
    url, headers, body = reader.prepare_refresh_token_request(f"{URL}/oauth/token", second["refresh_token"])
    with pytest.raises(InvalidGrantError):
        reader.parse_request_body_response(post(client, url, headers, body).text)


def test_who_asks_about_a_token_without_any_credentials_is_told_how(client):
    """RFC 6750, section 3.1: no error is named where nothing was sent."""
    answer = client.post("/oauth/introspect", data={"token": "x"})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    answer = client.post("/oauth/introspect", data={"token": "x"}, headers={"Authorization": "Bearer x"})
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
