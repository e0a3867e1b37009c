"""The key ring: encryption of short secrets in the database and signatures of cookies.

The ring lives in one file outside the database (``keys.json``, mode 0600), so that a copy of the database alone
contains no passcode. Keys are 256 random bits; the first one is used to write, all of them to read, which is what
makes a later exchange of keys possible.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, derive_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12  # NIST SP 800-38D, section 8.2.2: 96-bit random nonces
# NIST SP 800-186, section 3.2.1.3: the order of the group of P-256.
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P256_SEED_BYTES = (256 + 64) // 8  # 64 bits more than the order has, so that no scalar is likelier (FIPS 186-5, A.2.1)


class KeyRingError(Exception):
    """The key file is missing, unreadable or not ours; the message is one sentence."""


@dataclass(frozen=True)
class KeyRing:
    """Named 32-byte keys, newest first."""

    keys: tuple[tuple[str, bytes], ...]

    def encrypt(self, plain: str, context: str) -> str:
        """AES-256-GCM, as ``keyid.base64``. ``context`` (account and column) must be given again to read it."""
        key_id, key = self.keys[0]
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(_derive(key, "encrypt")).encrypt(nonce, plain.encode(), context.encode())
        return f"{key_id}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def decrypt(self, sealed: str, context: str) -> str:
        """The plain text. Raises KeyRingError if the key is gone, the text changed, or the context is another."""
        key_id, _, body = sealed.partition(".")
        key = dict(self.keys).get(key_id)
        if key is None:
            raise KeyRingError("A value in the database was sealed with a key that the key file does not hold.")
        raw = base64.urlsafe_b64decode(body)
        try:
            return (
                AESGCM(_derive(key, "encrypt"))
                .decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], context.encode())
                .decode()
            )
        except InvalidTag as fault:
            raise KeyRingError("A sealed value in the database does not match the key file.") from fault

    def sign(self, purpose: str, message: str) -> str:
        """HMAC-SHA-256 with a key of its own per purpose, cut to 128 bits, 32 hex digits."""
        return _mac(self.keys[0][1], purpose, message)

    def is_signed(self, purpose: str, message: str, signature: str) -> bool:
        """True if any key of the ring made ``signature``; constant time."""
        given = signature.encode(errors="replace")
        return any(hmac.compare_digest(_mac(key, purpose, message).encode(), given) for _, key in self.keys)

    def signatures(self, purpose: str, message: str) -> tuple[str, ...]:
        """What ``sign`` gives under each key, newest first: for digests that are looked up in the database."""
        return tuple(_mac(key, purpose, message) for _, key in self.keys)

    def signing_keys(self) -> tuple[EllipticCurvePrivateKey, ...]:
        """A P-256 key for signatures of tokens per key of the ring, newest first: none is stored, all nodes agree."""
        return tuple(_derive_p256(key) for _, key in self.keys)

    def secret_keys(self) -> list[str]:
        """Keys for the web framework's own signatures, newest first."""
        return [_derive(key, "flask").hex() for _, key in self.keys]


def _derive(key: bytes, purpose: str) -> bytes:
    return hmac.new(key, b"qr-portal/" + purpose.encode(), hashlib.sha256).digest()


def _derive_p256(key: bytes) -> EllipticCurvePrivateKey:
    wide = hmac.new(_derive(key, "tokens"), b"P-256", hashlib.sha512).digest()[:P256_SEED_BYTES]
    return derive_private_key(p256_scalar(wide), SECP256R1())


def p256_scalar(seed: bytes) -> int:
    """The private scalar that random bytes stand for, from 1 to the order less one (FIPS 186-5, A.2.1)."""
    return int.from_bytes(seed) % (P256_ORDER - 1) + 1


def _mac(key: bytes, purpose: str, message: str) -> str:
    return hmac.new(_derive(key, f"sign/{purpose}"), message.encode(), hashlib.sha256).hexdigest()[:32]


def make_key_ring() -> KeyRing:
    """A ring with one new key."""
    return KeyRing(((secrets.token_hex(4), secrets.token_bytes(32)),))


def read_key_ring(path: Path) -> KeyRing:
    """Reads the key file. Raises KeyRingError with a sentence when it is missing or damaged."""
    try:
        content = json.loads(path.read_text())
        return KeyRing(tuple((str(k["id"]), bytes.fromhex(k["key"])) for k in content["keys"]))
    except FileNotFoundError:
        raise KeyRingError(f"The key file {path} is missing.") from None
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise KeyRingError(f"The key file {path} cannot be read ({type(fault).__name__}).") from fault


def write_key_ring(path: Path, ring: KeyRing) -> None:
    """Writes a new key file with mode 0600. Raises FileExistsError rather than replace one."""
    content = {"keys": [{"id": key_id, "key": key.hex()} for key_id, key in ring.keys]}
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
