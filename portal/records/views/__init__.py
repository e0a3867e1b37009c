"""Edges of the room: records themselves, and their import and export."""
