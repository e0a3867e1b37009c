"""Headers on every answer, the CSP nonce, and hashed addresses of static files (facts: security, section 3)."""

import hashlib
import secrets
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, g, request, url_for

_POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-src 'self'; frame-ancestors {ancestors}"
)
YEAR = 31_536_000


def bind(app: Flask) -> None:
    """Adds the headers and the template globals ``csp_nonce`` and ``asset``."""
    app.after_request(add_headers)
    app.add_template_global(csp_nonce)
    app.add_template_global(asset)


def csp_nonce() -> str:
    """This request's nonce for inline style and script, 128 bits."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def add_headers(response: Response) -> Response:
    """Sets what a view has not set itself. A label preview may be framed by our own pages, nothing else may."""
    headers = response.headers
    ancestors = "'self'" if response.mimetype == "application/pdf" else "'none'"
    headers.setdefault("Content-Security-Policy", _POLICY.format(nonce=csp_nonce(), ancestors=ancestors))
    headers.setdefault("X-Frame-Options", "SAMEORIGIN" if ancestors == "'self'" else "DENY")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    # Behind the sign-in our own forms must carry their Origin; a scan's address must not travel at all.
    headers.setdefault("Referrer-Policy", "no-referrer" if "public" in request.blueprints else "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("X-Robots-Tag", "noindex, nofollow")
    if current_app.extensions["portal"].settings.is_https:
        headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}")
    if request.endpoint in ("static", "bootstrap.static") and response.status_code < 400:
        headers["Cache-Control"] = f"public, max-age={YEAR}, immutable" if request.args.get("v") else "no-cache"
    elif headers.get("Cache-Control", "no-cache") == "no-cache":
        # Nothing said, or what the framework says of any file: an export or a label is kept nowhere either.
        headers["Cache-Control"] = "no-store"
    return response


def asset(filename: str) -> str:
    """The address of a file in static/ with its content hash, so that it may be cached for a year."""
    return url_for("static", filename=filename, v=_content_hash(Path(current_app.static_folder or "static") / filename))


@lru_cache(maxsize=256)
def _content_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
