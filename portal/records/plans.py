"""The plain values of an import's plan: rows, their changes, and why some are refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from portal.records.checking import Value
from portal.records.directory import Directory
from portal.records.drafts import Draft, RefusedCell, Sheet
from portal.records.kinds import Field

ADD, RENEW, EDIT, REMOVE = "add", "renew", "edit", "delete"  # as in the names of audit events


@dataclass(frozen=True)
class CurrentPaper:
    """An expiration of a record as it stands."""

    id: int
    what: str
    expires_on: date
    warn_days: int


@dataclass(frozen=True)
class PaperChange:
    """What a row does to one expiration. ``old`` is None for ADD, ``expires_on`` for REMOVE."""

    act: str
    old: CurrentPaper | None
    what: str
    expires_on: date | None
    warn_days: int


@dataclass
class PlannedRow:
    """A row beside its record. ``before`` holds the record's columns, or None when the row makes one; ``changes`` the
    new values by column, references as keys of a Directory; ``papers`` all current expirations.
    """

    key: int
    draft: Draft
    before: Mapping[str, Any] | None = None
    changes: dict[str, Value] = field(default_factory=dict)
    papers: list[CurrentPaper] = field(default_factory=list)
    paper_changes: list[PaperChange] = field(default_factory=list)
    refused: list[RefusedCell] = field(default_factory=list)
    public_id: str = ""  # of a new record, once it is made

    def after(self, column: str) -> Any:
        """The value of a column once the plan is applied."""
        if column in self.changes:
            return self.changes[column]
        return self.before[column] if self.before is not None else None

    def refuse(self, column: str, reason: str) -> None:
        self.refused.append(RefusedCell(self.draft.line, column, reason))

    @property
    def is_changed(self) -> bool:
        return self.before is None or bool(self.changes or self.paper_changes)

    @property
    def papers_after(self) -> list[tuple[date, int]]:
        """(day, days of warning) of every expiration that will be current."""
        gone = {change.old.id for change in self.paper_changes if change.old is not None}
        kept = [(paper.expires_on, paper.warn_days) for paper in self.papers if paper.id not in gone]
        made = [(change.expires_on, change.warn_days) for change in self.paper_changes if change.expires_on is not None]
        return kept + made


@dataclass
class Plan:
    """All rows of a file. ``directories`` names what references mean, by the kind that they point to."""

    sheet: Sheet
    rows: list[PlannedRow]
    directories: dict[str, Directory] = field(default_factory=dict)

    @property
    def refused(self) -> list[RefusedCell]:
        """Every reason, in the order of the file. None: the plan may be applied."""
        cells = [cell for row in self.rows for cell in row.refused]
        return sorted(cells, key=lambda cell: cell.line)

    def name_of(self, one: Field, key: Any) -> str:
        """The name of what a reference points to; "" for none."""
        entry = self.directories[one.reference].entries.get(key) if one.reference in self.directories else None
        return entry.name if entry else ""
