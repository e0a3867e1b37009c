"""How bodies and queries become fields: JSON is read strictly, and what is wrong is said in plain sentences."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

import marshmallow as ma
from flask import Request, current_app, request
from webargs.flaskparser import FlaskParser, is_json_request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from portal.api.problems import Errors, InvalidFields
from portal.api.schemas import FOREIGN, TWICE, UNKNOWN

WHOLE = "body"  # names the document itself where no field is to blame
UNREADABLE = "The body is no JSON that can be read."


class Parser(FlaskParser):
    """Refuses what its schema does not know, wherever it stands; raises what ``web.errors`` answers."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012  # the library's own attribute, never changed
        "json": ma.RAISE,
        "form": ma.RAISE,
        "files": ma.RAISE,
        "query": ma.RAISE,
        "querystring": ma.RAISE,
        "view_args": ma.RAISE,
        "path": ma.RAISE,
    }

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        """The JSON document of the body."""
        if getattr(schema, "may_be_absent", False) and not req.mimetype and not req.get_data(cache=True):
            return {}
        if not is_json_request(req) or req.headers.get("Content-Encoding", "identity") != "identity":
            raise UnsupportedMediaType  # no body of ours is worth packing (RFC 9110, section 8.4)
        return read_json(req.get_data(cache=True))

    def load_form(self, req: Request, schema: ma.Schema) -> Any:
        """The fields of the form."""
        if req.mimetype not in ("application/x-www-form-urlencoded", "multipart/form-data"):
            raise UnsupportedMediaType
        return super().load_form(req, schema)

    def handle_error(self, error: ma.ValidationError, req: Request, schema: ma.Schema, **_more: Any) -> NoReturn:
        """Names each field with its sentences."""
        found = error.messages if isinstance(error.messages, dict) else {WHOLE: error.messages}
        # The library puts the place first: {"json": {"email": [...]}}.
        raise InvalidFields({name: texts for one in found.values() for name, texts in flat(one).items()})


def refuse_undescribed() -> None:
    """A door that describes no query or no body takes none with fields, as no other takes unknown ones; none takes a
    name twice. Raises InvalidFields."""
    said = getattr(current_app.view_functions[request.endpoint or ""], "_apidoc", {})
    _refuse_query(said.get("arguments", {}).get("parameters", ()))
    is_described = "arguments" in said or "requestBody" in said.get("manual_doc", {})
    if is_described or not is_json_request(request) or not request.get_data(cache=True).strip():
        return
    found = read_json(request.get_data(cache=True))
    if found not in ({}, None):
        names = found if isinstance(found, dict) else (WHOLE,)
        raise InvalidFields({str(name): [UNKNOWN] for name in names})


def _refuse_query(described: Iterable[Mapping[str, Any]]) -> None:
    is_described = any(one["in"] == "query" for one in described)
    wrong = {}
    for name, values in request.args.lists():
        if not is_described:
            wrong[name] = [UNKNOWN]
        elif len(values) > 1:
            wrong[name] = [TWICE]
        elif "\0" in values[0]:  # some schemas would drop it with other signs that nobody sees
            wrong[name] = [FOREIGN]
    if wrong:
        raise InvalidFields(wrong)


def read_json(raw: bytes) -> Any:
    """The document. NaN, lone surrogates and NUL are refused: no column of ours can hold them. So is a field that is
    named twice: whoever else reads the body may take the other value (RFC 8259, section 4)."""
    try:
        found = json.loads(raw.decode(), parse_constant=_refuse_constant, object_pairs_hook=_once)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise BadRequest(UNREADABLE) from None
    if b"\\u0000" in raw and _holds_nul(found):
        raise BadRequest("A text in the body holds the character NUL.")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequest("A field of the body is named twice.")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _holds_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_nul(one) for pair in value.items() for one in pair)
    return any(map(_holds_nul, value)) if isinstance(value, list) else isinstance(value, str) and "\0" in value


def flat(messages: Any, prefix: str = "") -> Errors:
    """Nested messages of the schemas as one level: {"device": {"name": [...]}} -> {"device.name": [...]}."""
    if not isinstance(messages, Mapping):
        texts = messages if isinstance(messages, list) else [messages]
        return {prefix or WHOLE: [str(text) for text in texts]}
    found: Errors = {}
    for name, inner in messages.items():
        path = prefix if name == "_schema" else f"{prefix}.{name}" if prefix else str(name)
        for field, texts in flat(inner, path).items():
            found.setdefault(field, []).extend(texts)
    return found
