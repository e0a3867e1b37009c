"""Edges of the room: each module carries one blueprint."""
