"""The field app's shell: one page, its files, its manifest, its worker, its icons. Data comes from /api alone.

Every file stands below a version, the digest of them all, so that a page never mixes the modules of two releases.
"""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    jsonify,
    render_template,
    send_file,
    send_from_directory,
    url_for,
)
from flask.typing import ResponseReturnValue

from portal.accounts.logos import find_logo_key
from portal.enrollment.app_icons import GROUND, SIZES, icon
from portal.web.context import portal, session

app = Blueprint("app", __name__)

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_FOREVER = "public, max-age=31536000, immutable"
_HOUR = "public, max-age=3600"
_MODULES, _STYLES = "js/app", ("css/tokens.css", "css/app.css")
_MIMETYPES = {".js": "text/javascript", ".css": "text/css"}
_PAPER = "#f4f3ee"  # the ground of css/tokens.css, shown while the app starts


@app.after_request
def loosen_nothing_but_the_camera(answer: Response) -> Response:
    """Only the app may use the camera, and only scripts of our own run in it."""
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=()"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@app.after_request
def tell_version(answer: Response) -> Response:
    """The release that answers, whichever one the address names: the worker keeps files of one release only."""
    answer.headers["Shell-Version"] = _version()
    return answer


@app.get("", strict_slashes=False)
def show() -> ResponseReturnValue:
    """The page. It is the same for everybody: what a scanned link carries never leaves the browser."""
    return render_template("app/shell.html", version=_version(), files=_files())


@app.get("/manifest.webmanifest")
def manifest() -> ResponseReturnValue:
    """What a phone needs to install the app (W3C, Web Application Manifest)."""
    answer = jsonify(
        id="/app",
        name="QR Portal",
        short_name="QR Portal",
        description="Find every truck, machine, place and person of your company.",
        start_url="/app",
        scope="/app",
        display="standalone",
        orientation="any",
        background_color=_PAPER,
        theme_color=GROUND,
        icons=[
            {
                "src": url_for("app.app.icon_file", name=name),
                "sizes": f"{SIZES[name]}x{SIZES[name]}",
                "type": "image/png",
                "purpose": "maskable" if name.startswith("maskable") else "any",
            }
            for name in ("192", "512", "maskable-512")
        ],
    )
    answer.mimetype = "application/manifest+json"
    answer.headers["Cache-Control"] = _HOUR
    return answer


@app.get("/sw.js")
def worker() -> ResponseReturnValue:
    """The service worker, with the list of the shell's files in it. Its scope is one level above its own folder."""
    shell = [url_for("app.app.show"), *_files().values(), *(url_for("app.app.icon_file", name=name) for name in SIZES)]
    script = render_template("app/sw.js", version=_version(), shell=shell)
    answer = Response(script, mimetype="text/javascript")
    answer.headers["Service-Worker-Allowed"] = url_for("app.app.show")
    return answer


@app.get("/shell/<version>/<path:name>")
def file(version: str, name: str) -> ResponseReturnValue:
    """A module or stylesheet of the shell. One of an older page gets today's, and keeps it no longer than the page."""
    place = _places().get(name)
    if place is None:
        abort(404)
    answer = send_from_directory(_static(), place, mimetype=_MIMETYPES[Path(place).suffix])
    if version == _version():
        answer.headers["Cache-Control"] = _FOREVER
    return answer


@app.get("/icons/<name>.png")
def icon_file(name: str) -> ResponseReturnValue:
    """One of the icons by its name in ``SIZES``."""
    if name not in SIZES:
        abort(404)
    answer = Response(icon(name), mimetype="image/png")
    answer.headers["Cache-Control"] = _HOUR
    return answer


@app.get("/logo/<public_id>")
def logo(public_id: str) -> ResponseReturnValue:
    """A company's logo, or our mark: an unknown company and one without a logo look alike."""
    place = portal().photos.logo_path(find_logo_key(session(), public_id))
    if place is None:
        return icon_file("192")
    answer = send_file(place, mimetype="image/png")
    answer.headers["Cache-Control"] = _HOUR
    return answer


def _static() -> Path:
    return Path(current_app.static_folder or "static")


@lru_cache(maxsize=1)
def _places() -> dict[str, str]:
    """Where each file of the shell is below static/, by its name in addresses."""
    root = _static() / _MODULES
    modules = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.js"))
    return {name: f"{_MODULES}/{name}" for name in modules} | {Path(place).name: place for place in _STYLES}


@lru_cache(maxsize=1)
def _version() -> str:
    """The digest of everything that the shell is made of."""
    digest = hashlib.sha256()
    templates = Path(current_app.root_path) / "templates" / "app"
    for path in (*(_static() / place for place in _places().values()), templates / "shell.html", templates / "sw.js"):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _files() -> dict[str, str]:
    """The addresses of the shell's files by name."""
    return {name: url_for("app.app.file", version=_version(), name=name) for name in _places()}
