"""X-Forwarded-* counts only from the configured proxies; from anybody else it is thrown away."""

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any

from portal.config import Network

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]
_FORWARDED = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_FORWARDED",
)


class TrustedProxies:
    """WSGI middleware: the client's address is the last one in X-Forwarded-For that is no trusted proxy."""

    def __init__(self, app: WsgiApp, networks: tuple[Network, ...]) -> None:
        self.app = app
        self.networks = networks

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if self._is_trusted(environ.get("REMOTE_ADDR", "")):
            environ["REMOTE_ADDR"] = self._client(environ["REMOTE_ADDR"], environ.get("HTTP_X_FORWARDED_FOR", ""))
            scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").strip().lower()
            if scheme in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme
        for name in _FORWARDED:
            environ.pop(name, None)
        return self.app(environ, start_response)

    def _client(self, nearest: str, forwarded: str) -> str:
        for hop in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
            if _address(hop) is None:
                break
            nearest = hop
            if not self._is_trusted(hop):
                break
        return nearest

    def _is_trusted(self, text: str) -> bool:
        address = _address(text)
        return address is not None and any(
            address in network for network in self.networks if network.version == address.version
        )


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
