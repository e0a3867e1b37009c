"""Settings, Audit: who changed what, and when; searched, paged, exported."""

from io import BytesIO
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.queries import get_account
from portal.audit import queries
from portal.audit.filters import AuditFilter
from portal.audit.models import AuditEvent
from portal.audit.words import action_words, changes
from portal.lib.clock import local, show_moment, today_in
from portal.lib.sheets import write_table
from portal.web.context import now, session
from portal.web.identity import current_identity

audit = Blueprint("audit", __name__, url_prefix="/settings/audit")

HEADINGS = ("When", "Time zone", "Who", "What", "Kind", "Id", "Name", "Before", "After")


@audit.get("")
def index() -> str:
    """A page of events, the newest first."""
    me = current_identity()
    timezone = get_account(session(), me.account_id).timezone
    chosen = AuditFilter.from_args(request.args)
    page = queries.list_page(session(), me.account_id, chosen, timezone, before=_place("before"), after=_place("after"))
    return render_template(
        "audit/index.html",
        lines=[_line(event, timezone) for event in page.events],
        filter=chosen,
        kinds=queries.list_kinds(session(), me.account_id),
        timezone=timezone,
        pages={
            "previous_href": _href(chosen, after=page.newer) if page.newer else None,
            "next_href": _href(chosen, before=page.older) if page.older else None,
            "count_text": f"{len(page.events)} event{'' if len(page.events) == 1 else 's'} on this page",
        },
        export_href=_address("admin.audit.export", chosen.to_args()),
    )


@audit.get("/export.csv")
def export() -> ResponseReturnValue:
    """Every event of the search as CSV, the newest first; cells are guarded against formulas."""
    me = current_identity()
    timezone = get_account(session(), me.account_id).timezone
    events = queries.iterate(session(), me.account_id, AuditFilter.from_args(request.args), timezone)
    # Not streamed from the database: a slow phone must not hold a transaction open for as long as it downloads.
    file = BytesIO(b"".join(write_table(HEADINGS, (_row(event, timezone) for event in events))))
    name = f"audit-{today_in(timezone, now()).isoformat()}.csv"
    return send_file(file, mimetype="text/csv", as_attachment=True, download_name=name)


def _line(event: AuditEvent, timezone: str) -> dict[str, object]:
    return {
        "when": show_moment(event.at, timezone),
        "who": event.actor_name,
        "what": action_words(event.action),
        "target": event.target_name,
        "kind": event.target_kind,
        "changes": changes(event.before, event.after),
    }


def _row(event: AuditEvent, timezone: str) -> list[str]:
    told = changes(event.before, event.after)
    return [
        local(event.at, timezone).strftime("%Y-%m-%d %H:%M:%S"),
        timezone,
        event.actor_name,
        event.action,
        event.target_kind,
        event.target_public_id,
        event.target_name,
        "; ".join(f"{one.field}: {one.before}" for one in told if one.before),
        "; ".join(f"{one.field}: {one.after}" for one in told if one.after),
    ]


def _place(name: str) -> int | None:
    """An event's id from the address; anything else counts as not given."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _href(chosen: AuditFilter, **place: int) -> str:
    return _address("admin.audit.index", chosen.to_args() | {name: str(event_id) for name, event_id in place.items()})


def _address(endpoint: str, args: dict[str, str]) -> str:
    return url_for(endpoint) + (f"?{urlencode(args)}" if args else "")
