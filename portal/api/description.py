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
fields that are not described are refused. Moments are ISO 8601 in UTC, days are YYYY-MM-DD."""

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
