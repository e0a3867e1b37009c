"""The operator's doors: alive, and ready to answer from the database."""

from flask import Blueprint, Response
from sqlalchemy import text

from portal.extensions import db

health = Blueprint("health", __name__)


@health.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@health.get("/readyz")
def readyz() -> Response:
    """The database answers; a fault becomes the 503 page of the error handler."""
    db.session.execute(text("SELECT 1"))
    return Response("ready\n", mimetype="text/plain")
