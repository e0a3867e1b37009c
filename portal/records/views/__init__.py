"""Edges of the room: records themselves, their expirations, and their import and export."""

from portal.records.views import editing, expirations, removal, states  # noqa: F401  they add their doors to the blueprint
from portal.records.views.records import records
from portal.records.views.transfer import transfer

__all__ = ["records", "transfer"]
