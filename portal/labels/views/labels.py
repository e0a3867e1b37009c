"""Views of this room."""

from flask import Blueprint

labels = Blueprint("labels", __name__, url_prefix="/labels")
