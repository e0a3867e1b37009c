"""Edges of the room: the public gate and its settings page."""

from portal.gate.views.gate import gate
from portal.gate.views.qr_portal import qr_portal

__all__ = ["gate", "qr_portal"]
