"""Edges of the room."""
