"""Blueprints that describe themselves: each operation with its answers, and with what its door asks for."""

import http
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from flask_smorest import Blueprint

from portal.accounts.models import FRESH_FOR
from portal.accounts.permissions import DOORS, MOBILE_APP, Door
from portal.api.reading import Parser

View = Callable[..., Any]
SAFE = ("get", "head", "options")
BY_STANDARDS = ("oauth",)  # the audience whose doors let be what they do not know (RFC 6749, section 3.2)
PHONE: dict[str, list[str]] = {"phone": []}
PROGRAM: dict[str, list[str]] = {"session": []}


class ApiBlueprint(Blueprint):  # type: ignore[misc]  # the library carries no types
    """The doors of one room, or of an audience. ``route``, ``arguments`` and ``response`` are the library's, typed."""

    ARGUMENTS_PARSER = Parser()
    _docs: dict[str, dict[str, Any]]

    def route(self, rule: str, **options: Any) -> Callable[[View], View]:
        """Adds a door; its tag is this blueprint's name."""
        options.setdefault("tags", [self.name])
        found: Callable[[View], View] = super().route(rule, **options)
        return found

    def arguments(self, schema: Any, **options: Any) -> Callable[[View], View]:
        """Reads the body (or ``location="query"``) by a schema; the view gets the dict first."""
        found: Callable[[View], View] = super().arguments(schema, **options)
        return found

    def response(self, status_code: int, schema: Any = None, **options: Any) -> Callable[[View], View]:
        """What the view answers when all is well."""
        found: Callable[[View], View] = super().response(status_code, schema, **options)
        return found

    def doc(self, **parts: Any) -> Callable[[View], View]:
        """Parts of the operation's description that nothing else says."""
        found: Callable[[View], View] = super().doc(**parts)
        return found

    def alt_response(self, status_code: int, *args: Any, **options: Any) -> Callable[[View], View]:
        """Another answer. Without a schema it is a problem document."""
        if not args and not options.keys() & {"schema", "content_type"}:
            args, options = (http.HTTPStatus(status_code).name,), {}
        found: Callable[[View], View] = super().alt_response(status_code, *args, **options)
        return found

    def register_views_in_doc(self, api: Any, app: Any, spec: Any, *, name: str, parameters: Any) -> None:
        """Describes each operation, after adding what follows from its door."""
        self._docs = deepcopy(self._docs)
        for endpoint, methods in self._docs.items():
            door = DOORS.get(f"{name}.{endpoint}", Door())
            rule = next(app.url_map.iter_rules(f"{name}.{endpoint}"))
            for method, operation in methods.items():
                if method == "parameters":
                    continue
                by_hand = operation.setdefault("manual_doc", {})
                by_hand.setdefault("operationId", endpoint.replace(".", "_"))
                by_hand.setdefault("security", ways_in(door, method))
                told = [operation.get("docstring", {}).get("description", "").replace("``", "`"), asked(door)]
                if any(told):
                    by_hand.setdefault("description", "\n\n".join(filter(None, told)))
                said = operation.setdefault("response", {}).setdefault("responses", {})
                found = refusals(door, method, "arguments" in operation, bool(rule.arguments))
                # Queries are read at every door of ours, and what is not described is refused.
                for status in found if name in BY_STANDARDS else {*found, 422}:
                    said.setdefault(status, [http.HTTPStatus(status).name])
        super().register_views_in_doc(api, app, spec, name=name, parameters=parameters)


def ways_in(door: Door, method: str) -> list[dict[str, list[str]]]:
    """The security requirements of a door, as OpenAPI says them: any one of the list lets in."""
    browser: dict[str, list[str]] = {"session": []} if method in SAFE else {"session": [], "csrf": []}
    if door.open:
        return []
    if door.paired:
        return [PHONE]
    return [PHONE, browser] if door.phone else [browser]


def asked(door: Door) -> str:
    """What a door asks for besides credentials, in sentences: a permission, and a password typed just now."""
    if door.permission is None:
        return ""
    own = f", or {MOBILE_APP.name} for the caller's own" if door.own else ""
    minutes = int(FRESH_FOR.total_seconds()) // 60
    fresh = f" The password must have been typed within {minutes} minutes." if door.fresh else ""
    return f"Needs the permission {door.permission.name}{own}.{fresh}"


def refusals(door: Door, method: str, has_arguments: bool, has_ids: bool) -> list[int]:
    """The statuses that a door answers by itself, whatever its view does."""
    found = [] if door.open else [401, 403]
    if has_ids:
        found.append(404)
    if has_arguments:
        found += [422] if method in SAFE else [400, 413, 415, 422]
    return found
