"""What the audit page shows, as it stands in an address. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date

from portal.lib.lines import one_line

LONGEST = 200


@dataclass(frozen=True)
class AuditFilter:
    """``q`` is looked for in who, what and the target's name; ``first`` and ``last`` are days, both included."""

    q: str = ""
    kind: str = ""
    first: date | None = None
    last: date | None = None

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> "AuditFilter":
        """Reads an address's arguments. What cannot be read counts as not given."""
        return cls(
            q=_text(args.get("q", "")),
            kind=_text(args.get("kind", "")),
            first=_day(args.get("first", "")),
            last=_day(args.get("last", "")),
        )

    @property
    def is_narrowed(self) -> bool:
        return self != AuditFilter()

    def to_args(self) -> dict[str, str]:
        """The arguments that are given, as names and values."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: str(value) for name, value in given.items() if value}


def _text(text: str) -> str:
    """One line, without what no database takes."""
    return one_line(text)[:LONGEST]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
