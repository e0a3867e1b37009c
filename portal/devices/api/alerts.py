"""Mails about a refresh token that came again, written in the transaction that ended its session."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.names import has_email
from portal.accounts.permissions import DEVICES_MANAGE, granted
from portal.accounts.queries import list_members
from portal.devices.phones import Reuse
from portal.jobs import mails
from portal.lib.words import ENGLISH
from portal.web import mailer
from portal.web.context import portal


def post(session: Session, reuse: Reuse, now: datetime) -> None:
    """One mail for each person who may manage devices; each session is told of once."""
    text, html = mailer.render(
        "devices/reuse",
        account_name=reuse.account_name,
        device_name=reuse.device_name,
        page_href=f"{portal().settings.public_url}/admin/mobile-app",
    )
    for one in list_members(session, reuse.account_id):
        if DEVICES_MANAGE.name in granted(one.role, one.permissions) and has_email(one.user.email):
            mails.post(
                session,
                account_id=reuse.account_id,
                kind="devices.reuse",
                recipient=one.user.email,
                subject=ENGLISH.say("%(device)s was signed out: its key was copied", device=reuse.device_name),
                text_body=text,
                html_body=html,
                now=now,
                key=f"devices:reuse:{reuse.session_public_id}:{one.user_id}",
            )
