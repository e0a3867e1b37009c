"""Edges of the room: records themselves, and their import and export."""

from portal.records.views.records import records
from portal.records.views.transfer import transfer

__all__ = ["records", "transfer"]
