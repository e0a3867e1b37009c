"""What a list of records shows: filter, sort order and place in it, as they stand in an address. Pure."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from portal.lib.lines import one_line
from portal.records.states import STATES

SORTS = ("name", "tag", "updated", "expiry")
EXPIRY = ("valid", "due", "expired", "none")
LONGEST_QUERY = 200


@dataclass(frozen=True)
class RecordFilter:
    """``owner`` and ``location`` are public ids; ``sort`` one of SORTS, with "-" in front for the other direction."""

    kind: str = ""
    q: str = ""
    owner: str = ""
    location: str = ""
    expiry: str = ""
    without: str = ""
    archived: bool = False
    sort: str = "name"
    state: str = ""

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> "RecordFilter":
        """Reads an address's arguments (or a form's). Values that no link of ours carries count as not given."""
        given = {field.name: one_line(args.get(field.name, ""))[:LONGEST_QUERY] for field in fields(cls)}
        return cls(
            kind=given["kind"],
            q=given["q"],
            owner=given["owner"],
            location=given["location"],
            expiry=given["expiry"] if given["expiry"] in EXPIRY else "",
            state=given["state"] if given["state"] in STATES else "",
            without=given["without"] if given["without"] == "owner" else "",
            archived=given["archived"] == "1",
            sort=given["sort"] if given["sort"].removeprefix("-") in SORTS else "name",
        )

    @classmethod
    def from_query_string(cls, text: str) -> "RecordFilter":
        """Reads what ``to_query_string`` wrote."""
        return cls.from_args(dict(parse_qsl(text.removeprefix("?"))))

    def to_query_string(self) -> str:
        """The arguments that differ from a list of everything, always in the same order; "" when none does."""
        return urlencode(self.to_args())

    def to_args(self) -> dict[str, Any]:
        """The same as names and values."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        words = {name: "1" if value is True else value for name, value in given.items()}
        return {name: value for name, value in words.items() if value and (name, value) != ("sort", "name")}

    @property
    def column(self) -> str:
        """What is sorted by, without the direction."""
        return self.sort.removeprefix("-")

    @property
    def descending(self) -> bool:
        """Whether the list runs from Z to A, from the latest to the earliest."""
        return self.sort.startswith("-")

    @property
    def is_narrowed(self) -> bool:
        """Whether it leaves out records of its kind: an empty list then means "no match", not "nothing here yet"."""
        return bool(self.q or self.owner or self.location or self.expiry or self.state or self.without or self.archived)

    def sorted_by(self, column: str) -> "RecordFilter":
        """The filter behind a heading: its column, or the other direction when that is the one already."""
        return replace(self, sort=f"-{column}" if self.sort == column else column)


@dataclass(frozen=True)
class Place:
    """A row in a list: the next page starts behind it, the previous one ends before it.

    ``part`` is the list's part it stands in (see ``lists``), ``key`` its sort value as text, None when it has none.
    """

    part: int
    key: str | None
    row_id: int

    def to_text(self) -> str:
        """An argument for an address."""
        raw = json.dumps([self.part, self.key, self.row_id], ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")

    @classmethod
    def from_text(cls, text: str) -> "Place | None":
        """The place in an address, or None when there is none or it was cut or changed."""
        try:
            part, key, row_id = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            if key is not None:
                key.encode()  # a lone surrogate fits into no database
            is_whole = 0 <= part < 9 and 0 <= row_id < 2**63 and isinstance(key, str | None) and "\0" not in (key or "")
            return cls(int(part), key, int(row_id)) if is_whole else None
        except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError):
            return None
