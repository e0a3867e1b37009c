"""Mails about a refresh token that came again, written in the transaction that ended its session."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.permissions import DEVICES_MANAGE
from portal.accounts.queries import list_reachable
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
        page_href=f"{portal().settings.public_url}/admin/devices/{reuse.device_public_id}",
    )
    for one in list_reachable(session, reuse.account_id, DEVICES_MANAGE):
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
