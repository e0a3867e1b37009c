"""The environment, read once into typed settings. A wrong value is a SettingError: one sentence that names it."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from environs import Env

from portal.errors import SettingError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Settings:
    """Everything the operator decides.

    ``public_url`` is absolute, without path or trailing slash: the only address that is ever printed.
    ``bind`` is (host, port). ``database_url`` is an SQLAlchemy URL.
    """

    data_dir: Path
    bind: tuple[str, int]
    public_url: str
    trusted_proxies: tuple[Network, ...]
    database_url: str
    demo: bool

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


def read_settings(environ: dict[str, str] | None = None) -> Settings:
    """Settings from the environment. Raises SettingError with a sentence naming the wrong variable."""
    env = Env(prefix="PORTAL_")
    given = environ if environ is not None else None
    read = (lambda name, default: given.get(f"PORTAL_{name}", default)) if given is not None else env.str
    data_dir = Path(read("DATA_DIR", "instance")).expanduser().absolute()
    bind = _read_bind(read("BIND", "127.0.0.1:8000"))
    default_url = f"http://{_bracketed(bind[0])}:{bind[1]}"
    return Settings(
        data_dir=data_dir,
        bind=bind,
        public_url=_read_public_url(read("PUBLIC_URL", "") or default_url),
        trusted_proxies=_read_networks(read("TRUSTED_PROXIES", "")),
        database_url=_read_database_url(read("DATABASE_URL", "") or f"sqlite:///{data_dir / 'portal.db'}"),
        demo=_read_flag("PORTAL_DEMO", read("DEMO", "0")),
    )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _read_bind(text: str) -> tuple[str, int]:
    host, _, port = text.strip().rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise SettingError(f"PORTAL_BIND must be an address and a port such as 127.0.0.1:8000, not {text!r}.")
    return host.strip("[]"), int(port)


def _read_public_url(text: str) -> str:
    wrong = SettingError(f"PORTAL_PUBLIC_URL must be an absolute address such as https://qr.example.com, not {text!r}.")
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or port == 0:
        raise wrong
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
        raise SettingError(f"PORTAL_PUBLIC_URL must be only scheme and host, without a path, not {text!r}.")
    host = parts.hostname
    if not _is_host(host):
        raise wrong
    if not all(char in "abcdefghijklmnopqrstuvwxyz0123456789.-:" for char in host):
        raise SettingError(
            f"PORTAL_PUBLIC_URL must have a host of letters, digits, dots and hyphens (write other scripts as xn--...), not {text!r}."
        )
    return f"{parts.scheme.lower()}://{_bracketed(host)}" + (f":{port}" if port else "")


def _is_host(host: str) -> bool:
    if ":" in host:
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            return False
        return True
    return len(host) <= 253 and all(0 < len(label) <= 63 and label[0] != "-" != label[-1] for label in host.rstrip(".").split("."))


def _read_networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as fault:
        raise SettingError(f"PORTAL_TRUSTED_PROXIES must be networks such as 10.0.0.0/8, separated by commas ({fault}).") from None


def _read_database_url(text: str) -> str:
    scheme = text.partition(":")[0]
    if scheme == "postgres":
        return "postgresql+psycopg" + text[len("postgres") :]
    if scheme == "postgresql":
        return "postgresql+psycopg" + text[len("postgresql") :]
    if scheme not in ("sqlite", "postgresql+psycopg"):
        raise SettingError(f"PORTAL_DATABASE_URL must begin with sqlite:/// or postgresql://, not {scheme!r}.")
    return text


def _read_flag(name: str, text: str) -> bool:
    if text.strip() in ("0", "1"):
        return text.strip() == "1"
    raise SettingError(f"{name} must be 0 or 1, not {text!r}.")
