"""What the columns of a file mean: fields by their labels and synonyms, the id, and expirations. Pure.

Case, spaces and signs do not count: "Licence_plate", "licence plate" and "LICENCE PLATE" are one heading.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.lib.folding import fold
from portal.records.expirations import WORDS
from portal.records.kinds import Field, Kind
from portal.records.search import compact, tag_key

ID_LABEL = "id"
_ID_HEADINGS = frozenset(("id", "recordid", "publicid"))
_SPELLINGS = {"license": "licence"}
_ORDINAL = r"(?:\s*\((?P<ordinal>[1-9]\d?)\))?"
_EXPIRES = re.compile(
    rf"(?P<what>.+?)(?:\s+|_+)(?:expires(?:[\s_]+on)?|expiry(?:[\s_]+date)?|expiration(?:[\s_]+date)?|valid[\s_]+until){_ORDINAL}",
    re.IGNORECASE | re.DOTALL,
)
_WARNS = re.compile(
    rf"(?P<what>.+?)(?:\s+|_+)(?:warn[\s_]+days(?:[\s_]+before)?|warning[\s_]+days){_ORDINAL}",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class PaperColumn:
    """An expiration as columns know it: ``ordinal`` 2 is the second one of the same name on one record, by date."""

    what: str
    ordinal: int = 1

    @property
    def key(self) -> tuple[str, int]:
        """Equal for all spellings of one paper."""
        return paper_key(self.what), self.ordinal


@dataclass(frozen=True)
class Columns:
    """Where things stand in a row: each a mapping to the cell's position. ``unknown`` and ``doubled`` are headings."""

    id: int | None
    fields: Mapping[str, int]
    papers: Mapping[PaperColumn, int]
    warnings: Mapping[tuple[str, int], int]
    unknown: tuple[str, ...]
    doubled: tuple[str, ...]


def match(kind: Kind, headings: Sequence[str]) -> Columns:
    """Reads the heading line of a file with records of one kind."""
    known = heading_keys(kind)
    place: int | None = None
    fields: dict[str, int] = {}
    papers: dict[PaperColumn, int] = {}
    warnings: dict[tuple[str, int], int] = {}
    warned: dict[int, str] = {}
    unknown: list[str] = []
    doubled: list[str] = []
    for index, heading in enumerate(headings):
        key = compact(fold(heading))
        if key in _ID_HEADINGS:
            doubled += [heading] if place is not None else []
            place = index
        elif (field := known.get(key)) is not None:
            doubled += [heading] if field.name in fields else []
            fields[field.name] = index
        elif found := _WARNS.fullmatch(heading.strip()):
            paper = _paper(found)
            doubled += [heading] if paper.key in warnings else []
            warnings[paper.key] = index
            warned[index] = heading
        elif found := _EXPIRES.fullmatch(heading.strip()):
            paper = _paper(found)
            doubled += [heading] if paper.key in {other.key for other in papers} else []
            papers[paper] = index
        else:
            unknown.append(heading)
    dated = {paper.key for paper in papers}
    unknown += [warned[index] for key, index in warnings.items() if key not in dated]
    warnings = {key: index for key, index in warnings.items() if key in dated}
    return Columns(place, fields, papers, warnings, tuple(unknown), tuple(doubled))


def heading_keys(kind: Kind) -> dict[str, Field]:
    """Every heading that means a field, without case, spaces and signs. Labels win over synonyms."""
    keys: dict[str, Field] = {}
    for field in kind.fields:
        for synonym in (field.name.removesuffix("_id"), *field.synonyms):
            keys.setdefault(compact(fold(synonym)), field)
    return keys | {compact(fold(field.label)): field for field in kind.fields}


def paper_key(what: str) -> str:
    """Equal for all spellings of what expires."""
    key = tag_key(what) or ""
    return _SPELLINGS.get(key, key)


def expires_heading(paper: PaperColumn) -> str:
    """The heading of a paper's day, as export writes it and ``match`` reads it."""
    return f"{paper.what} expires on{_ordinal(paper)}"


def warns_heading(paper: PaperColumn) -> str:
    """The heading of how many days before it counts as due soon."""
    return f"{paper.what} warn days{_ordinal(paper)}"


def _ordinal(paper: PaperColumn) -> str:
    return f" ({paper.ordinal})" if paper.ordinal > 1 else ""


def _paper(found: re.Match[str]) -> PaperColumn:
    what = " ".join(found["what"].split())
    key = paper_key(what)
    return PaperColumn(key if key in WORDS else what, int(found["ordinal"] or 1))
