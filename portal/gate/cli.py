"""The ``portal passcode`` command."""

import click

from portal.accounts.queries import find_account_by_name
from portal.audit.operations import OPERATOR
from portal.audit.operations import record as audit
from portal.database import reading
from portal.errors import Refused
from portal.gate import operations, queries
from portal.lib.passcodes import LONGEST, SHORTEST, check_passcode
from portal.web.context import now, portal, session


@click.command()
@click.option("--account", required=True, metavar="NAME", help="The company's name.")
@click.option("--set", "code", metavar="CODE", help="Assign this code; gate passes given so far end.")
@click.option(
    "--length",
    type=click.IntRange(SHORTEST, LONGEST),
    default=SHORTEST,
    show_default=True,
    help="How many digits the code given with --set has.",
)
def passcode(account: str, code: str | None, length: int) -> None:
    """Print the passcode of a company, or assign one."""
    if code is None:
        with reading():
            click.echo(_read(account))
        return
    wrong = check_passcode(code, (length, length))
    if wrong:
        raise Refused(wrong)
    if _assign(account, code):
        session().commit()
    click.echo(code)


def _read(account_name: str) -> str:
    row = queries.get_passcode_row(session(), _account_id(account_name))
    code = queries.reveal_passcode(portal().key_ring, row)
    if not code:
        raise Refused(f"You must assign passcode. (portal passcode --account {account_name!r} --set CODE)")
    return code


def _assign(account_name: str, code: str) -> bool:
    """Stores the code with its audit event. False when it is assigned already: passes and guesses stay as they are."""
    account_id = _account_id(account_name)
    if queries.reveal_passcode(portal().key_ring, queries.get_passcode_row(session(), account_id)) == code:
        return False
    operations.set_passcode(session(), portal().key_ring, account_id=account_id, code=code, now=now())
    audit(
        session(),
        account_id=account_id,
        actor=OPERATOR,
        action="passcode.change",
        now=now(),
        target_kind="qr-portal",
        target_name=account_name,
    )
    return True


def _account_id(name: str) -> int:
    account = find_account_by_name(session(), name)
    if account is None:
        raise Refused(f"No account is called {name!r}; `portal status` lists them.")
    return account.id
