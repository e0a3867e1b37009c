"""Owners, supervisors and locations of a plan: resolved by e-mail, name, tag or id, and kept free of circles."""

from sqlalchemy.orm import Session

from portal.records.cells import shorten
from portal.records.directory import Directory, Entry
from portal.records.kinds import BY_NAME, Field
from portal.records.plans import Plan, PlannedRow
from portal.records.snapshots import list_entries, read_parents

CIRCLE_WORDS = {
    "supervisor_id": ("A contact cannot be its own supervisor. Choose somebody else.", "reports to"),
    "location_id": ("A location cannot be inside itself. Choose another location.", "lies inside"),
}
MOST_NAMED = 4


def resolve_references(session: Session, account_id: int, plan: Plan) -> None:
    """Reads the reference cells of all rows against the account as it will be, new rows of the file included."""
    sheet = plan.sheet
    for one in sheet.kind.fields:
        if one.type != "reference" or one.name not in sheet.columns.fields:
            continue
        if one.reference not in plan.directories:
            plan.directories[one.reference] = _directory(session, account_id, plan, one.reference)
        for row in plan.rows:
            if not row.draft.is_broken:
                _resolve(plan, row, one, plan.directories[one.reference])
        if one.reference == sheet.kind.name and one.name in CIRCLE_WORDS:
            _refuse_circles(plan, one, read_parents(session, account_id, one.reference, one.name))


def _directory(session: Session, account_id: int, plan: Plan, kind: str) -> Directory:
    entries = {entry.key: entry for entry in list_entries(session, account_id, kind)}
    for row in plan.rows if plan.sheet.kind.name == kind else ():
        old = entries.get(row.key)
        texts = {name: str(row.after(name) or "") for name in ("name", "email", "tag")}
        # A row that is refused for its name still counts by what it says, so that one fault is not told twice.
        texts["name"] = texts["name"] or row.draft.typed.get("name", "")
        public_id, is_archived = (old.public_id, old.is_archived) if old else ("", False)
        entries[row.key] = Entry(row.key, public_id, **texts, is_archived=is_archived)
    return Directory(entries.values())


def _resolve(plan: Plan, row: PlannedRow, one: Field, directory: Directory) -> None:
    cell, old = row.draft.typed[one.name].strip(), row.before[one.name] if row.before is not None else None
    if not cell:
        if old is not None:
            row.changes[one.name] = None
        return
    heading, kind = plan.sheet.heading(one.name), BY_NAME[one.reference]
    found = directory.resolve(cell)
    if not found:
        row.refuse(
            heading, f"No {kind.label.lower()} has the e-mail, name, tag or id “{shorten(cell)}”. Import it first."
        )
    elif old in found and len(found) == 1:
        return
    elif len(found) > 1:
        row.refuse(
            heading, f"{len(found)} {kind.plural.lower()} are called “{shorten(cell)}”. Write the e-mail or id instead."
        )
    elif directory.entries[found[0]].is_archived:
        row.refuse(heading, f"“{shorten(cell)}” is archived. Restore it first, or choose another {kind.label.lower()}.")
    else:
        row.changes[one.name] = found[0]


def _refuse_circles(plan: Plan, one: Field, parents: dict[int, int]) -> None:
    for row in plan.rows:
        target = row.after(one.name)
        if isinstance(target, int):
            parents[row.key] = target
        else:
            parents.pop(row.key, None)
    circles = _find_circles(parents)
    own, verb = CIRCLE_WORDS[one.name]
    for row in plan.rows:
        circle = circles.get(row.key)
        if circle is None or one.name not in row.changes:
            continue
        names = [shorten(plan.name_of(one, key), 40) for key in circle]
        start = circle.index(row.key)
        chain = [*names[start:], *names[:start], names[start]]
        shown = chain if len(chain) <= MOST_NAMED + 1 else [*chain[:MOST_NAMED], "…", chain[-1]]
        row.refuse(
            plan.sheet.heading(one.name),
            own if len(circle) == 1 else f"This closes a circle: {f' {verb} '.join(shown)}.",
        )


def _find_circles(parents: dict[int, int]) -> dict[int, list[int]]:
    """The circle that a key lies on, for all keys on one. Every key has at most one parent, so each is walked once."""
    circles: dict[int, list[int]] = {}
    walked: set[int] = set()
    for start in parents:
        path: dict[int, int] = {}
        key: int | None = start
        while key is not None and key not in walked and key not in path:
            path[key] = len(path)
            key = parents.get(key)
        if key is not None and key in path:
            circle = list(path)[path[key] :]
            circles.update((member, circle) for member in circle)
        walked.update(path)
    return circles
