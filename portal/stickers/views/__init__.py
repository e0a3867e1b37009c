"""Edges of the room."""

from portal.stickers.views.stickers import stickers

__all__ = ["stickers"]
