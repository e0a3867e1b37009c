"""People who register themselves by an installation code: members without any further right, whatever is sent."""

from dataclasses import dataclass
from datetime import datetime
from itertools import count

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts.models import MEMBER, Account, Membership, User
from portal.accounts.names import address_of, has_email, name_key
from portal.accounts.operations import create_user
from portal.audit.operations import Actor, record
from portal.enrollment.models import CREATE_ACCOUNT_AND_DEVICE, Grant

NUMBER_DIGITS = 3  # crew-014
_MOST_TRIES = 100  # people who register by other codes of the same prefix at the same moment


@dataclass(frozen=True)
class Newcomer:
    """Who registers. ``email`` counts only where no username prefix gives a sign-in name; the password is hashed."""

    name: str
    email: str
    password_hash: str

    def is_whole(self, grant: Grant) -> bool:
        """Whether there is all that this code asks for."""
        return all((self.name, self.password_hash, grant.username_prefix or (has_email(self.email) and self.email)))


def needs(grant: Grant) -> tuple[str, ...]:
    """The fields that redeeming asks for."""
    if grant.action != CREATE_ACCOUNT_AND_DEVICE:
        return ()
    return ("name", "password") if grant.username_prefix else ("name", "email", "password")


def join(session: Session, account: Account, grant: Grant, newcomer: Newcomer, now: datetime) -> Membership | None:
    """Makes a whole newcomer a member, under a claimed grant. None when the e-mail is taken."""
    if not grant.username_prefix:
        member = _add(session, account, newcomer, email=newcomer.email, sign_in_name=None, now=now)
    else:
        for _ in range(_MOST_TRIES):
            name = _next_name(session, account, grant)
            email = address_of(name, account.public_id)
            member = _add(session, account, newcomer, email=email, sign_in_name=name_key(name), now=now)
            if member is not None:
                break
    if member is not None:
        _record(session, grant, member, now)
    return member


def _next_name(session: Session, account: Account, grant: Grant) -> str:
    """The prefix with the next free number, which no other redemption gets: the grant's row holds the count."""
    number = _count_up(session, grant, 1)
    taken = _find_taken(session, account, grant.username_prefix)
    free = next(free for free in count(number) if free not in taken)
    if free > number:
        _count_up(session, grant, free - number)
    return f"{grant.username_prefix}{free:0{NUMBER_DIGITS}d}"


def _count_up(session: Session, grant: Grant, steps: int) -> int:
    return session.execute(
        update(Grant)
        .where(Grant.id == grant.id)
        .values(last_number=Grant.last_number + steps)
        .returning(Grant.last_number)
        .execution_options(synchronize_session=False)
    ).scalar_one()


def _find_taken(session: Session, account: Account, prefix: str) -> set[int]:
    """The numbers that people of this prefix have had, by whichever code; nobody gets the name of one who left."""
    before, at, host = address_of(prefix, account.public_id).partition("@")
    found = session.scalars(
        select(User.email).where(User.email.startswith(before, autoescape=True), User.email.endswith(at + host))
    )
    numbers = (email.removeprefix(before).removesuffix(at + host) for email in found)
    return {int(number) for number in numbers if number.isdecimal()}


def _add(
    session: Session, account: Account, newcomer: Newcomer, *, email: str, sign_in_name: str | None, now: datetime
) -> Membership | None:
    """The person and their place in the company; None when the e-mail or the name is taken."""
    try:
        with session.begin_nested():
            user = create_user(session, email=email, name=newcomer.name, password_hash=newcomer.password_hash, now=now)
            if user is None:
                return None
            member = Membership(
                account_id=account.id,
                user_id=user.id,
                role=MEMBER,
                permissions=[],
                sign_in_name=sign_in_name,
                created_at=now,
            )
            session.add(member)
            session.flush()
    except IntegrityError:
        return None
    return member


def _record(session: Session, grant: Grant, member: Membership, now: datetime) -> None:
    record(
        session,
        account_id=member.account_id,
        actor=Actor(member.user_id, member.user.name),
        action="member.register",
        now=now,
        target_kind="user",
        target_public_id=member.user.public_id,
        target_name=member.user.name,
        after={"role": member.role, "permissions": [], "code": grant.description, "sign_in_name": member.sign_in_name},
    )
