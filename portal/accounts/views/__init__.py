"""Edges of the room: each module carries one blueprint."""

from portal.accounts.views.company import company
from portal.accounts.views.people import people
from portal.accounts.views.sessions import sessions

__all__ = ["company", "people", "sessions"]
