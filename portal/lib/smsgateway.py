"""The address of an SMS gateway as the operator writes it: ``https://user:password@gateway.example.com/send?token=...``."""

import base64
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

SCHEMES = ("http", "https")


class SmsGatewayRefused(ValueError):
    """The address cannot be used; the message is the end of a sentence and never holds a secret."""


@dataclass(frozen=True)
class SmsGateway:
    """Where text messages are handed over. ``target`` is path and query, which may hold a token.

    ``port`` None: the scheme's own. ``authorization`` is the whole header, "" for none. ``url`` and ``header`` are the
    two settings as they were written.
    """

    host: str
    port: int | None
    is_https: bool
    target: str = field(repr=False)
    authorization: str = field(default="", repr=False)
    url: str = field(default="", repr=False)
    header: str = field(default="", repr=False)


def read_sms_gateway(url: str, header: str = "") -> SmsGateway:
    """Reads the address, and the Authorization header that goes with it. User and password in the address become one
    (Basic, RFC 7617). Raises SmsGatewayRefused.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SmsGatewayRefused("and this cannot be read") from None
    if parts.scheme not in SCHEMES or not parts.hostname or port == 0:
        raise SmsGatewayRefused("and this names no gateway")
    if parts.fragment or not url.isascii() or not url.isprintable() or " " in url:
        raise SmsGatewayRefused("and it has no fragment, space or letter outside ASCII (percent-encode those)")
    if bool(parts.username) != bool(parts.password):
        raise SmsGatewayRefused("and a user needs a password, and a password a user")
    if header and parts.username:
        raise SmsGatewayRefused("and PORTAL_SMS_AUTHORIZATION is set too: keep one of the two")
    if not header.isascii() or not header.isprintable():
        raise SmsGatewayRefused("and PORTAL_SMS_AUTHORIZATION is one line of ASCII")
    return SmsGateway(
        host=parts.hostname,
        port=port,
        is_https=parts.scheme == "https",
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        authorization=_basic(parts.username, parts.password) if parts.username and parts.password else header,
        url=url,
        header=header,
    )


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
