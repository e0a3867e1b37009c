"""Passwords of people: argon2id hashes, and a check that refuses what is guessed first."""

import re
import threading
import unicodedata
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST = 200

# OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane; 28 ms on a small server.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Nobody's password, hashed with the figures above: an unknown person costs the same time as a known one.
_DUMMY = "$argon2id$v=19$m=19456,t=2,p=1$gRcgTWFA2P4Iq6k7gjVXAg$SNFPQuRHui6nDjQEOavlRF7i5EiDIo5QxwBNK8N/RxU"
# A crowd of sign-ins may take two cores and 38 MiB of a process, not all of it.
_at_once = threading.BoundedSemaphore(2)

# The estimator reads no more (its time grows with the square of the length); 72 characters decide.
_ESTIMATED = 72
# Its scale is 0 to 4; 0 and 1 fall within 1,000,000 guesses.
_LOWEST_SCORE = 2
_SPELLED = str.maketrans("@4310$5!7", "aaeiossit")


def hash_password(password: str) -> str:
    """The argon2id hash to keep, with its salt and figures in it."""
    with _at_once:
        return _hasher.hash(_octets(password))


def verify_password(kept: str | None, password: str) -> bool:
    """Whether the password belongs to the kept hash. None (no such person) takes the same time and is never true."""
    with _at_once:
        try:
            _hasher.verify(kept or _DUMMY, _octets(password))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def needs_rehash(kept: str) -> bool:
    """Whether the hash was made with other figures than today's, so that the next good sign-in should renew it."""
    return _hasher.check_needs_rehash(kept)


def check_password(password: str, *, email: str = "", words: Iterable[str] = ()) -> str | None:
    """What is wrong with a new password, as a sentence, or None. `words`: names that others know (person, company).

    Length and guessability only, no rules about which characters (NIST SP 800-63B, 5.1.1.2).
    """
    if len(password) < SHORTEST:
        return f"Use {SHORTEST} characters or more; three or four unrelated words are easy to remember."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    known = [email, *words]
    if _points_at(known, password):
        return "That is the e-mail address or a name. Choose words that do not point to you or the company."
    if _is_common(password, known):
        return "That password is among the first to be guessed. Choose three or four unrelated words instead."
    return None


def _points_at(known: list[str], password: str) -> bool:
    """Whether fewer than six letters and digits are left of the password without the known words."""
    rest = typed = _letters(password)
    parts = {_letters(part) for text in known for part in (text, *re.split(r"[\W_]+", text))}
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= 3:
            rest = rest.replace(part, "")
    return rest != typed and len(rest) < 6


def _is_common(password: str, known: list[str]) -> bool:
    # Imported here because its word lists take 14 MiB, and only the few who choose a password need them.
    from zxcvbn import zxcvbn  # noqa: PLC0415
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415

    if zxcvbn(password[:_ESTIMATED], user_inputs=[word for word in known if word])["score"] < _LOWEST_SCORE:
        return True
    # A common one dressed up to reach the length (P@ssw0rd2024!!): up to six signs off each end, letters put back.
    bare = re.sub(r"^[^a-z]{0,6}|[^a-z]{0,6}$", "", password.casefold())
    common = FREQUENCY_LISTS["passwords"]
    forms = {password.casefold(), bare, bare.translate(_SPELLED), _letters(password)}
    return any(form in common for form in forms)


def _letters(text: str) -> str:
    """The letters and digits alone, in small letters: "Acme Cranes Ltd." and "acme-cranes-ltd" are one word."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _octets(password: str) -> bytes:
    # The same key presses must give the same bytes on every system (NIST SP 800-63B, 5.1.1.2).
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
