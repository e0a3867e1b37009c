"""Views of this room."""

from flask import Blueprint

stickers = Blueprint("stickers", __name__, url_prefix="/records")
