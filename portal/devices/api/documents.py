"""How the standard doors are described: their forms and documents, which the RFCs fix and not we."""

from typing import Any

from portal.devices import phones
from portal.devices.models import APP, PAIRED

FORM = "application/x-www-form-urlencoded"


def text(about: str, *choices: str, least: int = 0) -> dict[str, Any]:
    """A field or member for the description: what it is for, and what it may be."""
    return {
        "type": "string",
        "description": about,
        **({"enum": list(choices)} if choices else {}),
        **({"minLength": least} if least else {}),
    }


ONE = {"type": "string"}


def described(fields: dict[str, dict[str, Any]], *required: str) -> dict[str, Any]:
    """A form for the description."""
    # Others are ignored, but nothing may stand there twice (RFC 6749, section 3.2).
    schema = {"type": "object", "properties": fields, "required": list(required), "additionalProperties": ONE}
    return {"requestBody": {"required": True, "content": {FORM: {"schema": schema}}}}


def document(properties: dict[str, dict[str, Any]], *optional: str) -> dict[str, Any]:
    """A JSON document for the description."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


WHOLE: dict[str, Any] = {"type": "integer"}
TEXTS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
REASONS = (
    *(phones.GONE, phones.ASLEEP, phones.WAITING, phones.PERSON_GONE, phones.NEEDS_SECOND_STEP),
    *(phones.OLD_KEY, phones.EXPIRED, phones.INVALID),
)
ERROR = document(
    {
        "error": text("The word of RFC 6749, section 5.2."),
        "error_description": text("What is wrong, in a sentence."),
        "reason": text("Why a refresh token is refused.", *REASONS),
    },
    "reason",
)
TOKENS = document(
    {
        "access_token": text("Goes into the header Authorization."),
        "token_type": text("How.", "Bearer"),
        "expires_in": WHOLE | {"description": "Seconds."},
        "scope": text("paired: nobody is signed in. app: somebody is.", PAIRED, APP),
        "refresh_token": text("The next one. Left out where a cookie was sent: then the cookie is the next one."),
    },
    "refresh_token",
)
SHOWN = document(
    {
        "active": {"type": "boolean"},
        **{name: text("") for name in ("sub", "client_id", "scope", "iss", "aud", "jti", "token_type")},
        "iat": WHOLE,
        "exp": WHOLE,
        "sid": text("The id of the session."),
        "device_id": text("The id of the device."),
    },
    *("sub", "client_id", "scope", "iss", "aud", "jti", "token_type", "iat", "exp", "sid", "device_id"),
)
KEYS = document({"keys": {"type": "array", "items": {"type": "object"}}})
METADATA = document(
    {
        **{name: text("An address.") for name in ("issuer", "token_endpoint", "revocation_endpoint")},
        **{name: text("An address.") for name in ("introspection_endpoint", "jwks_uri", "service_documentation")},
        **dict.fromkeys(("scopes_supported", "response_types_supported", "grant_types_supported"), TEXTS),
        **{f"{door}_endpoint_auth_methods_supported": TEXTS for door in ("token", "revocation", "introspection")},
    }
)
ONE_TOKEN = described(
    {"token": text("An access or refresh token.", least=1), "token_type_hint": text("Not needed.")}, "token"
)
