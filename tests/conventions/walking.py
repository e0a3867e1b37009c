"""Every door with an address: what the tests that walk them share."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter

from portal.accounts.permissions import DOORS, Door
from portal.routes import audience_of


@dataclass(frozen=True)
class Way:
    """One method of one door, at an address whose ids belong to nothing."""

    endpoint: str
    method: str
    path: str

    @property
    def door(self) -> Door:
        return DOORS[self.endpoint]

    @property
    def audience(self) -> str:
        return audience_of(self.endpoint)


def ways(app: Flask, *, argument: str = "abcdefghjkmn") -> Iterator[Way]:
    """Every method of every door but the framework's files. ``argument`` stands in for every text in an address."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in DOORS:
            continue
        values = {name: _value(rule._converters[name], argument) for name in rule.arguments}
        built = rule.build(values)
        assert built, rule.rule
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Way(rule.endpoint, method, built[1])


def _value(converter: BaseConverter, argument: str) -> object:
    if isinstance(converter, IntegerConverter):
        return 1
    return min(converter.items) if isinstance(converter, AnyConverter) else argument


def methods_by_path(app: Flask) -> dict[str, set[str]]:
    """Which methods an address takes, over all rules that it matches."""
    adapter = app.url_map.bind("qr.example.com")
    return {way.path: set(adapter.allowed_methods(way.path)) for way in ways(app)}
