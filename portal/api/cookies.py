"""The two cookies of a paired browser: its refresh token, which only /oauth gets, and what lets it read stickers.

Scripts see neither. Names carry the prefixes of RFC 6265bis (section 4.1.3) exactly over https; the refresh cookie has
a path of its own, which ``__Host-`` does not allow.
"""

from datetime import timedelta

from flask import Response, request

from portal.devices.sessions import LIFE
from portal.web.context import portal

REFRESH_PATH = "/oauth"
OVER = timedelta(0)


def read_refresh() -> str:
    """The refresh token that the browser sent as a cookie, or ""."""
    return request.cookies.get(refresh_name(), "")


def read_phone() -> str:
    """The phone cookie's secret, or ""."""
    return request.cookies.get(phone_name(), "")


def set_refresh(answer: Response, secret: str) -> None:
    """Gives the browser its next refresh token."""
    _set_refresh(answer, secret, LIFE)


def set_phone(answer: Response, secret: str) -> None:
    """Lets the browser read its company's stickers."""
    _set_phone(answer, secret, LIFE)


def clear(answer: Response) -> None:
    """Takes both back."""
    _set_refresh(answer, "", OVER)
    _set_phone(answer, "", OVER)


def clear_phone(answer: Response) -> None:
    """Takes back what opens stickers: nobody is signed in any more."""
    _set_phone(answer, "", OVER)


def refresh_name() -> str:
    """The refresh cookie's name."""
    return "__Secure-refresh" if portal().settings.is_https else "refresh"


def phone_name() -> str:
    """The phone cookie's name."""
    return "__Host-phone" if portal().settings.is_https else "phone"


def _set_refresh(answer: Response, secret: str, life: timedelta) -> None:
    is_https = portal().settings.is_https
    answer.set_cookie(
        refresh_name(), secret, max_age=life, path=REFRESH_PATH, secure=is_https, httponly=True, samesite="Strict"
    )


def _set_phone(answer: Response, secret: str, life: timedelta) -> None:
    # Lax: the system camera opens a sticker's address from outside.
    is_https = portal().settings.is_https
    answer.set_cookie(phone_name(), secret, max_age=life, path="/", secure=is_https, httponly=True, samesite="Lax")
