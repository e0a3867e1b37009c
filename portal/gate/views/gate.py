"""Views of this room."""

from flask import Blueprint

gate = Blueprint("gate", __name__, url_prefix="")
