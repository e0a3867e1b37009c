"""Rules between records: one tag each, references of the right kind, no circles. Asked under the account lock."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from portal.records.kinds import BY_NAME, CONTACT, LOCATION, Field
from portal.records.models import Record
from portal.records.search import tag_key

REFERENCES = ("owner_id", "location_id", "supervisor_id")


def check_tag(session: Session, record: Record, tag: str) -> dict[str, str]:
    """The error of a tag that another record of the account has, archived or not."""
    holder = session.execute(
        select(Record.name, Record.kind, Record.archived_at).where(
            Record.account_id == record.account_id, Record.tag_key == tag_key(tag), Record.id != (record.id or 0)
        )
    ).first()
    if holder is None:
        return {}
    what = ("archived " if holder.archived_at else "") + BY_NAME[holder.kind].label.lower()
    return {"tag": f"The {what} “{holder.name}” has this tag already. Choose another tag."}


def check_references(session: Session, record: Record, values: Mapping[str, Any]) -> dict[str, str]:
    """The errors of owner, location and supervisor: in the account, of the right kind, not archived, no circle.

    A reference that is not changed may point to an archived record: saving another field must not force a choice.
    """
    errors: dict[str, str] = {}
    for name in REFERENCES:
        target = values.get(name)
        if target is None or target == getattr(record, name):
            continue
        error = _check_reference(session, record, BY_NAME[record.kind].field(name), int(target))
        if error:
            errors[name] = error
    return errors


def _check_reference(session: Session, record: Record, field: Field, target: int) -> str:
    row = session.execute(
        select(Record.name, Record.archived_at).where(
            Record.account_id == record.account_id, Record.id == target, Record.kind == field.reference
        )
    ).first()
    if row is None:
        return f"Choose a {field.reference} from the list."
    if row.archived_at is not None:
        return f"{row.name} is archived. Restore it first, or choose another {field.reference}."
    if record.id is None:
        return ""  # nothing can point to a record that is only now made
    if field.name == "supervisor_id" and record.kind == CONTACT and is_above(session, record, "supervisor_id", target):
        if target == record.id:
            return "A contact cannot be its own supervisor. Choose somebody else."
        return f"{row.name} already reports to {record.name}, directly or through others. Choose somebody else."
    if field.name == "location_id" and record.kind == LOCATION and is_above(session, record, "location_id", target):
        if target == record.id:
            return "A location cannot be inside itself. Choose another location."
        return f"{row.name} already lies inside {record.name}, directly or through others. Choose another location."
    return ""


def is_above(session: Session, record: Record, column: str, target: int) -> bool:
    """Whether ``record`` is ``target`` itself or above it, at any depth: pointing to it would close a circle."""
    start = select(Record.id.label("id")).where(Record.account_id == record.account_id, Record.id == target)
    chain = start.cte("chain", recursive=True)
    upper = aliased(Record)
    step = getattr(upper, column)
    # UNION without ALL ends even on a circle that already stands in the rows.
    chain = chain.union(
        select(step).join(chain, upper.id == chain.c.id).where(upper.account_id == record.account_id, step.is_not(None))
    )
    return bool(session.scalar(select(exists().where(chain.c.id == record.id))))


def shown(session: Session, account_id: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as an audit event keeps them: references by the name they had."""
    ids = [value for name, value in values.items() if name in REFERENCES and value is not None]
    names: dict[int, str] = {}
    if ids:
        rows = session.execute(
            select(Record.id, Record.name).where(Record.account_id == account_id, Record.id.in_(ids))
        )
        names = {row.id: row.name for row in rows}
    return {name: names.get(value, "") if name in REFERENCES else value for name, value in values.items()}


def count_pointing(session: Session, account_id: int, record_id: int, column: str) -> int:
    """How many records point to this one by ``column``, archived ones included."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Record)
            .where(Record.account_id == account_id, getattr(Record, column) == record_id)
        )
        or 0
    )
