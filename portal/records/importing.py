"""Imports of records: applies a plan in the caller's transaction, a few statements for thousands of rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.audit.operations import Actor, Happening, record_many
from portal.audit.operations import record as write_event
from portal.lib.secrets import make_public_id
from portal.records import operations, search
from portal.records.checking import EMPTY
from portal.records.drafts import Draft, Sheet
from portal.records.kinds import Kind
from portal.records.planning import make_plan
from portal.records.plans import ADD, EDIT, REMOVE, RENEW, PaperChange, Plan, PlannedRow
from portal.records.references import REFERENCES
from portal.records.reports import count, event_values, paper_values
from portal.records.snapshots import EXPIRATIONS, RECORDS, in_chunks
from portal.records.states import IN_USE


def import_rows(
    session: Session, *, account: Account, sheet: Sheet, drafts: Sequence[Draft], now: datetime, actor: Actor
) -> Plan:
    """Plans again under the account's lock and applies, unless a row is refused: then nothing is written.

    Stickers of new records are the caller's to issue.
    """
    operations.lock_account(session, account.id)
    plan = make_plan(session, account.id, sheet, drafts)
    if not plan.refused:
        _apply(_Run(session, account.id, plan, now, actor))
    return plan


@dataclass(frozen=True)
class _Run:
    """One import that is being written."""

    session: Session
    account_id: int
    plan: Plan
    now: datetime
    actor: Actor

    @property
    def kind(self) -> Kind:
        return self.plan.sheet.kind

    def execute_many(self, statement: Any, values: list[dict[str, Any]]) -> None:
        if values:
            self.session.connection().execute(statement, values)


def _apply(run: _Run) -> None:
    rows = run.plan.rows
    new = [row for row in rows if row.before is None]
    changed = [row for row in rows if row.before is not None and row.is_changed]
    ids = {row.key: row.key for row in changed} | _insert_records(run, new)
    _update_records(run, [row for row in changed if row.changes])
    _point_to_new(run, [*new, *changed], ids)
    _write_papers(run, [row for row in (*new, *changed) if row.paper_changes], ids)
    _write_events(run, [*new, *changed])


def _insert_records(run: _Run, rows: list[PlannedRow]) -> dict[int, int]:
    """Makes the new records. Returns their row ids by the plan's keys."""
    shared = {"account_id": run.account_id, "kind": run.kind.name, "created_at": run.now} | _saved(run)
    keys: dict[str, int] = {}
    values = []
    for row in rows:
        row.public_id = make_public_id()
        keys[row.public_id] = row.key
        values.append(shared | {"public_id": row.public_id} | _columns(run, row))
    run.execute_many(insert(RECORDS), values)
    ids = {}
    for chunk in in_chunks(keys):
        for made in run.session.execute(
            select(RECORDS.c.public_id, RECORDS.c.id).where(RECORDS.c.public_id.in_(chunk))
        ):
            ids[keys[made.public_id]] = made.id
    return ids


def _update_records(run: _Run, rows: list[PlannedRow]) -> None:
    # Two rows may swap their tags: all tags that change are let go first.
    letting_go = [{"row_id": row.key} for row in rows if "tag" in row.changes]
    run.execute_many(_by_id(RECORDS).values(tag_key=None), letting_go)
    saved = _saved(run)
    values = [{"row_id": row.key, "version": row.after("version") + 1} | _columns(run, row) | saved for row in rows]
    run.execute_many(_by_id(RECORDS), values)


def prepare(account_id: int, plan: Plan) -> None:
    """Makes what is slow and needs no lock: folded texts, which the same drafts then have when they are applied."""
    for row in plan.rows:
        if row.before is None or row.changes:
            _made_columns(account_id, plan.sheet.kind, row)


def _made_columns(account_id: int, kind: Kind, row: PlannedRow) -> dict[str, Any]:
    found_by = {one.name: row.after(one.name) for one in kind.fields if one.search}
    key = tuple(found_by.values())
    if key not in row.draft.made:
        row.draft.made[key] = {
            "name_key": search.name_key(found_by["name"]),
            "tag_key": search.tag_key(found_by["tag"] or ""),
            "search_text": search.search_text(account_id, found_by),
        }
    return row.draft.made[key]


def _columns(run: _Run, row: PlannedRow) -> dict[str, Any]:
    """All columns of the kind after the change, with those made from them. References to new rows come later."""
    columns = {one.name: row.after(one.name) for one in run.kind.fields}
    for one in run.kind.fields:
        if columns[one.name] is None:
            columns[one.name] = EMPTY.get(one.type, "")
        elif one.type == "reference" and columns[one.name] < 0:
            columns[one.name] = row.before[one.name] if row.before is not None else None
    return columns | {"state_at": _state_at(run, row)} | _made_columns(run.account_id, run.kind, row)


def _state_at(run: _Run, row: PlannedRow) -> datetime | None:
    """Since when the record is in its state; None: since it was made."""
    if "state" in row.changes:
        return None if row.before is None and row.changes["state"] == IN_USE else run.now
    return row.before["state_at"] if row.before is not None else None


def _saved(run: _Run) -> dict[str, Any]:
    return {"updated_at": run.now, "updated_by_name": run.actor.name[:200]}


def _point_to_new(run: _Run, rows: list[PlannedRow], ids: Mapping[int, int]) -> None:
    """References to records that the same file made, now that they have row ids."""
    for name in REFERENCES:
        values = []
        for row in rows:
            target = row.changes.get(name)
            if isinstance(target, int) and target < 0:
                values.append({"row_id": ids[row.key], name: ids[target]})
        run.execute_many(_by_id(RECORDS), values)


def _write_papers(run: _Run, rows: list[PlannedRow], ids: Mapping[int, int]) -> None:
    changes = [(ids[row.key], change) for row in rows for change in row.paper_changes]
    run.execute_many(_by_id(EXPIRATIONS).values(renewed_at=run.now), _old_ids(changes, RENEW))
    edited = [
        {"row_id": change.old.id, "warn_days": change.warn_days}
        for _, change in changes
        if change.act == EDIT and change.old
    ]
    run.execute_many(_by_id(EXPIRATIONS), edited)
    for chunk in in_chunks(_old_ids(changes, REMOVE)):
        run.session.execute(delete(EXPIRATIONS).where(EXPIRATIONS.c.id.in_([old["row_id"] for old in chunk])))
    added = [
        {
            "account_id": run.account_id,
            "record_id": record_id,
            "what": change.what,
            "expires_on": change.expires_on,
            "warn_days": change.warn_days,
            "created_at": run.now,
        }
        for record_id, change in changes
        if change.act in (ADD, RENEW)
    ]
    run.execute_many(insert(EXPIRATIONS), added)
    run.execute_many(_by_id(RECORDS), [{"row_id": ids[row.key]} | _next_days(row) for row in rows])


def _old_ids(changes: list[tuple[int, PaperChange]], act: str) -> list[dict[str, Any]]:
    return [{"row_id": change.old.id} for _, change in changes if change.act == act and change.old is not None]


def _next_days(row: PlannedRow) -> dict[str, date | None]:
    papers = row.papers_after
    return {
        "next_expires_on": min((day for day, _ in papers), default=None),
        "next_warns_on": min((day - timedelta(days=warn_days) for day, warn_days in papers), default=None),
    }


def _write_events(run: _Run, rows: list[PlannedRow]) -> None:
    """One event per record and paper, as forms write them, and one for the whole import."""
    events: dict[str, list[Happening]] = {}
    for row in rows:
        target = (run.kind.name, row.public_id or row.after("public_id"), str(row.after("name")))
        if row.before is None or row.changes:
            before, after = event_values(run.plan, row)
            action, version = ("record.update", row.before["version"] + 1) if row.before else ("record.create", 1)
            events.setdefault(action, []).append(Happening(*target, before, after | {"version": version}))
        for change in row.paper_changes:
            events.setdefault(f"expiration.{change.act}", []).append(Happening(*target, *paper_values(change)))
    shared: Any = {"account_id": run.account_id, "actor": run.actor, "now": run.now}
    for action, happenings in events.items():
        record_many(run.session, happenings, action=action, **shared)
    write_event(run.session, action="records.import", target_kind=run.kind.name, after=count(run.plan), **shared)


def _by_id(table: Table) -> Any:
    return update(table).where(table.c.id == bindparam("row_id"))
