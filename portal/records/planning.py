"""What an import would do: each row of a file beside the record it is about. Reads only.

Rules between records are judged by the state after the whole file: two rows may swap their tags, and a contact may
report to one that stands further down.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from portal.records.cells import shorten, show_cell
from portal.records.checking import check_coordinates
from portal.records.drafts import Draft, Sheet
from portal.records.headings import ID_LABEL
from portal.records.kinds import BY_NAME, Field
from portal.records.paper_plans import compare_papers
from portal.records.plans import Plan, PlannedRow
from portal.records.reference_plans import resolve_references
from portal.records.search import tag_key
from portal.records.snapshots import find_records


def make_plan(session: Session, account_id: int, sheet: Sheet, drafts: Sequence[Draft]) -> Plan:
    """Finds every row's record (by id, then tag), compares, and refuses what the rules of the forms forbid."""
    plan = Plan(sheet, _match_rows(session, account_id, sheet, drafts))
    for row in plan.rows:
        if not row.draft.is_broken:
            _compare_fields(sheet, row)
    _check_tags(session, account_id, plan)
    resolve_references(session, account_id, plan)
    compare_papers(session, account_id, plan)
    return plan


def _match_rows(session: Session, account_id: int, sheet: Sheet, drafts: Sequence[Draft]) -> list[PlannedRow]:
    by_id = find_records(session, account_id, "public_id", {draft.public_id for draft in drafts if draft.public_id})
    tags = {tag_key(draft.tag) for draft in drafts if not draft.public_id} - {None}
    by_tag = find_records(session, account_id, "tag_key", tags)
    rows: list[PlannedRow] = []
    same: dict[int, list[PlannedRow]] = defaultdict(list)
    for number, draft in enumerate(drafts, start=1):
        before = by_id.get(draft.public_id) if draft.public_id else by_tag.get(tag_key(draft.tag))
        row = PlannedRow(-number, draft, refused=list(draft.refused))
        if before is not None and before["kind"] == sheet.kind.name:
            row.key, row.before = before["id"], before
            same[row.key].append(row)
        else:
            _refuse_stranger(sheet, row, before)
        rows.append(row)
    for group in same.values():
        _refuse_shared(sheet, group, "is about the same record")
    return rows


def _id_heading(sheet: Sheet) -> str:
    return ID_LABEL if sheet.columns.id is None else sheet.table.headings[sheet.columns.id]


def _refuse_stranger(sheet: Sheet, row: PlannedRow, found: Mapping[str, Any] | None) -> None:
    """An id must be known, and neither id nor tag may belong to a record of another kind."""
    label, public_id = sheet.kind.label.lower(), row.draft.public_id
    heading = _id_heading(sheet) if public_id else "" if found is None else sheet.heading("tag")
    if found is not None:
        other = BY_NAME[found["kind"]].label.lower()
        row.refuse(
            heading,
            f"This is the {other} “{shorten(found['name'])}”, and the file is about {sheet.kind.plural.lower()}.",
        )
    elif public_id:
        row.refuse(heading, f"No {label} has the id “{shorten(public_id)}”. Clear the cell to make a new record.")


def _refuse_shared(sheet: Sheet, group: Sequence[PlannedRow], what: str, column: str = "") -> None:
    """Refuses all rows of a group of two or more, each naming another's line, in the column that brought them there."""
    for row in group if len(group) > 1 else ():
        other = next(one.draft.line for one in group if one is not row)
        more = f", like {len(group) - 2} more" if len(group) > 2 else ""
        found_by = column or (_id_heading(sheet) if row.draft.public_id else sheet.heading("tag"))
        row.refuse(found_by, f"Line {other} {what}{more}. Keep one of them.")


def _compare_fields(sheet: Sheet, row: PlannedRow) -> None:
    draft, before = row.draft, row.before
    for one in sheet.kind.fields:
        if one.type == "reference" or one.name not in draft.typed:
            continue
        old = before[one.name] if before is not None else None
        # A cell that still says what export wrote is no change, even where today's rules would refuse the old value.
        if before is not None and draft.typed[one.name] == show_cell(old):
            continue
        if one.name in draft.errors:
            _refuse_error(sheet, row, one)
        elif (value := draft.values[one.name]) != old and (before is not None or value not in ("", None)):
            row.changes[one.name] = value
    if before is None and "name" not in draft.typed:
        row.refuse("Name", "A new record needs a name, and the file has no such column.")
    _check_position(sheet, row)


def _refuse_error(sheet: Sheet, row: PlannedRow, one: Field) -> None:
    cell, reason = row.draft.typed[one.name].strip(), row.draft.errors[one.name]
    if one.required and not cell:
        reason = f"Every record needs a {one.label.lower()}. Fill in the cell; it cannot be cleared."
    row.refuse(sheet.heading(one.name), f"{reason} The cell says “{shorten(cell)}”." if cell else reason)


def _check_position(sheet: Sheet, row: PlannedRow) -> None:
    if not {"latitude", "longitude"} & row.changes.keys():
        return
    for name, reason in check_coordinates(
        {"latitude": row.after("latitude"), "longitude": row.after("longitude")}
    ).items():
        row.refuse(sheet.heading(name) if name in sheet.columns.fields else sheet.kind.field(name).label, reason)


def _check_tags(session: Session, account_id: int, plan: Plan) -> None:
    """No tag twice, neither in the file nor in the account once the file is applied."""
    holders: dict[str, list[PlannedRow]] = defaultdict(list)
    for row in plan.rows:
        if key := tag_key(str(row.after("tag") or "")):
            holders[key].append(row)
    if not any("tag" in row.changes for row in plan.rows):
        return
    heading = plan.sheet.heading("tag")
    for group in holders.values():
        if len({row.key for row in group}) > 1:  # rows about one record are refused for that already
            _refuse_shared(plan.sheet, group, "has the same tag", heading)
    wanted = {key for key, rows in holders.items() if any("tag" in row.changes for row in rows)}
    in_file = {row.key for row in plan.rows}
    for key, held in find_records(session, account_id, "tag_key", wanted).items():
        # A row that was refused as a stranger has been told of this record already.
        told = held["kind"] != plan.sheet.kind.name
        for row in holders[key] if held["id"] not in in_file else ():
            if told and not row.draft.public_id:
                continue
            what = ("archived " if held["archived_at"] else "") + BY_NAME[held["kind"]].label.lower()
            row.refuse(heading, f"The {what} “{shorten(held['name'])}” has this tag already. Choose another tag.")
