"""What visitors see of a record behind the gate, by its kind: an admin chooses, the name is always shown. Pure.

What is hidden leaves the look itself, before a page, a contact card or a photo is made of it: none of them can show
what it does not hold. People of the company see the whole look.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from portal.gate.queries import Look, Person, Thing
from portal.records.kinds import CONTACT, EQUIPMENT, LOCATION, VEHICLE

OWNER, SUPERVISOR, EXPIRATIONS = "owner", "supervisor", "expirations"
Part = TypeVar("Part", Thing, Person)
Chosen = Mapping[str, Iterable[str]]


@dataclass(frozen=True)
class Showable:
    """Something that visitors see or do not: its name, its words, the columns it stands for, whether it is shown until
    an admin says otherwise."""

    name: str
    label: str
    columns: tuple[str, ...] = ()
    is_default: bool = True


def _column(name: str, label: str, *, is_default: bool = True) -> Showable:
    return Showable(name, label, (name,), is_default)


_HEAD = (
    Showable("photo", "Photo", ("photo_key",)),
    _column("tag", "Tag"),
    _column("description", "Description", is_default=False),
)
_OWNER = Showable(OWNER, "Owner, with Email Me and Call Me", ("owner_id",))
_FOOT = (
    Showable(SUPERVISOR, "Supervisor", ("supervisor_id",)),
    Showable(EXPIRATIONS, "Expirations"),
    _column("visitor_notes", "Notes for visitors"),
)

SHOWABLE: dict[str, tuple[Showable, ...]] = {
    VEHICLE: (
        *_HEAD,
        Showable("build", "Make, model and year", ("make", "model", "year")),
        _column("plate", "Plate"),
        _column("vin", "VIN", is_default=False),
        _column("odometer", "Odometer", is_default=False),
        _OWNER,
        *_FOOT,
    ),
    EQUIPMENT: (
        *_HEAD,
        Showable("build", "Manufacturer and model", ("manufacturer", "model")),
        _column("serial_number", "Serial number"),
        _OWNER,
        *_FOOT,
    ),
    LOCATION: (
        *_HEAD,
        _column("address", "Address"),
        _column("opening_hours", "Opening hours"),
        _OWNER,
        *_FOOT,
    ),
    CONTACT: (
        *_HEAD,
        _column("job_title", "Job title"),
        _column("company", "Company"),
        _column("email", "E-mail"),
        _column("phone", "Phone"),
        _column("mobile", "Mobile"),
        *_FOOT,
    ),
}


def visible(kind: str, chosen: Chosen) -> frozenset[str]:
    """The names of what visitors see of a kind: what was chosen for it, or the defaults as long as nothing was."""
    if kind in chosen:
        return frozenset(chosen[kind])
    return frozenset(one.name for one in SHOWABLE[kind] if one.is_default)


def shows_expirations(look: Look) -> bool:
    """Whether visitors see the record's papers."""
    return look.thing is not None and EXPIRATIONS in visible(look.thing.kind, look.company.visible_fields)


def seen_by_visitors(look: Look) -> Look:
    """The look without what visitors do not see. What contacts hide, they hide as owner and supervisor too."""
    thing, chosen = look.thing, look.company.visible_fields
    if thing is None:
        return look
    seen, of_people = visible(thing.kind, chosen), visible(CONTACT, chosen)
    return replace(
        look,
        thing=replace(_cut(thing, thing.kind, seen), private_notes=""),
        owner=_cut(look.owner, CONTACT, of_people) if look.owner and OWNER in seen else None,
        supervisor=_cut(look.supervisor, CONTACT, of_people) if look.supervisor and SUPERVISOR in seen else None,
    )


def _cut(part: Part, kind: str, seen: frozenset[str]) -> Part:
    """The part with the columns that are not seen emptied."""
    own = {field.name for field in fields(part)}
    hidden = {name for one in SHOWABLE[kind] if one.name not in seen for name in one.columns if name in own}
    blank: dict[str, Any] = {name: "" if isinstance(getattr(part, name), str) else None for name in hidden}
    return replace(part, **blank)
