"""Edges of the room."""

from portal.labels.views.labels import labels

__all__ = ["labels"]
