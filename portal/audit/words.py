"""Events in words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Change:
    """One field; an empty text where there was or is nothing."""

    field: str
    before: str
    after: str


def action_words(action: str) -> str:
    """'record.update' -> 'Record: update'."""
    noun, _, verb = action.partition(".")
    words = f"{noun}: {verb}" if verb else noun
    return (words[:1].upper() + words[1:]).replace("_", " ").replace("-", " ")


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Every field that either side names, in the order of their names."""
    names = sorted({*before, *after})
    return [Change(name.replace("_", " "), show(before.get(name)), show(after.get(name))) for name in names]


def show(value: Any) -> str:
    """A JSON value as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(show, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {show(one)}" for name, one in value.items())
    return str(value)
