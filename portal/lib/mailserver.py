"""The address of a mail server as the operator writes it: ``smtp://user:password@host:587?from=portal@example.com``."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

STARTTLS = "starttls"
IMPLICIT = "implicit"
PLAIN = "none"
# RFC 6409, section 3.1 (submission), and RFC 8314, section 3.3 (implicit TLS); a plain relay listens on 25.
PORTS = {STARTTLS: 587, IMPLICIT: 465, PLAIN: 25}


class MailServerRefused(ValueError):
    """The address cannot be used; the message is the end of a sentence and never holds the password."""


@dataclass(frozen=True)
class MailServer:
    """Where mails are handed over. ``sender`` is the address that they come from; ``tls`` is one of the three above."""

    host: str
    port: int
    tls: str
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    url: str = field(default="", repr=False)


def read_mail_server(url: str) -> MailServer:
    """Reads the address. ``tls`` is starttls (the default of smtp://) or none; smtps:// is TLS from the first byte.

    Whether ``from`` is an e-mail address, the caller checks. Raises MailServerRefused.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        asked = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    except ValueError:
        raise MailServerRefused("and this cannot be read") from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or port == 0:
        raise MailServerRefused("and this names no server")
    if parts.path not in ("", "/") or parts.fragment or asked.keys() - {"from", "tls"}:
        raise MailServerRefused("and after the host only from and tls are known")
    tls = IMPLICIT if parts.scheme == "smtps" else asked.get("tls", STARTTLS)
    if tls not in PORTS or (parts.scheme == "smtps" and "tls" in asked):
        raise MailServerRefused("and tls is starttls or none, and goes with smtp:// only")
    if not asked.get("from"):
        raise MailServerRefused("and from, the address that mails come from, is missing")
    if bool(parts.username) != bool(parts.password):
        raise MailServerRefused("and a user needs a password, and a password a user")
    return MailServer(
        host=parts.hostname,
        port=port or PORTS[tls],
        tls=tls,
        sender=asked["from"],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        url=url,
    )
