"""What a plan would do, or did, in words and numbers: for the page, the command line and the audit trail. Pure."""

from typing import Any

from portal.records.cells import shorten, show_cell
from portal.records.plans import REMOVE, PaperChange, Plan, PlannedRow

PAPER_WORDS = {"add": "added", "renew": "renewed", "edit": "warning changed", "delete": "removed"}


def count(plan: Plan) -> dict[str, int]:
    """How many records are created, updated and unchanged, how many rows refused, how many values cleared."""
    refused = {cell.line for cell in plan.refused}
    taken = [row for row in plan.rows if row.draft.line not in refused]
    return {
        "rows": len(plan.rows),
        "created": sum(row.before is None for row in taken),
        "updated": sum(row.before is not None and row.is_changed for row in taken),
        "unchanged": sum(not row.is_changed for row in taken),
        "cleared": sum(_count_cleared(row) for row in taken),
        "refused": len(refused),
    }


def make_report(plan: Plan, *, applied: bool) -> dict[str, Any]:
    """The plan as JSON-ready values: counts, headings that were ignored, refused cells, and each row that changes."""
    table = plan.sheet.table
    refused = {cell.line for cell in plan.refused}
    changes = [_tell(plan, row) for row in plan.rows if row.is_changed and row.draft.line not in refused]
    return {
        "kind": plan.sheet.kind.name,
        "counts": count(plan),
        "applied": applied,
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "unknown": list(plan.sheet.columns.unknown),
        "refused": [[cell.line, cell.column, cell.reason] for cell in plan.refused],
        "changes": changes,
    }


def tell(report: dict[str, Any]) -> str:
    """A report as lines of text, for the command line."""
    counts = report["counts"]
    lines = [f"Ignored column: {heading}" for heading in report["unknown"]]
    for change in report["changes"]:
        lines.append(f"Line {change['line']}: {change['act']} {change['name']}")
        lines += [
            f"    {label}: {before or '(empty)'} -> {after or '(cleared)'}" for label, before, after in change["fields"]
        ]
    lines += [
        f"Line {line}, column {column}: {reason}" if column else f"Line {line}: {reason}"
        for line, column, reason in report["refused"]
    ]
    done = ("Created", "updated") if report["applied"] else ("Would be created", "updated")
    lines.append(
        f"{done[0]} {counts['created']:,}, {done[1]} {counts['updated']:,}, unchanged {counts['unchanged']:,},"
        f" values cleared {counts['cleared']:,}, refused rows {counts['refused']:,}."
    )
    if report["refused"]:
        lines.append("Nothing was changed: correct the refused rows and import the file again.")
    return "\n".join(lines)


def event_values(plan: Plan, row: PlannedRow) -> tuple[dict[str, Any], dict[str, Any]]:
    """(before, after) of the changed columns as audit events keep them: references by name."""
    before = {name: _shown(plan, name, row.before[name]) for name in row.changes} if row.before is not None else {}
    return before, {name: _shown(plan, name, value) for name, value in row.changes.items()}


def paper_values(change: PaperChange) -> tuple[dict[str, Any], dict[str, Any]]:
    """(before, after) of an expiration as audit events keep them."""
    old = change.old
    before = {"what": old.what, "expires_on": old.expires_on.isoformat(), "warn_days": old.warn_days} if old else {}
    if change.expires_on is None:
        return before, {}
    return before, {"what": change.what, "expires_on": change.expires_on.isoformat(), "warn_days": change.warn_days}


def _count_cleared(row: PlannedRow) -> int:
    gone = sum(value in ("", None) for value in row.changes.values()) if row.before is not None else 0
    return gone + sum(change.act == REMOVE for change in row.paper_changes)


def _tell(plan: Plan, row: PlannedRow) -> dict[str, Any]:
    """One row: what becomes of it and, for a record that exists, every field as [label, before, after]."""
    told = {"line": row.draft.line, "name": str(row.after("name") or ""), "tag": str(row.after("tag") or "")}
    if row.before is None:
        return told | {"act": "create", "fields": []}
    before, after = event_values(plan, row)
    fields = [
        [plan.sheet.kind.field(name).label, shorten(show_cell(before[name])), shorten(show_cell(after[name]))]
        for name in row.changes
    ]
    return told | {"act": "update", "id": row.before["public_id"], "fields": fields + _tell_papers(row)}


def _tell_papers(row: PlannedRow) -> list[list[str]]:
    told = []
    for change in row.paper_changes:
        before, after = paper_values(change)
        shown = [
            f"{one['expires_on']} (warn {one['warn_days']} days before)"
            if change.act == "edit"
            else str(one["expires_on"])
            if one
            else ""
            for one in (before, after)
        ]
        told.append([f"{change.what} ({PAPER_WORDS[change.act]})", *shown])
    return told


def _shown(plan: Plan, name: str, value: Any) -> Any:
    one = plan.sheet.kind.field(name)
    return plan.name_of(one, value) if one.type == "reference" else value
