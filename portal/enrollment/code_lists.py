"""Lists of codes and tokens, narrowed by what no column of the database can say: the code itself, and the state."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.enrollment import grants, queries
from portal.enrollment.code_filters import CodeFilter
from portal.enrollment.models import Grant
from portal.enrollment.queries import Listed
from portal.lib import typed_codes
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
        found_ids=_find_by_code(session, key_ring, account_id, kind, filter.q),
    )
    if filter.column == "code":
        found.sort(key=lambda one: show_code(key_ring, one.grant), reverse=filter.is_descending)
    return found


def _find_by_code(session: Session, key_ring: KeyRing, account_id: int, kind: str, text: str) -> list[int]:
    """The ids of grants whose code holds this text. Codes are kept sealed: all of them are opened and looked at."""
    code = typed_codes.normalise(text)
    if not code:
        return []
    sealed = queries.list_sealed(session, account_id, (kind,))
    return [one.id for one in sealed if code in grants.reveal(key_ring, one)][: queries.MOST_SHOWN]


def show_code(key_ring: KeyRing, grant: Grant) -> str:
    """The code in groups; of a token, which nobody can show again, its beginning."""
    code = grants.reveal(key_ring, grant)
    return typed_codes.grouped(code) if code else f"{grant.hint}\u2026"
