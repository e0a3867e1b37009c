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

    def find(search: str) -> list[Listed]:
        return queries.list_grants(
            session,
            account_id,
            kinds=(kind,),
            search=search,
            order=filter.column,
            is_descending=filter.is_descending,
            with_revoked=filter.state == grants.REVOKED,
        )

    found = find(filter.q)
    code = typed_codes.normalise(filter.q)
    if code:
        # Codes are kept sealed: somebody who holds one can still find what it belongs to.
        ids = {one.grant.id for one in found}
        found = [one for one in find("") if one.grant.id in ids or code in grants.reveal(key_ring, one.grant)]
    if filter.state:
        found = [one for one in found if grants.state(one.grant, now) == filter.state]
    if filter.column == "code":
        found.sort(key=lambda one: show_code(key_ring, one.grant), reverse=filter.is_descending)
    return found


def show_code(key_ring: KeyRing, grant: Grant) -> str:
    """The code in groups; of a token, which nobody can show again, its beginning."""
    code = grants.reveal(key_ring, grant)
    return typed_codes.grouped(code) if code else f"{grant.hint}\u2026"
