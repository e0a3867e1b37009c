"""The ``portal demo`` command."""

import click

from portal.demo.filling import fill
from portal.errors import Refused
from portal.web.context import now, portal, session


@click.command()
def demo() -> None:
    """Fill an empty database with the demo company."""
    filled = fill(session(), portal().key_ring, portal().photos, now=now())
    if isinstance(filled, str):
        raise Refused(filled)
    session().commit()
    click.echo(f"Sign in as {filled.email} with the password {filled.password}")
    click.echo(f"Passcode of the QR codes: {filled.passcode}")
