"""Edges of the room."""

from portal.visits.views.home import home

__all__ = ["home"]
