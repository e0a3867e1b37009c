"""Views of this room."""

from flask import Blueprint

records = Blueprint("records", __name__, url_prefix="/records")
