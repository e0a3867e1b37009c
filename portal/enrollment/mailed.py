"""Mails that carry a way in, at the moment of sending: one that has ended opens nothing, and is held back."""

from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from sqlalchemy.orm import Session

from portal.enrollment import code_sending, grants, redemption
from portal.enrollment.installation_keys import OUTDATED, PAIRING_MAIL
from portal.jobs.mails import secret_of
from portal.jobs.models import Mail
from portal.jobs.outbox import TakenMail
from portal.lib.sealing import KeyRing

OVER = "The code in it was used, revoked or made anew, or has expired. Send the current one from its device."
FAULTS = {PAIRING_MAIL: OUTDATED, code_sending.KIND: OVER}


def why_not(session: Session, key_ring: KeyRing, mail: Mail | TakenMail, now: datetime) -> str:
    """The sentence that says why this mail must not go out (again); "" when it may, and for all other mails."""
    secret = secret_of(key_ring, mail) if mail.kind in FAULTS else ""
    if not secret:
        return ""
    text = parse_qs(urlsplit(secret).fragment)["t"][0] if mail.kind == PAIRING_MAIL else secret
    grant = redemption.find_grant(session, key_ring, text)
    is_alive = grant is not None and grants.standing(session, grant, now) in (grants.ACTIVE, grants.SCHEDULED)
    return "" if is_alive else FAULTS[mail.kind]
