"""What to say about the public URL, the one address that is printed."""

import ipaddress
from urllib.parse import urlsplit


def public_url_warnings(public_url: str) -> list[str]:
    """Sentences for the admin; empty for a public https address."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    found = []
    if is_loopback(host):
        found.append(
            f"{public_url} reaches only this computer: no phone can open a sticker printed now. "
            "Set PORTAL_PUBLIC_URL to the address that phones use, or start with script/run --lan."
        )
    elif is_private(host):
        found.append(f"{host} is an address of the local network: stickers printed now open only inside it.")
    if parts.scheme == "http" and not is_loopback(host):
        found.append(
            "The address is plain http: the passcode travels unencrypted. "
            "Put the portal behind https before you print for the street."
        )
    return found


def environment(public_url: str) -> str:
    """Which of its environments an address is, in words for a badge."""
    host = urlsplit(public_url).hostname or ""
    if is_loopback(host):
        return "this computer only"
    return "local network" if is_private(host) else "public address"


def pairing_warnings(public_url: str, seen_url: str) -> list[str]:
    """Sentences about a pairing QR code made now; empty for a public https address that is also the one in use.

    ``seen_url`` is scheme and host of the page that the admin looks at: named, and built into nothing.
    """
    parts, seen = urlsplit(public_url), urlsplit(seen_url)
    host = parts.hostname or ""
    found = []
    if is_loopback(host):
        found.append(
            f"{public_url} reaches only this computer: a phone that scans the code finds nothing. "
            "Set PORTAL_PUBLIC_URL to the address that phones use, or start with script/run --lan."
        )
    elif is_private(host):
        found.append(f"{host} is an address of the local network: phones pair and work only inside it.")
    if parts.scheme == "http" and not is_loopback(host):
        found.append("The address is plain http: passwords travel unencrypted, and browsers give the app no camera.")
    if (parts.scheme, parts.netloc) != (seen.scheme, seen.netloc):
        found.append(
            f"You opened this page at {seen_url}, but the code leads to {public_url}. "
            "If you meant another environment (staging instead of production), open Mobile Setup there."
        )
    return found


def is_loopback(host: str) -> bool:
    """localhost, its subdomains, 127.0.0.0/8 and ::1 (RFC 6761, section 6.3; RFC 6890)."""
    address = _address(host)
    return (
        host == "localhost"
        or host.endswith(".localhost")
        or (address is not None and (address.is_loopback or address.is_unspecified))
    )


def is_private(host: str) -> bool:
    """An address or name that only the local network knows."""
    address = _address(host)
    return (address is not None and not address.is_global) or (
        address is None and ("." not in host or host.endswith((".local", ".lan", ".internal")))
    )


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
