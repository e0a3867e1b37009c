"""What a visitor's browser brings along: a gate pass, a short-lived number of its own, and a known device's secret.

None of it is looked up in the database unless the request carries it. Members: see ``member``.
"""

import re
import secrets
from dataclasses import dataclass

from flask import request
from werkzeug.wrappers import Response

from portal.gate import known_devices, passes
from portal.gate.queries import Look
from portal.lib.browsers import browser_kind
from portal.lib.secrets import digest
from portal.visits.operations import NewScan
from portal.web.context import now, portal
from portal.web.scanlog import scan_log

_NONCE = re.compile(r"[A-Za-z0-9_-]{22}")
NONCE_SECONDS = int(passes.LIFE.total_seconds())


@dataclass(frozen=True)
class Browser:
    """One browser by the random number in its cookie: tells repeats of a scan and its own failures, nothing else."""

    nonce: str
    is_new: bool

    @property
    def hash(self) -> str:
        return digest(self.nonce)


def read_browser() -> Browser:
    """The browser of this request; one that brings no number gets a new one with the answer."""
    nonce = request.cookies.get(_browser_cookie(), "")
    return Browser(nonce, False) if _NONCE.fullmatch(nonce) else Browser(secrets.token_urlsafe(16), True)


def remember_browser(answer: Response, browser: Browser) -> None:
    """Sets the number on browsers that had none."""
    if browser.is_new:
        _set_cookie(answer, _browser_cookie(), browser.nonce, NONCE_SECONDS)


def has_pass(look: Look) -> bool:
    """Whether the browser holds a pass of the sticker's account that is still good."""
    text = request.cookies.get(_pass_cookie(look))
    return text is not None and passes.is_valid(
        portal().key_ring,
        text,
        account_public_id=look.company.public_id,
        generation=look.gate.pass_generation,
        now=now(),
    )


def give_pass(answer: Response, look: Look) -> None:
    """Admits the browser to the sticker's account."""
    text = passes.make_pass(
        portal().key_ring, account_public_id=look.company.public_id, generation=look.gate.pass_generation, now=now()
    )
    _set_cookie(answer, _pass_cookie(look), text, int(passes.LIFE.total_seconds()))


def take_pass(answer: Response, look: Look) -> None:
    """Ends the admission, and makes the browser forget pages it kept (facts: security, T5)."""
    settings = portal().settings
    answer.delete_cookie(_pass_cookie(look), path="/", secure=settings.is_https, httponly=True, samesite="Lax")
    answer.headers["Clear-Site-Data"] = '"cache"'


def device_hash(account_public_id: str) -> str:
    """The digest of the browser's known-device cookie for this account, '' when it brings none."""
    secret = request.cookies.get(_device_cookie(account_public_id), "")
    return digest(secret) if _NONCE.fullmatch(secret) else ""


def remember_device(answer: Response, account_public_id: str, secret: str | None) -> None:
    """Makes the browser keep what it is known by for 180 more days: a new secret, or (None) the one it has."""
    name = _device_cookie(account_public_id)
    value = secret or request.cookies.get(name, "")
    if _NONCE.fullmatch(value):
        _set_cookie(answer, name, value, int(known_devices.LIFE.total_seconds()))


def log_scan(look: Look, outcome: str, browser: Browser) -> None:
    """Queues one row of the scan log. HEAD is no look: nobody sees its answer."""
    if request.method == "HEAD":
        return
    scan_log().add(
        NewScan(
            account_id=look.company.id,
            sticker_id=look.sticker.id,
            at=now(),
            outcome=outcome,
            is_admitted=outcome == "record",
            browser=browser_kind(request.user_agent.string),
            browser_hash=browser.hash,
        )
    )


def _browser_cookie() -> str:
    return "__Host-browser" if portal().settings.is_https else "browser"


def _pass_cookie(look: Look) -> str:
    return passes.cookie_name(look.company.public_id, is_https=portal().settings.is_https)


def _device_cookie(account_public_id: str) -> str:
    return known_devices.cookie_name(account_public_id, is_https=portal().settings.is_https)


def _set_cookie(answer: Response, name: str, value: str, seconds: int) -> None:
    answer.set_cookie(
        name, value, max_age=seconds, path="/", secure=portal().settings.is_https, httponly=True, samesite="Lax"
    )
