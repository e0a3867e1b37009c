"""The ``portal devices`` commands."""

import click

from portal.devices import cleanup as devices
from portal.enrollment import cleanup as enrollment
from portal.web.context import now, session


@click.group("devices")
def devices_group() -> None:
    """Look after phones and the codes that let them in."""


@devices_group.command()
def cleanup() -> None:
    """Forget what is over, as the worker does every hour, and print what that was."""
    moment = now()
    ended = devices.tidy(session(), moment)
    done = enrollment.tidy(session(), moment)
    session().commit()
    for count, what in (
        (ended, "sessions of phones ended"),
        (done.onboarding_grants, "one-time codes deleted"),
        (done.redemptions, "old tries at codes deleted"),
        (done.addresses, "addresses forgotten"),
        (done.counters, "counters of tries deleted"),
    ):
        click.echo(f"{count} {what}")
