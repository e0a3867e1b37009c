"""Mails about an attack on the passcode, written in the transaction of the attempt that calls for them."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.permissions import GATE_MANAGE
from portal.accounts.queries import list_reachable
from portal.gate.attempts import Alert
from portal.gate.queries import Look
from portal.jobs import mails
from portal.lib.words import ENGLISH, Words
from portal.web import mailer
from portal.web.context import portal


def post(session: Session, look: Look, alerts: Iterable[Alert], now: datetime) -> None:
    """One mail for each alert and each person who can act on it; each occasion is told once per passcode."""
    for alert in alerts:
        people = list_reachable(session, look.company.id, GATE_MANAGE)
        thing = look.thing.name if look.thing else ""
        title = subject(look.company.name, thing, alert.percent)
        text, html = mailer.render(
            "gate/attack",
            account_name=look.company.name,
            percent=alert.percent,
            budget=alert.budget,
            spent=alert.percent * alert.budget // 100,
            thing_name=thing,
            thing_tag=look.thing.tag if look.thing else "",
            page_href=f"{portal().settings.public_url}/admin/settings/gate",
        )
        for one in people:
            mails.post(
                session,
                account_id=look.company.id,
                kind="gate.attack",
                recipient=one.user.email,
                subject=title,
                text_body=text,
                html_body=html,
                now=now,
                key=_key(look, alert, one.user_id),
            )


def subject(company: str, thing: str, percent: int, words: Words = ENGLISH) -> str:
    """The mail's subject. ``percent`` of the budget is spent, or 0 when it is about one sticker."""
    if not percent:
        return words.say("Wrong passcodes at %(thing)s", thing=thing)
    if percent >= 100:
        return words.say("%(company)s: the gate is closed to new phones", company=company)
    return words.say(
        "%(company)s: %(percent)s %% of the passcode's guesses are spent", company=company, percent=percent
    )


def _key(look: Look, alert: Alert, user_id: int) -> str:
    """The occasion: one passcode and its budget's level, or one passcode and one sticker."""
    what = f"{alert.percent}/{alert.budget}" if alert.percent else f"sticker-{alert.sticker_id}"
    return f"gate:{look.company.id}:{look.gate.generation}:{what}:{user_id}"
