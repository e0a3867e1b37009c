"""Mails about an attack on the passcode, written in the transaction of the attempt that calls for them."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.permissions import GATE_MANAGE, granted
from portal.accounts.queries import list_members
from portal.gate.attempts import Alert
from portal.gate.queries import Look
from portal.jobs import mails
from portal.web import mailer
from portal.web.context import portal


def post(session: Session, look: Look, alerts: Iterable[Alert], now: datetime) -> None:
    """One mail for each alert and each person who can act on it; each occasion is told once per passcode."""
    for alert in alerts:
        people = [one for one in list_members(session, look.company.id) if _may_act(one.role, one.permissions)]
        subject = _subject(look, alert)
        text, html = mailer.render(
            "gate/attack",
            account_name=look.company.name,
            percent=alert.percent,
            budget=alert.budget,
            spent=alert.percent * alert.budget // 100,
            thing_name=look.thing.name if look.thing else "",
            thing_tag=look.thing.tag if look.thing else "",
            page_href=f"{portal().settings.public_url}/admin/settings/gate",
        )
        for one in people:
            mails.post(
                session,
                account_id=look.company.id,
                kind="gate.attack",
                recipient=one.user.email,
                subject=subject,
                text_body=text,
                html_body=html,
                now=now,
                key=_key(look, alert, one.user_id),
            )


def _may_act(role: str, permissions: list[str]) -> bool:
    return GATE_MANAGE.name in granted(role, permissions)


def _subject(look: Look, alert: Alert) -> str:
    if not alert.percent:
        return f"Wrong passcodes at {look.thing.name if look.thing else 'one sticker'}"
    if alert.percent >= 100:
        return f"{look.company.name}: the gate is closed to new phones"
    return f"{look.company.name}: {alert.percent} % of the passcode's guesses are spent"


def _key(look: Look, alert: Alert, user_id: int) -> str:
    """The occasion: one passcode and its budget's level, or one passcode and one sticker."""
    what = f"{alert.percent}/{alert.budget}" if alert.percent else f"sticker-{alert.sticker_id}"
    return f"gate:{look.company.id}:{look.gate.generation}:{what}:{user_id}"
