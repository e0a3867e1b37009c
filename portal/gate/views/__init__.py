"""Edges of the room: the public gate and its settings page."""
