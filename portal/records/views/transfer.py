"""Views of this room."""

from flask import Blueprint

transfer = Blueprint("transfer", __name__, url_prefix="")
