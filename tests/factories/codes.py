"""Installation codes and provisioning tokens, made as an admin makes them."""

from datetime import UTC, datetime, timedelta

from flask import current_app

from portal.accounts.models import Account, Membership
from portal.audit.operations import Actor
from portal.enrollment import grants
from portal.enrollment.code_drafts import Draft
from portal.enrollment.models import CREATE_ACCOUNT_AND_DEVICE, CREATE_DEVICE
from portal.extensions import db


def make_code(
    account: Account,
    member: Membership,
    description: str = "Night shift",
    action: str = CREATE_ACCOUNT_AND_DEVICE,
    **draft: object,
) -> grants.Made:
    """A code for 7 days and 25 uses; ``draft`` are its other fields."""
    now = datetime.now(UTC)
    wanted = Draft(
        **({"expires_at": now + timedelta(days=7), "max_uses": 25} | draft), description=description, action=action
    )
    made = grants.make_installation_code(
        db.session(),
        current_app.extensions["portal"].key_ring,
        account_id=account.id,
        draft=wanted,
        actor=Actor(member.user_id, member.user.name),
        now=now,
    )
    assert isinstance(made, grants.Made), made
    db.session.commit()
    return made


def make_token(account: Account, member: Membership, description: str = "Fleet", **draft: object) -> grants.Made:
    """A token for 30 days and 100 devices."""
    now = datetime.now(UTC)
    limits = {"expires_at": now + timedelta(days=30), "max_uses": 100}
    wanted = Draft(**(limits | draft), description=description, action=CREATE_DEVICE, is_fleet=True)
    made = grants.make_provisioning(
        db.session(), account_id=account.id, draft=wanted, actor=Actor(member.user_id, member.user.name), now=now
    )
    assert isinstance(made, grants.Made), made
    db.session.commit()
    return made
