"""Views of this room."""

from flask import Blueprint

qr_portal = Blueprint("qr_portal", __name__, url_prefix="/settings/qr-portal")
