"""The ``portal`` command: gathers the rooms' commands."""

import click
from flask import Flask


@click.group()
def main() -> None:
    """Runs and looks after a QR portal."""


def register_commands(app: Flask) -> None:
    """Makes the commands reachable through ``flask`` as well."""
    app.cli.add_command(main, "portal")
