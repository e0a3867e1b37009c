"""Settings, QR Code Portal: passcode, passphrase and its rotation, the address that is printed."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.wrappers import Response

from portal.accounts.models import Account
from portal.audit.models import AuditEvent
from portal.audit.operations import record as audit
from portal.audit.queries import list_for_target
from portal.errors import NotFound
from portal.gate import budget, operations, queries
from portal.gate.forms import QrPortalForm
from portal.gate.models import Passcode
from portal.gate.throttle import most_guesses, odds
from portal.gate.views.wording import show_percent
from portal.labels.layout import sheets_needed
from portal.labels.queries import usual_stock
from portal.lib.clock import local
from portal.lib.passcodes import SHORTEST, count_codes, make_passcode
from portal.stickers import operations as stickers
from portal.stickers import queries as sticker_queries
from portal.stickers import tokens
from portal.stickers.queries import RotationImpact
from portal.web.addresses import public_url_warnings
from portal.web.context import now, portal, session
from portal.web.identity import current_identity

qr_portal = Blueprint("qr_portal", __name__, url_prefix="/settings/qr-portal")

SCANNED_WITHIN = timedelta(days=30)


@dataclass(frozen=True)
class State:
    """What is saved at the moment."""

    account: Account
    row: Passcode
    passcode: str
    passphrase: str

    @property
    def mark(self) -> str:
        """Changes whenever somebody saves: the second of two admins is told instead of overwriting."""
        return hashlib.sha256(f"{self.row.generation}:{self.passphrase}".encode()).hexdigest()[:16]


@qr_portal.get("")
def edit() -> str:
    """The page as saved."""
    state = read_state()
    return page(state, make_form(state))


@qr_portal.post("")
def update() -> Response | tuple[str, int] | str:
    """Generate buttons fill the form without saving; Update saves, rotates if the passphrase is new, and says so."""
    state = read_state()
    if request.form.get("generate") in ("passcode", "passphrase"):
        return page(state, make_form(state, generated_form(state, request.form["generate"])))
    form = make_form(state)
    if form.seen.data and form.seen.data != state.mark:
        form.passphrase.raw_data = None
        form.passphrase.data = state.passphrase
        form.seen.data = state.mark
        form.form_errors.append(changed_meanwhile(state.account))
        return page(state, form), 409
    if not form.validate():
        return page(state, form), 422
    rotated = form.passphrase.data != state.passphrase
    save(state, form)
    session().commit()
    announce(form, rotated)
    return redirect(url_for("admin.qr_portal.edit", rotated=1 if rotated else None), 303)


def read_state() -> State:
    """The account's passcode and passphrase in clear. Raises NotFound when the account is gone."""
    identity = current_identity()
    account = session().get(Account, identity.account_id)
    if account is None:
        raise NotFound(identity.account_id)
    row = queries.get_passcode_row(session(), account.id)
    return State(
        account,
        row,
        queries.reveal_passcode(portal().key_ring, row),
        sticker_queries.get_passphrase(session(), portal().key_ring, account.id),
    )


def make_form(state: State, formdata: Any = None) -> QrPortalForm:
    """The form over what is saved; a field that a program leaves out keeps its saved value."""
    if formdata is None and request.method == "POST":
        formdata = ImmutableMultiDict(saved_values(state) | request.form.to_dict())
    return QrPortalForm(
        formdata,
        data=saved_values(state),
        current_passcode=state.passcode,
        current_passphrase=state.passphrase,
        is_used=lambda text: sticker_queries.is_used_passphrase(session(), portal().key_ring, state.account.id, text),
        meta={"csrf": False},  # web.requests has checked the token
    )


def saved_values(state: State) -> dict[str, str]:
    return {
        "passcode": state.passcode,
        "passcode_length": str(len(state.passcode) or SHORTEST),
        "passphrase": state.passphrase,
        "overlap_days": "0",
        "seen": state.mark,
    }


def generated_form(state: State, what: str) -> ImmutableMultiDict[str, str]:
    """What was typed, with a new passcode or passphrase put in: nothing is saved yet."""
    typed = saved_values(state) | request.form.to_dict()
    if what == "passphrase":
        typed["passphrase"] = tokens.make_passphrase()
    else:
        length = typed["passcode_length"]
        typed["passcode"] = make_passcode(int(length) if length in {"4", "5", "6", "7", "8"} else SHORTEST)
    return ImmutableMultiDict(typed)


def page(state: State, form: QrPortalForm) -> str:
    """The page with the consequences of what stands in the form, counted."""
    moment = now()
    impact = sticker_queries.rotation_impact(session(), state.account.id, scanned_since=moment - SCANNED_WITHIN)
    stock = usual_stock(session(), state.account)
    return render_template(
        "gate/qr_portal.html",
        form=form,
        is_rotation=form.passphrase.data != state.passphrase,
        is_rotated=request.args.get("rotated") == "1",
        shows_passcode=request.args.get("show") == "1" or request.form.get("generate") == "passcode",
        impact=impact,
        sheet_count=sheets_needed(impact.sticker_count, stock) if impact.sticker_count else 0,
        stock=stock,
        passcode_is_missing=not state.passcode,
        bound=bound(state),
        changed_on=f"{local(state.row.changed_at, state.account.timezone):%d %b %Y}",
        public_url=portal().settings.public_url,
        warnings=public_url_warnings(portal().settings.public_url),
    )


def bound(state: State) -> dict[str, int | str]:
    """How many wrong codes can be looked at before this passcode changes, and the chance that this gives."""
    spent, codes = budget.get_budget(session(), state.account.id), count_codes(len(state.passcode) or SHORTEST)
    most = most_guesses(spent.granted)
    return {
        "unknown": spent.most,
        "unknown_odds": show_percent(odds(spent.most, codes)),
        "all": most,
        "all_odds": show_percent(odds(most, codes)),
        "codes": f"{codes:,}",
    }


def save(state: State, form: QrPortalForm) -> None:
    """Writes what changed, each change with its audit event; neither code is ever in one."""
    moment = now()
    if form.passcode.data != state.passcode:
        operations.set_passcode(
            session(), portal().key_ring, account_id=state.account.id, code=form.passcode.data, now=moment
        )
        write_audit(state.account, "passcode.change" if form.passcode.data else "passcode.clear", {})
    if form.passphrase.data != state.passphrase:
        impact = sticker_queries.rotation_impact(session(), state.account.id, scanned_since=moment - SCANNED_WITHIN)
        overlap = timedelta(days=form.overlap_days.data)
        stickers.set_passphrase(
            session(),
            portal().key_ring,
            account_id=state.account.id,
            text=form.passphrase.data,
            now=moment,
            overlap=overlap,
        )
        write_audit(state.account, "passphrase.rotate", rotation_facts(impact, overlap))


def rotation_facts(impact: RotationImpact, overlap: timedelta) -> dict[str, int]:
    return {"stickers": impact.sticker_count, "scanned in 30 days": impact.scanned_count, "overlap days": overlap.days}


def write_audit(account: Account, action: str, after: dict[str, int]) -> None:
    audit(
        session(),
        account_id=account.id,
        actor=current_identity().actor,
        action=action,
        now=now(),
        target_kind="qr-portal",
        target_public_id=account.public_id,
        target_name=account.name,
        after=after,
    )


def announce(form: QrPortalForm, rotated: bool) -> None:
    """The green toast, and a warning when the portal was closed by an empty passcode."""
    flash(
        "QR Code Portal settings were updated."
        + (" The old stickers are retired." if rotated and not form.overlap_days.data else ""),
        "success",
    )
    if not form.passcode.data:
        flash("The QR Passcode is blank: whoever scans sees \u201cYou must assign passcode.\u201d", "error")


def changed_meanwhile(account: Account) -> str:
    """Who saved in between."""
    events: list[AuditEvent] = list_for_target(session(), account.id, account.public_id, 1)
    who = events[0].actor_name if events else "Somebody else"
    return (
        f"{who} changed these settings while you had the page open. "
        "Your passcode is kept below; check it and press Update again."
    )
