"""Access tokens: short ES256 JWTs (RFC 9068). Plain values in and out; a token is a carrier and never the authority.

Nothing in a token's header chooses how it is checked: one algorithm, our own keys alone, and no header member but the
three that we write (RFC 8725, sections 3.1 to 3.11). Every refusal is logged here, once, without the token.
"""

import base64
import binascii
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import structlog
from joserfc import jwt
from joserfc.errors import BadSignatureError, ClaimError, ExpiredTokenError, JoseError
from joserfc.jwk import ECKey, KeySet

from portal.lib.sealing import KeyRing

log = structlog.get_logger()

LIFE = timedelta(minutes=10)  # of a phone's (facts: devices, section 4.4)
SKEW = timedelta(seconds=60)  # by which another node's clock, or ours before it was put right, may be ahead
ALGORITHM = "ES256"
TYPE = "at+jwt"  # RFC 9068, section 2.1
_LONGEST = 2_000  # characters; ours have about 700
_HEADER = frozenset(("alg", "typ", "kid"))


@dataclass(frozen=True)
class Claims:
    """What a token says. ``sub`` is the person's public id, or ``device:<device public id>`` without one.

    ``sid`` and ``device_id`` are public ids, ``gen`` the generation of the installation key, None for other ways in.
    The last three are written by ``mint``: the moments as whole seconds since 1970.
    """

    sub: str
    client_id: str
    scope: str
    sid: str
    device_id: str
    gen: int | None
    jti: str = ""
    iat: int = 0
    exp: int = 0


@dataclass(frozen=True)
class Forged:
    """The text is no valid token of ours; ``reason`` is for the log, 'expired' alone is for the caller too."""

    reason: str


def audience(issuer: str) -> str:
    """What tokens of this portal are good for: its API."""
    return f"{issuer}/api/v1"


def mint(key_ring: KeyRing, issuer: str, claims: Claims, now: datetime) -> str:
    """A token that is good for ``LIFE``."""
    begun = int(now.timestamp())
    body = asdict(claims) | {"jti": secrets.token_urlsafe(16), "iat": begun, "exp": begun + int(LIFE.total_seconds())}
    body |= {"iss": issuer, "aud": audience(issuer)}
    key = _keys(key_ring).keys[0]
    return jwt.encode({"alg": ALGORITHM, "typ": TYPE, "kid": key.kid}, body, key, algorithms=[ALGORITHM])


def read(key_ring: KeyRing, issuer: str, text: str, now: datetime) -> Claims | Forged:
    """The claims of a token of ours that is not over yet, or why it is none. Never raises for what it is given."""
    found = _read(key_ring, issuer, text, now)
    if isinstance(found, Forged):
        log.warning("access token refused", reason=found.reason)
    return found


def jwks(key_ring: KeyRing) -> dict[str, Any]:
    """The public halves of the signing keys (RFC 7517), newest first."""
    return dict(_keys(key_ring).as_dict(private=False))


def _read(key_ring: KeyRing, issuer: str, text: str, now: datetime) -> Claims | Forged:
    fault = _header_fault(key_ring, text)
    if fault:
        return Forged(fault)
    try:
        token = jwt.decode(text, _keys(key_ring), algorithms=[ALGORITHM], decoder_cls=_Strict)
        _claims_check(issuer, now).validate(token.claims)
    except ExpiredTokenError:
        return Forged("expired")
    except BadSignatureError:
        return Forged("signature")
    except ClaimError as refusal:
        return Forged(f"claim {refusal.claim}")
    except (JoseError, ValueError, RecursionError):
        return Forged("malformed")
    return _claims_of(token.claims)


def _header_fault(key_ring: KeyRing, text: str) -> str:
    """What is wrong with the header, before any key is touched; "" when it is as ours are."""
    if len(text) > _LONGEST:
        return "too long"
    if not text.isascii() or text.count(".") != 2:
        return "malformed"
    head = text.partition(".")[0]
    try:
        header = json.loads(base64.b64decode(head + "=" * (-len(head) % 4), altchars=b"-_", validate=True), cls=_Strict)
    except (ValueError, binascii.Error, RecursionError):
        return "malformed"
    if not isinstance(header, dict):
        return "malformed"
    if header.get("alg") != ALGORITHM:
        return "algorithm"
    if header.get("typ") != TYPE:
        return "type"
    if header.get("kid") not in [key.kid for key in _keys(key_ring).keys]:
        return "unknown key"
    return "" if header.keys() == _HEADER else "header"


class _ClaimsCheck(jwt.JWTClaimsRegistry):
    """The library's, which knows one clock: a token that another node has just made is none from the future."""

    def validate_iat(self, value: object) -> None:
        if not (isinstance(value, int) and self.now < value <= self.now + SKEW.total_seconds()):
            super().validate_iat(value)


def _claims_check(issuer: str, now: datetime) -> jwt.JWTClaimsRegistry:
    return _ClaimsCheck(
        now=int(now.timestamp()),
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": audience(issuer)},
        exp={"essential": True},
    )


def _claims_of(claims: dict[str, Any]) -> Claims | Forged:
    """Exactly the claims that ``mint`` writes, each of its type; texts are such as any column can be asked for."""
    if {name: type(value) for name, value in claims.items() if name != "gen"} != _TYPES:
        return Forged("claims")
    if type(claims.get("gen", "")) not in (int, type(None)):
        return Forged("claims")
    if not all(text.isascii() and text.isprintable() for text in claims.values() if isinstance(text, str)):
        return Forged("claims")
    return Claims(**{name: value for name, value in claims.items() if name not in ("iss", "aud")})


_TYPES = dict.fromkeys(("iss", "aud", "sub", "client_id", "scope", "sid", "device_id", "jti"), str) | dict.fromkeys(
    ("iat", "exp"), int
)


class _Strict(json.JSONDecoder):
    """JSON whose objects name each member once: two readers must not see two tokens (RFC 8725, section 3.10)."""

    def __init__(self) -> None:
        super().__init__(object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A member is named twice.")
    return found


@lru_cache(maxsize=4)
def _keys(key_ring: KeyRing) -> KeySet:
    """The ring's signing keys; each is named by its thumbprint (RFC 7638)."""
    keys = KeySet([])
    for secret in key_ring.signing_keys():
        key = ECKey.import_key(secret, {"use": "sig", "alg": ALGORITHM})
        key.ensure_kid()
        keys.keys.append(key)
    return keys
