"""The QR portal. ``create_app`` is the way in; ``assembly`` says what it is made of."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from portal.config import Settings


def create_app(settings: "Settings | None" = None) -> "Flask":
    """The WSGI application. Raises SettingError or KeyRingError, each one sentence, when it cannot start."""
    # Imported here because it is slow: a command that needs one small module must not load the whole product first.
    from portal.assembly import assemble  # noqa: PLC0415

    return assemble(settings)
