"""Edges of the room: the list of devices, and one of them."""

from portal.devices.views import device  # noqa: F401  it adds its doors to the blueprint
from portal.devices.views.devices import devices

__all__ = ["devices"]
