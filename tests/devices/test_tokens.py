"""Access tokens: what is minted is read, and nothing that is forged."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.jwk import ECKey

from portal.devices import tokens
from portal.devices.tokens import Claims, Forged
from portal.lib.sealing import KeyRing, make_key_ring

ISSUER = "https://qr.example.com"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RING = make_key_ring()
CLAIMS = Claims(sub="ada", client_id="portal-app", scope="app", sid="s1", device_id="d1", gen=3)


def our_key() -> ECKey:
    key = ECKey.import_key(RING.signing_keys()[0])
    key.ensure_kid()
    return key


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def header(**changes) -> dict:
    full = {"alg": "ES256", "typ": "at+jwt", "kid": our_key().kid} | changes
    return {name: value for name, value in full.items() if value is not None}


def body(**changes) -> dict:
    begun = int(NOW.timestamp())
    full = {
        "iss": ISSUER,
        "aud": f"{ISSUER}/api/v1",
        "sub": "ada",
        "client_id": "portal-app",
        "scope": "app",
        "sid": "s1",
        "device_id": "d1",
        "gen": 3,
        "jti": "j1",
        "iat": begun,
        "exp": begun + 600,
    } | changes
    return {name: value for name, value in full.items() if value is not None}


def signed_text(head: str | dict, payload: str | dict, key: ECKey | None = None) -> str:
    """A token with our own valid signature over any text: what only a careless reader would take."""
    head = head if isinstance(head, str) else json.dumps(head)
    payload = payload if isinstance(payload, str) else json.dumps(payload)
    signing = f"{b64(head.encode())}.{b64(payload.encode())}"
    signature = jws.JWSRegistry.algorithms["ES256"].sign(signing.encode(), key or our_key())
    return f"{signing}.{b64(signature)}"


def hs256(secret: bytes, **head) -> str:
    signing = f"{b64(json.dumps(header(alg='HS256', **head)).encode())}.{b64(json.dumps(body()).encode())}"
    return f"{signing}.{b64(hmac.new(secret, signing.encode(), hashlib.sha256).digest())}"


def public_pem() -> bytes:
    return RING.signing_keys()[0].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def altered(**changes) -> str:
    head, _, signature = signed_text(header(), body()).split(".")
    return f"{head}.{b64(json.dumps(body(**changes)).encode())}.{signature}"


def unsigned(alg: str) -> str:
    return f"{b64(json.dumps(header(alg=alg)).encode())}.{b64(json.dumps(body()).encode())}."


def foreign_key() -> ECKey:
    return ECKey.import_key(generate_private_key(SECP256R1()))


def with_own_key_inside() -> str:
    key = foreign_key()
    return signed_text(header(jwk=key.as_dict(private=False)), body(), key)


FORGED = {
    "none": (unsigned("none"), "algorithm"),
    "None in another case": (unsigned("nOnE"), "algorithm"),
    "HS256 with the public key": (hs256(public_pem()), "algorithm"),
    "HS256 without a type": (hs256(public_pem(), typ=None), "algorithm"),
    "ES256 without a signature": (unsigned("ES256"), "signature"),
    "a foreign key under our name": (signed_text(header(), body(), foreign_key()), "signature"),
    "a foreign key under its own name": (signed_text(header(kid="other"), body(), foreign_key()), "unknown key"),
    "no kid": (signed_text(header(kid=None), body()), "unknown key"),
    "kid as a path": (signed_text(header(kid="../../keys.json"), body()), "unknown key"),
    "kid is no text": (signed_text(header(kid=["x"]), body()), "unknown key"),
    "brings its key (jwk)": (with_own_key_inside(), "header"),
    "names its keys (jku)": (signed_text(header(jku="https://evil.example/k"), body()), "header"),
    "brings a certificate (x5u)": (signed_text(header(x5u="https://evil.example/c"), body()), "header"),
    "crit": (signed_text(header(crit=["exp"], exp=1), body()), "header"),
    "b64 not encoded (RFC 7797)": (signed_text(header(b64=False, crit=["b64"]), body()), "header"),
    "typ JWT": (signed_text(header(typ="JWT"), body()), "type"),
    "no typ": (signed_text(header(typ=None), body()), "type"),
    "an id_token": (signed_text(header(typ="JWT"), body(aud="portal-app", nonce="n", jti=None)), "type"),
    "a logout token's type": (signed_text(header(typ="logout+jwt"), body()), "type"),
    "another audience": (signed_text(header(), body(aud="https://other.example/api/v1")), "claim aud"),
    "several audiences": (signed_text(header(), body(aud=[f"{ISSUER}/api/v1", "https://x"])), "claims"),
    "no audience": (signed_text(header(), body(aud=None)), "claim aud"),
    "another issuer": (signed_text(header(), body(iss="https://other.example")), "claim iss"),
    "no end": (signed_text(header(), body(exp=None)), "claim exp"),
    "end is a text": (signed_text(header(), body(exp="9999999999")), "claim exp"),
    "end is a fraction": (signed_text(header(), body(exp=NOW.timestamp() + 60.5)), "claims"),
    "expired": (signed_text(header(), body(exp=int(NOW.timestamp()))), "expired"),
    "not yet": (signed_text(header(), body(nbf=int(NOW.timestamp()) + 60)), "claim nbf"),
    "altered scope": (altered(scope="admin"), "signature"),
    "altered session": (altered(sid="s2"), "signature"),
    "one claim more": (signed_text(header(), body(role="admin")), "claims"),
    "a claim missing": (signed_text(header(), body(sid=None)), "claims"),
    "session is a list": (signed_text(header(), body(sid=["s1"])), "claims"),
    "session holds what no column can": (signed_text(header(), body(sid="s\0")), "claims"),
    "session is half a letter": (signed_text(header(), body(sid="\ud800")), "claims"),
    "generation is a truth": (signed_text(header(), body(gen=True)), "claims"),
    "duplicate claims": (signed_text(header(), json.dumps(body())[:-1] + ', "scope": "paired"}'), "malformed"),
    "duplicate in the header": (signed_text(json.dumps(header())[:-1] + ', "alg": "ES256"}', body()), "malformed"),
    "payload is a list": (signed_text(header(), "[]"), "malformed"),
    "huge": (signed_text(header(), body(jti="x" * 5000)), "too long"),
    "nested for ever": (signed_text(header(), "[" * 700), "malformed"),
    "five parts (JWE)": ("a.b.c.d.e", "malformed"),
    "no token": ("letmein", "malformed"),
    "nothing": ("", "malformed"),
    "no base64": ("!!!.???.***", "malformed"),
    "header is a number": (signed_text("1", body()), "malformed"),
    "not ASCII": (f"{signed_text(header(), body())}\u00e9", "malformed"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_is_refused_and_logged_once_without_itself(name):
    text, reason = FORGED[name]
    with structlog.testing.capture_logs() as lines:
        found = tokens.read(RING, ISSUER, text, NOW)
    assert found == Forged(reason)
    assert lines == [{"event": "access token refused", "reason": reason, "log_level": "warning"}]


def test_the_forger_of_these_tests_makes_a_token_that_is_taken():
    """Else the corpus would be refused for its own mistakes."""
    assert tokens.read(RING, ISSUER, signed_text(header(), body()), NOW) == Claims(
        "ada", "portal-app", "app", "s1", "d1", 3, "j1", int(NOW.timestamp()), int(NOW.timestamp()) + 600
    )


def test_what_is_minted_is_read_for_ten_minutes():
    text = tokens.mint(RING, ISSUER, CLAIMS, NOW)
    with structlog.testing.capture_logs() as lines:
        found = tokens.read(RING, ISSUER, text, NOW + timedelta(seconds=599))
    assert isinstance(found, Claims)
    assert (found.sub, found.sid, found.device_id, found.gen, found.scope) == ("ada", "s1", "d1", 3, "app")
    assert found.exp - found.iat == 600
    assert len(found.jti) == 22
    assert lines == []
    assert tokens.read(RING, ISSUER, text, NOW + timedelta(seconds=600)) == Forged("expired")


def test_a_token_of_a_node_whose_clock_is_ahead_is_read():
    text = tokens.mint(RING, ISSUER, CLAIMS, NOW)
    assert isinstance(tokens.read(RING, ISSUER, text, NOW - timedelta(seconds=60)), Claims)
    assert tokens.read(RING, ISSUER, text, NOW - timedelta(seconds=61)) == Forged("claim iat")


def test_two_tokens_of_one_moment_differ_in_their_id():
    one, other = (tokens.read(RING, ISSUER, tokens.mint(RING, ISSUER, CLAIMS, NOW), NOW) for _ in range(2))
    assert one.jti != other.jti


def test_a_new_key_signs_and_the_old_one_is_read_until_it_leaves_the_ring():
    newer = make_key_ring()
    both = KeyRing(newer.keys + RING.keys)
    old, new = tokens.mint(RING, ISSUER, CLAIMS, NOW), tokens.mint(both, ISSUER, CLAIMS, NOW)
    assert isinstance(tokens.read(both, ISSUER, old, NOW), Claims)
    assert isinstance(tokens.read(newer, ISSUER, new, NOW), Claims)
    assert tokens.read(newer, ISSUER, old, NOW) == Forged("unknown key")


def test_the_published_keys_verify_and_hold_no_private_part():
    published = tokens.jwks(KeyRing(make_key_ring().keys + RING.keys))["keys"]
    assert [sorted(key) for key in published] == [["alg", "crv", "kid", "kty", "use", "x", "y"]] * 2
    assert published[1]["kid"] == our_key().kid
    text = tokens.mint(RING, ISSUER, CLAIMS, NOW)
    assert jws.deserialize_compact(text, ECKey.import_key(published[1]), algorithms=["ES256"])
