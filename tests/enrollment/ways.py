"""Ways in, made and used as the edges do it."""

from datetime import UTC, datetime, timedelta

from flask import current_app

from portal.audit.operations import Actor
from portal.enrollment import grants, redemption
from portal.enrollment.code_drafts import Draft
from portal.enrollment.models import (
    CREATE_ACCOUNT_AND_DEVICE,
    CREATE_DEVICE,
    INSTALLATION_CODE,
    INSTALLATION_KEY,
    ONBOARDING,
    PROVISIONING,
)
from portal.enrollment.newcomers import Newcomer
from portal.extensions import db
from tests.factories.devices import phone_facts

KINDS = (INSTALLATION_KEY, ONBOARDING, INSTALLATION_CODE, PROVISIONING)
NOW = datetime.now(UTC).replace(microsecond=0)
ADMIN = Actor(None, "Ada Admin")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def ring():
    return current_app.extensions["portal"].key_ring


def draft(action=CREATE_DEVICE, **columns):
    """A code as an admin types it, within all limits."""
    usual = {"description": "Night shift", "expires_at": NOW + 7 * DAY, "max_uses": 25}
    if action == CREATE_ACCOUNT_AND_DEVICE:
        usual["username_prefix"] = "crew-"
    return Draft(action=action, **(usual | columns))


def make_code(account, action=CREATE_DEVICE, **columns):
    """An installation code; committed."""
    made = grants.make_installation_code(
        db.session(), ring(), account_id=account.id, draft=draft(action, **columns), actor=ADMIN, now=NOW
    )
    assert isinstance(made, grants.Made), made
    db.session.commit()
    return made


def make_token(account, user_id, **columns):
    """A provisioning token whose devices are this person's; committed."""
    wanted = draft(CREATE_DEVICE, user_id=user_id, **({"max_uses": 100} | columns))
    made = grants.make_provisioning(db.session(), account_id=account.id, draft=wanted, actor=ADMIN, now=NOW)
    assert isinstance(made, grants.Made), made
    db.session.commit()
    return made


def make_onboarding(member, now=NOW):
    """A one-time way in for a phone of this member; committed."""
    made = grants.make_onboarding(
        db.session(), ring(), account_id=member.account_id, user_id=member.user_id, actor=ADMIN, now=now
    )
    db.session.commit()
    return made


def make_key(account, now=NOW):
    """The account's key in clear; committed."""
    key = grants.ensure_installation_key(db.session(), ring(), account.id, now)
    db.session.commit()
    return grants.reveal(ring(), key)


def redeem(text, *, now=NOW, newcomer=None, kinds=KINDS, name="Phone 1", **facts):
    """What a phone that holds ``text`` gets; committed."""
    done = redemption.redeem(
        db.session(), ring(), text=text, kinds=kinds, facts=phone_facts(name, **facts), newcomer=newcomer, now=now
    )
    db.session.commit()
    return done


def newcomer(name="Nina New", email=""):
    return Newcomer(name, email, "hash of a password")


def reason(done):
    assert isinstance(done, redemption.Refusal), done
    return done.reason
