"""The description of the API (OpenAPI 3.1) at /api/v1/openapi.json, made of what the doors say about themselves."""

import http
from importlib.metadata import version
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_cls
from flask import Flask, Response, current_app, json
from flask_smorest import Api

from portal.api.blueprints import ApiBlueprint
from portal.api.problems import PROBLEM_JSON
from portal.api.schemas import Problem

ABOUT = """\
Programs sign in with POST /api/v1/session and then send the cookie, and on every unsafe method the CSRF token in the
header X-CSRFToken. Phones send a bearer token, which /oauth/token renews. Refusals are problem documents (RFC 9457);
fields that are not described are refused. Moments are ISO 8601 in UTC, days are YYYY-MM-DD.

A QR code that lets a phone in holds a link whose fragment is a form: v is 1, k the kind, t the secret, a the address
of this API, n the company's name, l the address of its logo, c its id, u a username to prefill, or nothing. By kind, t
goes to: pair, as key to /api/v1/pair; join, as token to /api/v1/admin/app/exchange-token; code, as code, and fleet, as
token, to /api/v1/enroll/redeem. What is typed goes where the scanned goes, as code.

Access tokens are JWTs (RFC 9068) of type at+jwt, signed by ES256 with a key of /.well-known/jwks.json. iss is this
server, aud its /api/v1; sub is a person's id, or device:<id> while nobody is signed in; beside them stand exp, iat,
jti, client_id, scope, sid (the session), device_id and gen (the number of the installation key, or null). Only this
server knows whether a token still counts: /oauth/introspect says so."""

description = ApiBlueprint("description", __name__, description="This description.")


class Description(Api):  # type: ignore[misc]  # the library carries no types
    """The library's collector. Errors stay with ``web.errors``: the library would answer those of pages, too."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        """Registers none."""

    def _register_responses(self) -> None:
        """Names a problem document for each status."""
        for status in http.HTTPStatus:
            if status >= 400:
                self._register_problem(status.name, status.phrase)
        self._register_problem("DEFAULT_ERROR", "Any other refusal")

    def _register_pagination_header(self) -> None:
        """Describes none: lists are continued by a cursor in their own document."""

    def _register_problem(self, name: str, phrase: str) -> None:
        answer: dict[str, Any] = {"description": phrase, "content": {PROBLEM_JSON: {"schema": self.ERROR_SCHEMA}}}
        self.spec.components.response(name, answer, lazy=True)


def bind(app: Flask, public_url: str, session_cookie: str) -> None:
    """Makes the collector. ``routes`` hands it the doors."""
    app.config.update(API_TITLE="QR portal", API_VERSION=version("qr-portal"), OPENAPI_VERSION="3.1.0")
    collector = Description(
        app,
        spec_kwargs={
            "servers": [{"url": public_url}],
            "info": {"description": ABOUT},
            "marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=name_of),
        },
    )
    schemes = {
        "session": {"type": "apiKey", "in": "cookie", "name": session_cookie},
        "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRFToken"},
        "phone": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    }
    for name, scheme in schemes.items():
        collector.spec.components.security_scheme(name, scheme)


def name_of(schema: Any) -> str:
    """What a schema is called in the description: its room and module before its class, so that no two share a name."""
    found: Any = resolve_schema_cls(schema)
    places = [part for part in found.__module__.split(".")[1:] if part not in ("api", "schemas")]
    return ".".join((*dict.fromkeys(places), found.__name__))


def add(app: Flask, doors: ApiBlueprint) -> None:
    """Registers the doors of an audience and describes them."""
    collector: Description = app.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    collector.register_blueprint(doors)


@description.route("/openapi.json")
@description.response(200, {"type": "object"}, description="OpenAPI 3.1")
def show() -> Response:
    """This description."""
    collector: Description = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    return Response(json.dumps(collector.spec.to_dict()), mimetype="application/json")
