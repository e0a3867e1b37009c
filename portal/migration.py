"""Where Alembic meets the application. Loaded by an upgrade and by whoever writes a migration, never by a server:
it takes as long to load as all of the product's own code.

    flask --app portal.migration db migrate -m "what changes"
"""

from flask import Flask
from flask_migrate import Migrate

from portal import create_app as assemble
from portal.config import ROOT, Settings
from portal.extensions import db


def create_app(settings: Settings | None = None) -> Flask:
    """The application with the ``db`` commands."""
    return bind(assemble(settings))


def bind(app: Flask) -> Flask:
    """Adds the extension whose ``upgrade()`` and ``downgrade()`` read migrations/."""
    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    return app
