"""The description of the API (OpenAPI 3.1) at /api/v1/openapi.json, made of what the doors say about themselves."""

import http
from collections.abc import Iterable
from importlib.metadata import version
from inspect import cleandoc
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_cls
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from flask import Flask, Response, current_app, json
from flask_smorest import Api
from marshmallow import fields

from portal.api.blueprints import ApiBlueprint
from portal.api.problems import PROBLEM_JSON
from portal.api.schemas import Problem

ABOUT = """\
Programs sign in with POST /api/v1/session and then send the cookie, and on every unsafe method the CSRF token in the
header X-CSRFToken. Phones send a bearer token, which /oauth/token renews. Refusals are problem documents (RFC 9457);
fields that are not described, or named twice, are refused. Moments are ISO 8601 in UTC, days are YYYY-MM-DD.

A QR code that lets a phone in holds a link whose fragment is a form: v is 1, k the kind, t the secret, a the address
of this API, n the company's name, l the address of its logo, c its id, u a username to prefill, or nothing. By kind, t
goes to: pair, as key to /api/v1/pair; join, as token to /api/v1/admin/app/exchange-token; code, as code, and fleet, as
token, to /api/v1/enroll/redeem. What is typed goes where the scanned goes, as code.

Access tokens are JWTs (RFC 9068) of type at+jwt, signed by ES256 with a key of /.well-known/jwks.json. iss is this
server, aud its /api/v1; sub is a person's id, or device:<id> while nobody is signed in; beside them stand exp, iat,
jti, client_id, scope, sid (the session), device_id and gen (the number of the installation key, or null). Only this
server knows whether a token still counts: /oauth/introspect says so."""

# Where the tokens of phones come from: the address, the scope that they have, and what is shown for them.
TOKEN_SOURCES = {
    "pairing": ("/api/v1/pair", "paired", "the company's key in the QR code"),
    "one_time_code": ("/api/v1/admin/app/exchange-token", "app", "a person's one-time QR code"),
    "enrolment": ("/api/v1/enroll/redeem", "paired", "an installation code or provisioning token"),
    "renewal": ("/oauth/token", "app", "the newest refresh token"),
}

description = ApiBlueprint("description", __name__, description="This description.")


class Converter(OpenAPIConverter):
    """Says what the library leaves out: what a document is, rules about fields together, how keys are spelled."""

    def schema2jsonschema(self, schema: Any) -> dict[str, Any]:
        """The document of a schema, with its rules."""
        found: dict[str, Any] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]  # the library's
        about = cleandoc(type(schema).__doc__ or "").replace("``", "`")
        return {"description": about} | found | getattr(schema, "rules", {})

    def dict2properties(self, field: Any, **more: Any) -> dict[str, Any]:
        """The document of a mapping."""
        found: dict[str, Any] = super().dict2properties(field, **more)
        if isinstance(field, fields.Dict) and field.key_field and field.key_field.validators:
            found["propertyNames"] = self.field2property(field.key_field)
        return found


class Plugin(MarshmallowPlugin):
    """The library's plugin with our converter."""

    Converter = Converter


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
        if name == http.HTTPStatus.TOO_MANY_REQUESTS.name:
            answer["headers"] = {"Retry-After": {"description": "In seconds.", "schema": {"type": "integer"}}}
        self.spec.components.response(name, answer, lazy=True)


def bind(app: Flask, public_url: str, session_cookie: str) -> None:
    """Makes the collector. ``routes`` hands it the doors."""
    app.config.update(API_TITLE="QR portal", API_VERSION=version("qr-portal"), OPENAPI_VERSION="3.1.0")
    collector = Description(
        app,
        spec_kwargs={
            "servers": [{"url": public_url}],
            "info": {"description": ABOUT},
            "marshmallow_plugin": Plugin(schema_name_resolver=name_of),
        },
    )
    schemes = {
        "session": {"type": "apiKey", "in": "cookie", "name": session_cookie},
        "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRFToken"},
        "phone": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    } | {name: token_source(*source) for name, source in TOKEN_SOURCES.items()}
    for name, scheme in schemes.items():
        collector.spec.components.security_scheme(name, scheme)


def token_source(address: str, scope: str, shown: str) -> dict[str, Any]:
    """A way to a phone's token as a security scheme: a description has no other place for it."""
    about = f"Gives a phone's token for {shown}, in the body that the operation describes."
    flow = {"tokenUrl": address, "refreshUrl": "/oauth/token", "scopes": {scope: "What the phone may do."}}
    return {"type": "oauth2", "description": about, "flows": {"clientCredentials": flow}}


def name_of(schema: Any) -> str:
    """What a schema is called in the description: its room and module before its class, so that no two share a name."""
    found: Any = resolve_schema_cls(schema)
    places = [part for part in found.__module__.split(".")[1:] if part not in ("api", "schemas")]
    return ".".join((*dict.fromkeys(places), found.__name__))


def add(app: Flask, doors: ApiBlueprint, rooms: Iterable[Any]) -> None:
    """Registers the doors of an audience and describes them, each under its room's heading."""
    collector: Description = app.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    app.register_blueprint(doors)
    doors.register_views_in_doc(collector, app, collector.spec, name=doors.name, parameters=None)
    for room in rooms:
        collector.spec.tag({"name": room.name, "description": room.description})


@description.route("/openapi.json")
@description.response(200, {"type": "object"}, description="OpenAPI 3.1")
def show() -> Response:
    """This description."""
    collector: Description = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    return Response(json.dumps(collector.spec.to_dict()), mimetype="application/json")
