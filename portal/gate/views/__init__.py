"""Edges of the room: the public gate, messages to the owner, and the gate's settings page."""

from portal.gate.views import message  # noqa: F401  it adds its doors to the blueprint of the gate
