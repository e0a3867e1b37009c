"""Views of this room."""

from flask import Blueprint

sessions = Blueprint("sessions", __name__, url_prefix="")
