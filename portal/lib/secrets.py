"""Random values: bearer secrets, their digests, and the public ids in URLs."""

import hashlib
import secrets

_PUBLIC_ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def make_secret() -> str:
    """256 random bits, URL-safe: session ids, invitations, setup tokens. Stored only as a digest."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """SHA-256 of a random secret as 64 hex digits. Enough for 256-bit secrets; never for passwords."""
    return hashlib.sha256(secret.encode()).hexdigest()


def make_public_id() -> str:
    """12 characters of Crockford base32 (60 bits): an address in a URL, not a secret."""
    # 5 of each byte's 8 random bits: as even as secrets.choice, and an import makes tens of thousands under a lock.
    return "".join(_PUBLIC_ID_ALPHABET[byte & 31] for byte in secrets.token_bytes(12))
