"""Commands about people: ``portal admin create``, ``password`` and ``totp-off``. They need an application context."""

import sys

import click

from portal.accounts import operations, queries, second_step, staffing
from portal.accounts.models import Account
from portal.audit.operations import OPERATOR
from portal.enrollment.grants import ensure_installation_key
from portal.enrollment.onboarding import sign_out_everywhere
from portal.errors import Refused
from portal.gate import operations as gate
from portal.lib.emails import EmailRefused, email_key, parse_email
from portal.lib.lines import one_line
from portal.lib.passcodes import make_passcode
from portal.lib.passwords import check_password, hash_password
from portal.web.context import now, portal, session, short_read

LONGEST_NAME = 200  # characters, as the forms allow


class Stop(click.ClickException):
    """Ends a command with one sentence and exit status 2."""

    exit_code = 2


@click.group("admin")
def admin() -> None:
    """Makes admins and sets passwords."""


@admin.command("create")
@click.option("--account", "company", required=True, help="The company's name; made when there is none of this name.")
@click.option("--email", required=True, help="The admin's e-mail.")
@click.option("--name", default="", help="The admin's name; the e-mail when left out.")
@click.option("--password-stdin", is_flag=True, required=True, help="Read the password from the first line of input.")
def create(company: str, email: str, name: str, password_stdin: bool) -> None:
    """Makes an admin of a company. Somebody who can sign in already keeps the name and the password that they have."""
    email, company, name = checked_email(email), one_line(company), one_line(name)
    if not company:
        raise Stop("--account must be the company's name.")
    for option, text in (("--account", company), ("--name", name)):
        if len(text) > LONGEST_NAME:
            raise Stop(f"{option} may have at most {LONGEST_NAME} characters; this has {len(text)}.")
    password = read_password()
    with short_read() as reading:
        known = queries.find_user_by_email(reading, email) is not None
    password_hash = "" if known else hash_checked(password, email, (name, company))
    note = make_admin(company, email, name or email, password_hash)
    session().commit()
    click.echo(f"{email} is an admin of {company} now.{note}")


@admin.command("password")
@click.option("--email", required=True, help="Whose password.")
@click.option("--password-stdin", is_flag=True, required=True, help="Read the password from the first line of input.")
def set_password(email: str, password_stdin: bool) -> None:
    """Sets a person's password and ends all their sessions, those on phones too."""
    email = checked_email(email)
    password = read_password()
    with short_read() as reading:
        known = queries.find_user_by_email(reading, email)
    if known is None:
        raise Stop(f"Nobody signs in with {email}.")
    new_hash = hash_checked(password, email, (known.name,))
    user = queries.find_user_by_email(session(), email)
    if user is None:
        raise Stop(f"Nobody signs in with {email}.")
    ended = operations.reset_password(session(), user=user, actor=OPERATOR, new_hash=new_hash, now=now())
    ended += sign_out_everywhere(session(), user.id, now())
    session().commit()
    click.echo(f"The password of {email} is set; {ended} session{'' if ended == 1 else 's'} ended.")


@admin.command("totp-off")
@click.option("--email", required=True, help="Whose second step: their phone and recovery codes are lost.")
def totp_off(email: str) -> None:
    """Turns a person's second step off and ends all their sessions. They can set it up again."""
    user = queries.find_user_by_email(session(), checked_email(email))
    if user is None:
        raise Stop(f"Nobody signs in with {email}.")
    if not second_step.turn_off(session(), user_id=user.id, account_id=None, actor=OPERATOR, now=now()):
        raise Stop(f"The second step of {user.email} is off already.")
    operations.end_all_sessions(session(), user_id=user.id)
    sign_out_everywhere(session(), user.id, now())
    session().commit()
    click.echo(f"The second step of {user.email} is off; the password alone signs them in.")


def make_admin(company: str, email: str, name: str, password_hash: str) -> str:
    """Company, person and membership as far as they are missing; what to add to the answer."""
    moment, note = now(), ""
    account = find_account(company)
    if account is None:
        parts = {"name": company, "country": "US", "timezone": "UTC", "passcode": make_passcode()}
        account = gate.open_account(session(), portal().key_ring, **parts, now=moment)
        ensure_installation_key(session(), portal().key_ring, account.id, moment)
        note = f" {company} is a new company; its passcode was generated."
    user = queries.find_user_by_email(session(), email)
    if user is not None:
        note += " They sign in with the password that they had."
    else:
        user = operations.create_user(session(), email=email, name=name, password_hash=password_hash, now=moment)
    if user is None:
        raise Stop(f"{email} signed up or left at this moment. Run the command again.")
    if not staffing.appoint_admin(session(), account_id=account.id, user=user, actor=OPERATOR, now=moment):
        raise Stop(f"{email} is an admin of {company} already.")
    return note


def find_account(company: str) -> Account | None:
    """The company of this name; a name that several carry stops the command."""
    try:
        return queries.find_account_by_name(session(), company)
    except Refused as fault:
        raise Stop(fault.sentence) from None


def checked_email(text: str) -> str:
    """The address in its normal form."""
    try:
        return email_key(parse_email(text))
    except EmailRefused as fault:
        raise Stop(f"--email: {fault.sentence}") from None


def read_password() -> str:
    """The first line of the input."""
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise Stop("The input holds no password. Pipe one line into the command.")
    return password


def hash_checked(password: str, email: str, words: tuple[str, ...]) -> str:
    """The hash of a password that passes the same check as on the pages."""
    sentence = check_password(password, email=email, words=[word for word in words if word])
    if sentence:
        raise Stop(sentence)
    return hash_password(password)
