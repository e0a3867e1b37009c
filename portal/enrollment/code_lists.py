"""Lists of codes and tokens, narrowed by what no column of the database can say: the code itself, and the state."""

from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from portal.enrollment import grants, queries
from portal.enrollment.code_filters import CodeFilter
from portal.enrollment.models import Grant
from portal.enrollment.queries import Listed
from portal.enrollment.targets import listed_person
from portal.lib import typed_codes
from portal.lib.folding import fold
from portal.lib.sealing import KeyRing


def list_codes(
    session: Session, key_ring: KeyRing, account_id: int, *, kind: str, filter: CodeFilter, now: datetime
) -> list[Listed]:
    """The account's grants of one kind as the filter wants them, at most ``queries.MOST_SHOWN``."""
    found = queries.list_grants(
        session,
        account_id,
        kinds=(kind,),
        search=filter.q,
        order=filter.column,
        is_descending=filter.is_descending,
        with_revoked=filter.state == grants.REVOKED,
        where=grants.is_in(filter.state, now) if filter.state else (),
        found_ids=_find_by_words(session, key_ring, account_id, kind, filter.q),
    )
    if filter.column == "code":
        found.sort(key=lambda one: show_code(key_ring, one.grant), reverse=filter.is_descending)
    return found


def _find_by_words(session: Session, key_ring: KeyRing, account_id: int, kind: str, text: str) -> list[int]:
    """The ids of grants that show this text, in any letter case and with or without accents: SQLite knows only the
    letters of ASCII. Codes are kept sealed: all of them are opened and looked at."""
    words, code = fold(text), typed_codes.normalise(text)
    if not words:
        return []
    found = queries.list_searchable(session, account_id, (kind,))
    shown = (one.id for one in found if words in _words(one) or (code and code in grants.reveal(key_ring, one)))
    return list(islice(shown, queries.MOST_SHOWN))


def _words(one: Row[Any]) -> str:
    """What the list shows of a grant, folded, a line each."""
    person = ""
    if one.user_name is not None:
        person = listed_person(one.user_name, one.email, one.sign_in_name, one.membership_id is not None)
    device = (one.device_name or "", one.device_public_id or "")
    return "\n".join(fold(text) for text in (one.description, one.username_prefix, person, *device, *one.tags))


def show_code(key_ring: KeyRing, grant: Grant) -> str:
    """The code in groups; of a token, which nobody can show again, its beginning."""
    code = grants.reveal(key_ring, grant)
    return typed_codes.grouped(code) if code else f"{grant.hint}\u2026"
