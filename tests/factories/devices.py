"""Devices of an account, enrolled by the ways that people use."""

from datetime import UTC, datetime

from flask import current_app

from portal.accounts.models import Account, Membership
from portal.accounts.permissions import MOBILE_APP
from portal.audit.operations import Actor
from portal.devices.models import Device
from portal.devices.sessions import DeviceFacts
from portal.enrollment import grants, redemption
from portal.enrollment.models import ONBOARDING
from portal.extensions import db


def phone_facts(name: str = "iPhone, Safari", **facts: str) -> DeviceFacts:
    """What a phone says of itself."""
    return DeviceFacts(**({"name": name, "platform": "iOS", "browser": "iPhone, Safari", "ip": "203.0.113.7"} | facts))


def join_by_scan(secret: str, name: str = "iPhone, Safari", **facts: str) -> redemption.Redeemed | redemption.Refusal:
    """A phone that uses the secret (or typed code) of an onboarding code now."""
    done = redemption.redeem(
        db.session(),
        current_app.extensions["portal"].key_ring,
        text=secret,
        kinds=(ONBOARDING,),
        facts=phone_facts(name, **facts),
        now=datetime.now(UTC),
    )
    db.session.commit()
    return done


def make_device(
    account: Account,
    member: Membership,
    name: str = "Crew phone",
    *,
    facts: dict[str, str] | None = None,
    **columns: object,
) -> Device:
    """A phone of this person that joined by a one-time QR code; ``columns`` are set afterwards."""
    kept, member.permissions = member.permissions, [*member.permissions, MOBILE_APP.name]  # needed to join, not after
    made = grants.make_onboarding(
        db.session(),
        current_app.extensions["portal"].key_ring,
        account_id=account.id,
        user_id=member.user_id,
        actor=Actor(member.user_id, member.user.name),
        now=datetime.now(UTC),
    )
    done = join_by_scan(made.secret, name, **(facts or {}))
    assert isinstance(done, redemption.Redeemed)
    member.permissions = kept
    for column, value in columns.items():
        setattr(done.device, column, value)
    db.session.commit()
    return done.device
