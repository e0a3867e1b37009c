"""What ``portal serve`` prints when it answers: where it is, how to sign in, and what the operator should know."""

from portal.config import Settings
from portal.preparation import Prepared
from portal.serve import is_public

SLOW_CLIENTS = (
    "Others can reach this address and no proxy is configured (PORTAL_TRUSTED_PROXIES): about a hundred slow"
    " connections stop this server, so put nginx or Caddy in front of it before it faces the street (docs/deploy/)."
)


def welcome(settings: Settings, prepared: Prepared, with_symbol: bool) -> str:
    """The lines as one text. ``with_symbol``: the public URL as a QR code too."""
    lines = [f"The portal answers at {settings.public_url}/ (Ctrl-C ends it).", *_sign_in(settings, prepared)]
    if is_public(settings.bind) and not settings.trusted_proxies:
        lines.append(SLOW_CLIENTS)
    if with_symbol:
        lines += ["", symbol(settings.public_url)]
    return "\n".join(lines)


def _sign_in(settings: Settings, prepared: Prepared) -> list[str]:
    if prepared.setup_secret:
        address = f"{settings.public_url}/setup#token={prepared.setup_secret}"
        return [f"  Create the first admin: {address}", "  (works once; a restart prints a new one)"]
    if prepared.demo is None:
        return [f"  Sign in at {settings.public_url}/sign-in; a forgotten password: portal admin password --help"]
    return [
        f"  Sign in:  {settings.public_url}/sign-in",
        f"  E-mail:   {prepared.demo.email}",
        f"  Password: {prepared.demo.password}",
        f"  Passcode: {prepared.demo.passcode}  (what visitors type after a scan)",
        "  The password is shown only now; `portal admin password` sets another.",
    ]


def symbol(url: str) -> str:
    """The address as a QR code of half blocks."""
    # Imported here because the drawing is slow to load, and only --lan draws.
    from portal.stickers.drawing import terminal  # noqa: PLC0415
    from portal.stickers.symbols import variable_symbol  # noqa: PLC0415

    return terminal(variable_symbol(url, "M"))
