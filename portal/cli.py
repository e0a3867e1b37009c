"""The ``portal`` command: gathers the rooms' commands and runs the server.

A command's module is imported when the command is asked for, the application is built when it runs: ``--help`` needs
neither keys nor database, and ``serve`` has a quick way to an open port.
"""

import os
import sys
from collections.abc import Callable
from copy import copy
from functools import update_wrapper
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click
from click.exceptions import NoArgsIsHelpError

from portal import create_app, schema
from portal.config import Settings, read_settings
from portal.errors import NotFound, Refused, SettingError
from portal.lib.sealing import KeyRingError
from portal.preparation import prepare
from portal.serve import lan_settings, run, take_port
from portal.welcome import welcome

if TYPE_CHECKING:
    from flask import Flask

ROOM_COMMANDS = {
    "admin": "portal.accounts.cli:admin",
    "demo": "portal.demo.cli:demo",
    "devices": "portal.enrollment.cli:devices_group",
    "export": "portal.records.cli:export",
    "import": "portal.records.cli:import_",
    "labels": "portal.labels.cli:labels",
    "passcode": "portal.gate.cli:passcode",
    "routes": "portal.commands:routes",
    "setup-token": "portal.commands:setup_token",
    "status": "portal.commands:status",
}


class OneSentence(click.ClickException):
    """A fault that the operator can put right: its sentence on stderr, exit status 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(self.message, file=file or sys.stderr)


class PortalGroup(click.Group):
    """Finds the rooms' commands by name, runs each inside the application, and ends every fault with one sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *ROOM_COMMANDS])

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in ROOM_COMMANDS:
            module, _, attribute = ROOM_COMMANDS[name].partition(":")
            return inside_app(getattr(import_module(module), attribute))
        return super().get_command(ctx, name)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except NoArgsIsHelpError:
            raise
        except click.ClickException as fault:
            raise OneSentence(fault.format_message()) from fault
        except (SettingError, KeyRingError, Refused, NotFound) as fault:
            raise OneSentence(str(fault)) from fault


def inside_app(command: click.Command) -> click.Command:
    """The same command, or group of commands, whose callbacks run with an application context."""
    wrapped = copy(command)
    if isinstance(wrapped, click.Group):
        wrapped.commands = {name: inside_app(child) for name, child in wrapped.commands.items()}
    elif wrapped.callback:
        wrapped.callback = _in_context(wrapped.callback)
    return wrapped


def _in_context(callback: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        app = open_app(read_settings())
        # Loaded by now, but not when this file is: `serve` and `--help` do without.
        from sqlalchemy.exc import OperationalError  # noqa: PLC0415

        with app.app_context():
            try:
                return callback(*args, **kwargs)
            except OperationalError as fault:
                raise OneSentence(f"The database did not answer, and nothing was changed ({fault.orig}).") from fault

    return update_wrapper(run, callback)


def open_app(settings: Settings) -> "Flask":
    """The application on a migrated database; only ``serve`` migrates."""
    version = schema.inspect(settings).version
    if not version:
        raise SettingError("The database has no tables yet: start the portal once with `portal serve`.")
    if version != schema.head():
        raise SettingError(
            f"The database is at migration {version} and this version of the portal needs {schema.head()}:"
            " `portal serve` brings it there."
        )
    return create_app(settings)


@click.group(cls=PortalGroup)
def main() -> None:
    """Runs and looks after a QR portal."""


@main.command()
@click.option("--lan", is_flag=True, help="Listen on all addresses and print this machine's LAN address in the codes.")
def serve(lan: bool) -> None:
    """Prepare the data folder, then run the web server and the worker until Ctrl-C."""
    os.umask(0o077)  # everything in the data folder is for this user alone
    settings = read_settings()
    if lan:
        settings = lan_settings(settings)
    listener = take_port(settings.bind)
    prepared = prepare(settings)
    sys.exit(run(settings, listener, lambda: click.echo(welcome(settings, prepared, lan))))


@main.command()
def worker() -> None:
    """Run jobs (mail, imports, large label sheets) until Ctrl-C; `serve` starts one by itself."""
    app = open_app(read_settings())
    # Imported here because it loads every room, and `serve` must not wait for that.
    from portal import worker as jobs  # noqa: PLC0415

    jobs.run(app, jobs.stop_on_signals())
