"""The ``portal devices`` commands."""

from collections import Counter
from dataclasses import asdict

import click

from portal.devices import cleanup as devices
from portal.enrollment import cleanup as enrollment
from portal.web.context import now, session

WORDS = {
    "sessions": "sessions of phones ended",
    "old_sessions": "sessions of long ago deleted",
    "secrets": "dead tokens and cookies of phones deleted",
    "onboarding_grants": "one-time codes deleted",
    "redemptions": "old tries at codes deleted",
    "addresses": "addresses forgotten",
    "counters": "counters of tries deleted",
}


@click.group("devices")
def devices_group() -> None:
    """Look after phones and the codes that let them in."""


@devices_group.command()
def cleanup() -> None:
    """Forget what is over, as the worker does every hour, and print what that was."""
    moment = now()
    counts: Counter[str] = Counter()
    for tidy in (devices.tidy, enrollment.tidy):
        while (done := tidy(session(), moment)).rows:
            session().commit()
            counts.update(asdict(done))
    for name, what in WORDS.items():
        click.echo(f"{counts[name]} {what}")
