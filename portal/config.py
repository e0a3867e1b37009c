"""The environment, read once into typed settings. A wrong value is a SettingError: one sentence that names it."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from portal.errors import SettingError
from portal.lib.mailserver import MailServer, MailServerRefused, read_mail_server
from portal.lib.smsgateway import SmsGateway, SmsGatewayRefused, read_sms_gateway

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_PORTS = {"http": 80, "https": 443}
LONGEST_HOST = 253  # RFC 1035, section 2.3.4, without the trailing dot


@dataclass(frozen=True)
class Settings:
    """Everything the operator decides.

    ``public_url`` is absolute, without path or trailing slash: the only address that is ever printed.
    ``bind`` is (host, port). ``database_url`` is an SQLAlchemy URL; an SQLite file in it is an absolute path.
    ``mail_server`` None: mails are kept in the page Outgoing mail; ``sms_gateway`` None: text messages likewise.
    """

    data_dir: Path
    bind: tuple[str, int]
    public_url: str
    trusted_proxies: tuple[Network, ...]
    database_url: str
    demo: bool
    mail_server: MailServer | None = None
    sms_gateway: SmsGateway | None = None

    @property
    def is_https(self) -> bool:
        """Whether cookies are Secure and HSTS is sent: exactly when the public URL is https."""
        return self.public_url.startswith("https://")

    @property
    def key_file(self) -> Path:
        return self.data_dir / "keys.json"

    @property
    def photo_dir(self) -> Path:
        return self.data_dir / "photos"

    @property
    def font_dir(self) -> Path:
        return self.data_dir / "fonts"

    @property
    def job_dir(self) -> Path:
        """Files that jobs read and leave, by the job's public id."""
        return self.data_dir / "jobs"

    @property
    def sqlite_file(self) -> Path | None:
        """The file of an SQLite database, None on PostgreSQL."""
        return Path(self.database_url.removeprefix(_SQLITE)) if self.database_url.startswith(_SQLITE) else None

    def as_environ(self) -> dict[str, str]:
        """The variables that make another process read these very settings, whatever its working folder."""
        return {
            "PORTAL_DATA_DIR": str(self.data_dir),
            "PORTAL_BIND": f"{_bracketed(self.bind[0])}:{self.bind[1]}",
            "PORTAL_PUBLIC_URL": self.public_url,
            "PORTAL_TRUSTED_PROXIES": ",".join(map(str, self.trusted_proxies)),
            "PORTAL_DATABASE_URL": self.database_url,
            "PORTAL_DEMO": str(int(self.demo)),
            "PORTAL_SMTP_URL": self.mail_server.url if self.mail_server else "",
            "PORTAL_SMS_URL": self.sms_gateway.url if self.sms_gateway else "",
            "PORTAL_SMS_AUTHORIZATION": self.sms_gateway.header if self.sms_gateway else "",
        }


_SQLITE = "sqlite:///"


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment; an empty variable counts as absent.

    Raises SettingError with a sentence naming the wrong variable.
    """

    def read(name: str, default: str) -> str:
        return environ.get(f"PORTAL_{name}", "").strip() or default

    data_dir = _read_data_dir(read("DATA_DIR", str(ROOT / "instance")))
    bind = _read_bind(read("BIND", "127.0.0.1:8000"))
    return Settings(
        data_dir=data_dir,
        bind=bind,
        public_url=_read_public_url(read("PUBLIC_URL", _default_url(bind))),
        trusted_proxies=_read_networks(read("TRUSTED_PROXIES", "")),
        database_url=_read_database_url(read("DATABASE_URL", f"{_SQLITE}{data_dir / 'portal.db'}")),
        demo=_read_flag("PORTAL_DEMO", read("DEMO", "0")),
        mail_server=_read_mail_server(read("SMTP_URL", "")),
        sms_gateway=_read_sms_gateway(read("SMS_URL", ""), read("SMS_AUTHORIZATION", "")),
    )


def _read_data_dir(text: str) -> Path:
    try:
        path = Path(text).expanduser().absolute()
    except RuntimeError:
        raise SettingError(f"PORTAL_DATA_DIR names a home folder that does not exist: {text!r}.") from None
    if "?" in str(path):
        raise SettingError(f"PORTAL_DATA_DIR must be a folder whose path has no question mark, not {text!r}.")
    return path


def _read_bind(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    is_bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if is_bracketed else host
    is_port = port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536
    if not is_port or is_bracketed != (":" in host) or not _is_host(host.lower()):
        raise SettingError(f"PORTAL_BIND must be an address and a port such as 127.0.0.1:8000, not {text!r}.")
    return host, int(port)


def _default_url(bind: tuple[str, int]) -> str:
    """http and the bind address; for an IPv6 one localhost, since the alphanumeric mode of a QR has no brackets."""
    return f"http://{'localhost' if ':' in bind[0] else bind[0]}:{bind[1]}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _read_public_url(text: str) -> str:
    wrong = SettingError(f"PORTAL_PUBLIC_URL must be an absolute address such as https://qr.example.com, not {text!r}.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise wrong from None
    scheme, host = parts.scheme.lower(), parts.hostname
    if scheme not in DEFAULT_PORTS or not host or port == 0:
        raise wrong
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
        raise SettingError(f"PORTAL_PUBLIC_URL must be only scheme and host, without a path, not {text!r}.")
    if ":" in host:
        raise SettingError(f"PORTAL_PUBLIC_URL must name a host or an IPv4 address: a QR has no brackets for {text!r}.")
    if not host.isascii():
        raise SettingError(f"PORTAL_PUBLIC_URL must have an ASCII host (other scripts as xn--...), not {text!r}.")
    if not _is_host(host):
        raise wrong
    shown_port = "" if port in (None, DEFAULT_PORTS[scheme]) else f":{port}"
    return f"{scheme}://{host}{shown_port}"


def _is_host(host: str) -> bool:
    """An IPv6 address, or a name of letters, digits and hyphens (RFC 1123, section 2.1), which takes in IPv4."""
    if ":" in host:
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            return False
        return "%" not in host
    letters = set("abcdefghijklmnopqrstuvwxyz0123456789-")
    labels = host.removesuffix(".").split(".")
    return len(host) <= LONGEST_HOST and all(
        0 < len(label) <= 63 and label[0] != "-" != label[-1] and set(label) <= letters for label in labels
    )


def _read_networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as fault:
        raise SettingError(
            f"PORTAL_TRUSTED_PROXIES must be networks such as 10.0.0.0/8, separated by commas ({fault})."
        ) from None


def _read_database_url(text: str) -> str:
    scheme, _, rest = text.partition(":")
    if scheme in ("postgres", "postgresql", "postgresql+psycopg") and rest.startswith("//"):
        return f"postgresql+psycopg:{rest}"
    # The address may hold a password, so it is not repeated in the sentence.
    if not text.startswith(_SQLITE) or "?" in text or text == _SQLITE or ":memory:" in text:
        raise SettingError("PORTAL_DATABASE_URL must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.")
    return f"{_SQLITE}{Path(text.removeprefix(_SQLITE)).expanduser().absolute()}"


def _read_mail_server(text: str) -> MailServer | None:
    if not text:
        return None
    # Imported here because it is slow, and a start without a mail server must not wait for it.
    from portal.lib.emails import EmailRefused, parse_email  # noqa: PLC0415

    try:
        server = read_mail_server(text)
        parse_email(server.sender)
    except (MailServerRefused, EmailRefused) as fault:
        # The address may hold a password, so it is not repeated in the sentence.
        why = "and from is no e-mail address" if isinstance(fault, EmailRefused) else str(fault)
        raise SettingError(
            f"PORTAL_SMTP_URL must be like smtp://user:password@mail.example.com:587?from=portal@example.com, {why}."
        ) from None
    return server


def _read_sms_gateway(url: str, header: str) -> SmsGateway | None:
    if not url:
        if header:
            raise SettingError("PORTAL_SMS_AUTHORIZATION goes with PORTAL_SMS_URL, which is not set.")
        return None
    try:
        return read_sms_gateway(url, header)
    except SmsGatewayRefused as fault:
        # The address may hold a password, so it is not repeated in the sentence.
        raise SettingError(f"PORTAL_SMS_URL must be like https://gateway.example.com/messages, {fault}.") from None


def _read_flag(name: str, text: str) -> bool:
    if text in ("0", "1"):
        return text == "1"
    raise SettingError(f"{name} must be 0 or 1, not {text!r}.")
