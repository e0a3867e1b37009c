"""Gate passes: the cookie that says this browser typed the right code. Plain values in and out, no database.

A pass is ``<expiry, seconds since 1970>.<generation>.<signature>``. It belongs to one account, whose public id is part
of what is signed; a change of the passcode raises the account's pass generation and thereby voids all of them at once.
"""

from datetime import datetime, timedelta

from portal.lib.sealing import KeyRing

LIFE = timedelta(hours=12)  # one shift (design, section 3, Passcode)
_PURPOSE = "gate-pass"
_LONGEST = 80  # no pass of ours is longer; what is longer is not worth a digest


def cookie_name(account_public_id: str, *, is_https: bool) -> str:
    """One cookie per account, so that a pass of one company never hides another's. ``__Host-`` exactly over https."""
    return f"{'__Host-' if is_https else ''}pass-{account_public_id}"


def make_pass(key_ring: KeyRing, *, account_public_id: str, generation: int, now: datetime) -> str:
    """A pass of this generation that is good for 12 hours."""
    body = f"{int((now + LIFE).timestamp())}.{generation}"
    return f"{body}.{key_ring.sign(_PURPOSE, f'{account_public_id}.{body}')}"


def is_valid(key_ring: KeyRing, text: str, *, account_public_id: str, generation: int, now: datetime) -> bool:
    """Whether ``text`` is a pass for this account, of exactly this generation, signed by us and not yet over."""
    body, _, signature = text[:_LONGEST].rpartition(".")
    if not key_ring.is_signed(_PURPOSE, f"{account_public_id}.{body}", signature):
        return False
    # Only what this module wrote was signed, so both halves are numbers.
    expiry, _, given_generation = body.partition(".")
    return int(expiry) > now.timestamp() and int(given_generation) == generation
