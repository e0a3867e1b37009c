"""The one place where a typed password or code is proved: counted first, then looked at."""

import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import after_this_request, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from portal.accounts import attempts, queries, second_step
from portal.accounts.counting import Refusal
from portal.accounts.names import address_of
from portal.accounts.queries import Credentials
from portal.accounts.throttle import MOST_CODES
from portal.gate.throttle import client_of
from portal.lib.emails import email_key
from portal.lib.passwords import LONGEST, verify_password
from portal.web.context import now, portal, session, short_read

FAMILIAR_FOR = timedelta(days=180)
WRONG_CODE = "That code is not right. Type the newest one that the app shows; each works once."


@dataclass(frozen=True)
class Proof:
    """A right password, and what to give back for it."""

    credentials: Credentials
    reservation: attempts.Reservation
    email: str


def prove_password(email: str, password: str) -> Proof | Refusal | None:
    """The proof, the refusal of one try too many, or None for a wrong password or an unknown e-mail."""
    return _prove(email_key(email), password, lambda reading: queries.find_credentials(reading, email))


def prove_on_phone(username: str, password: str, *, account_id: int, account_public_id: str) -> Proof | Refusal | None:
    """The same on a phone that is paired with this company: ``username`` is an e-mail or a sign-in name given there."""
    if "@" in username:
        return prove_password(username, password)
    address = address_of(username, account_public_id)
    return _prove(address, password, lambda reading: queries.find_named_credentials(reading, account_id, username))


def _prove(email: str, password: str, find: Callable[[Session], Credentials | None]) -> Proof | Refusal | None:
    """Counts the try by ``email``, then looks. No transaction is open while the password is hashed."""
    subjects = attempts.password_subjects(email, client_of(request.remote_addr or ""), _familiar(email))
    reserved = attempts.reserve(session(), subjects, now())
    session().commit()  # the try stays spent, whatever happens to this process now
    if isinstance(reserved, Refusal):
        return reserved
    with short_read() as reading:
        found = find(reading)
    if not verify_password(found.password_hash if found else None, password[: LONGEST + 1]) or found is None:
        return None
    return Proof(found, reserved, email)


def accept(proof: Proof) -> None:
    """Gives the try back in the caller's transaction, and makes this browser familiar."""
    attempts.give_back(session(), proof.reservation, now())
    moment = now()
    nonce = f"{secrets.token_urlsafe(16)}.{int(moment.timestamp())}"
    value = f"{nonce}.{portal().key_ring.sign('familiar', f'{proof.email} {nonce}')}"

    @after_this_request
    def set_cookie(answer: Response) -> Response:
        if not _familiar(proof.email):
            answer.set_cookie(
                _cookie_name(),
                value,
                max_age=int(FAMILIAR_FOR.total_seconds()),
                path="/",
                secure=portal().settings.is_https,
                httponly=True,
                samesite="Lax",
            )
        return answer


def prove_code(user_id: int, text: str) -> str:
    """The sentence about a code of the second step, "" when it is right (see ``try_code``)."""
    found = try_code(user_id, text)
    return too_many(found) if isinstance(found, Refusal) else found


def try_code(user_id: int, text: str) -> str | Refusal:
    """Uses up a code of the second step in the caller's transaction; "" when right, else the sentence. Commits the try.

    After ``MOST_CODES`` wrong ones in a row the app's codes are not looked at any more, only recovery codes.
    """
    reserved = attempts.reserve(session(), attempts.code_subjects(user_id), now())
    session().commit()  # as with passwords
    if isinstance(reserved, Refusal):
        return reserved
    takes_totp = all(counter.count <= MOST_CODES for counter in reserved.counters.values())
    used = second_step.use_code(
        session(), portal().key_ring, user_id=user_id, text=text, takes_totp=takes_totp, now=now()
    )
    if used is None:
        return WRONG_CODE if takes_totp else "Too many wrong codes. Type one of your recovery codes."
    attempts.give_back(session(), reserved, now())
    return ""


def too_many(refusal: Refusal) -> str:
    """The sentence of a refusal, and its Retry-After on the answer."""
    seconds = math.ceil(refusal.wait.total_seconds())

    @after_this_request
    def set_header(answer: Response) -> Response:
        answer.headers["Retry-After"] = str(seconds)
        answer.status_code = 429
        return answer

    minutes = math.ceil(seconds / 60)
    return f"Too many tries. Wait {minutes} minute{'' if minutes == 1 else 's'} and try again."


def _familiar(email: str) -> str:
    """The number of a browser that signed this e-mail in before, or ""."""
    nonce, _, signature = request.cookies.get(_cookie_name(), "").rpartition(".")
    made = nonce.rpartition(".")[2]
    if not (made.isascii() and made.isdigit() and len(made) < 12):
        return ""
    is_young = now() - datetime.fromtimestamp(int(made), now().tzinfo) <= FAMILIAR_FOR
    return nonce if is_young and portal().key_ring.is_signed("familiar", f"{email} {nonce}", signature) else ""


def _cookie_name() -> str:
    return "__Host-familiar" if portal().settings.is_https else "familiar"
