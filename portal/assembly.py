"""Puts the product together: config, extensions, routes, errors, in that order."""

from pathlib import Path

from flask import Flask
from jinja2 import StrictUndefined
from sqlalchemy.pool import NullPool

from portal import routes, tables  # noqa: F401  tables: every model must be mapped before the first query
from portal.api import description
from portal.config import Settings, read_settings
from portal.database import prepare_engine
from portal.extensions import bootstrap, csrf, db
from portal.lib.images import PhotoStore
from portal.lib.sealing import KeyRing, read_key_ring
from portal.web import anchor, errors, headers, identity, languages, logs, navigation, requests, scanlog
from portal.web.context import Portal
from portal.web.proxies import TrustedProxies

ROOT = Path(__file__).resolve().parent.parent
MEGABYTE = 1_000_000


def assemble(settings: Settings | None = None) -> Flask:
    """The WSGI application. Raises SettingError or KeyRingError, each one sentence, when it cannot start."""
    logs.bind()
    settings = settings or read_settings()
    app = Flask("portal", root_path=str(ROOT), static_folder="static", template_folder="templates")
    key_ring = read_key_ring(settings.key_file)
    app.config.update(framework_config(settings, key_ring))
    app.extensions["portal"] = Portal(settings, key_ring, PhotoStore(settings.photo_dir))
    app.jinja_env.undefined = StrictUndefined
    bind_extensions(app)
    anchor.bind(app, settings.sqlite_file)
    requests.bind(app)
    headers.bind(app)
    languages.bind(app)
    navigation.bind(app)
    scanlog.bind(app)
    description.bind(app, settings.public_url, app.config["SESSION_COOKIE_NAME"])
    routes.bind(app)
    errors.bind(app)
    app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]  # Flask's documented hook
    return app


def framework_config(settings: Settings, key_ring: KeyRing) -> dict[str, object]:
    """Flask's and the extensions' own settings. Cookies are __Host- and Secure exactly when the public URL is https."""
    secret, *older = key_ring.secret_keys()
    return {
        "SECRET_KEY": secret,
        "SECRET_KEY_FALLBACKS": older,
        "SESSION_COOKIE_NAME": "__Host-session" if settings.is_https else "session",
        "SESSION_COOKIE_SECURE": settings.is_https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": 25 * MEGABYTE,
        "WTF_CSRF_CHECK_DEFAULT": False,  # web.requests checks by the table of doors
        "WTF_CSRF_TIME_LIMIT": 12 * 3600,  # as long as an idle session
        "WTF_CSRF_SSL_STRICT": False,  # web.requests compares the Origin; no-referrer pages send no Referer
        "WTF_I18N_ENABLED": False,  # forms stand on pages for people who sign in, which are English
        "BOOTSTRAP_SERVE_LOCAL": True,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings.database_url),
    }


def engine_options(database_url: str) -> dict[str, object]:
    """How connections are kept. PostgreSQL's are tested before use, so that a restart costs no request.

    Faults are logged without the values of their statement: some are secrets.
    """
    if database_url.startswith("sqlite"):
        # A file is opened in 0.1 ms; no pool means no connection is ever shared across a fork.
        return {"poolclass": NullPool, "hide_parameters": True}
    return {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 10, "hide_parameters": True}


def bind_extensions(app: Flask) -> None:
    """Binds each extension; the engine gets its SQLite pragmas before the first connection."""
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    identity.bind(app)
    csrf.init_app(app)
    bootstrap.init_app(app)
