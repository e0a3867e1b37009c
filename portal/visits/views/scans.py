"""The scans page: what is odd, a chart by day, counts by record and outcome, the scans themselves, and their file."""

from io import BytesIO
from typing import Any

from flask import Blueprint, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.models import Account
from portal.accounts.queries import get_account
from portal.lib.clock import local, show_moment, today_in
from portal.lib.sheets import write_table
from portal.records.queries import find_record
from portal.visits import charts, oddities
from portal.visits import scans as log
from portal.visits.scan_filters import OUTCOMES, ScanFilter
from portal.visits.scans import Place
from portal.web.context import now, session
from portal.web.identity import current_identity

scans = Blueprint("scans", __name__, url_prefix="")

MOST_IN_FILE = 100_000
HEADINGS = ("Time", "Record", "Tag", "Record id", "Outcome", "Admitted", "Counted", "Browser")


@scans.get("/scans")
def index() -> str:
    """Counts and one page of the list, by the filter in the address."""
    account, filter = _asked()
    after, before = (Place.from_text(request.args.get(name, "")) for name in ("after", "before"))
    page = log.list_page(session(), account.id, filter, account.timezone, after=after, before=before)
    return render_template(
        "visits/scans.html",
        filter=filter,
        chosen=_chosen(account, filter),
        outcomes=OUTCOMES,
        rows=[_shown(row, account) for row in page.rows],
        pages=_pages(filter, page),
        odd=_odd(account),
        today=today_in(account.timezone, now()).isoformat(),
        file_href=url_for("admin.scans.export", **_args(filter)),
        most_in_file=MOST_IN_FILE,
        **_figures(account, filter),
    )


@scans.get("/scans.csv")
def export() -> ResponseReturnValue:
    """The scans of the filter as a file, the newest first; times by the account's clock with their distance to UTC."""
    account, filter = _asked()
    rows = log.list_all(session(), account.id, filter, account.timezone, MOST_IN_FILE)
    cells = (
        (
            local(row.at, account.timezone).isoformat(sep=" ", timespec="seconds"),
            *(row.record_name, row.record_tag, row.record_public_id),
            OUTCOMES.get(row.outcome, row.outcome),
            *("yes" if one else "no" for one in (row.is_admitted, not row.is_repeat)),
            row.browser,
        )
        for row in rows
    )
    file = BytesIO(b"".join(write_table(HEADINGS, cells)))
    name = f"scans-{filter.start.isoformat()}-{filter.end.isoformat()}.csv"
    return send_file(file, mimetype="text/csv", as_attachment=True, download_name=name)


def _asked() -> tuple[Account, ScanFilter]:
    account = get_account(session(), current_identity().account_id)
    return account, ScanFilter.from_args(request.args, today_in(account.timezone, now()))


def _chosen(account: Account, filter: ScanFilter) -> str:
    """The name of the record that the filter means, "" for none."""
    record = find_record(session(), account.id, filter.record) if filter.record else None
    return record.name if record else "Deleted record" if filter.record else ""


def _figures(account: Account, filter: ScanFilter) -> dict[str, Any]:
    """The counts of the days: by span, with their chart, by outcome and by record."""
    what = (session(), account.id, filter, account.timezone)
    counts = log.count_by_span(*what, charts.spans(filter.start, filter.end))
    outcomes, records = log.count_by_outcome(*what), log.count_by_record(*what)
    return {
        "chart": charts.draw(counts),
        "counts": counts,
        "scan_count": sum(one.scan_count for one in counts),
        "refused_count": sum(one.refused_count for one in counts),
        "by_outcome": [
            (OUTCOMES.get(name, name), count, _href(filter, outcome=name)) for name, count in outcomes.items()
        ],
        "by_record": [(one, _href(filter, record=one.public_id) if one.public_id else "") for one in records],
    }


def _odd(account: Account) -> dict[str, Any]:
    """What is odd, with moments in words; shown whatever the filter is."""
    found = oddities.find_oddities(session(), account, now())

    def at(moment: Any) -> str:
        return show_moment(moment, account.timezone) if moment else "never"

    return {
        "is_any": found.is_any,
        "old_stickers": [(one, at(one.last_at)) for one in found.old_stickers],
        "missing_seen": [(one, at(one.last_at)) for one in found.missing_seen],
        "bursts": [(one, at(one.burst.first_at)) for one in found.bursts],
        "unseen": [(one, at(one.last_at)) for one in found.unseen],
        "unseen_count": f"{oddities.COUNTED:,}+" if found.unseen_count > oddities.COUNTED else str(found.unseen_count),
        "unseen_more": found.unseen_count > len(found.unseen),
        "months": found.unseen_months,
    }


def _shown(row: Any, account: Account) -> dict[str, Any]:
    return {
        "at": show_moment(row.at, account.timezone),
        "name": row.record_name,
        "tag": row.record_tag,
        "href": url_for("admin.records.show", public_id=row.record_public_id) if row.record_public_id else "",
        "outcome": OUTCOMES.get(row.outcome, row.outcome),
        "is_admitted": row.is_admitted,
        "is_repeat": row.is_repeat,
        "browser": row.browser,
    }


def _pages(filter: ScanFilter, page: log.Page) -> dict[str, str | None]:
    return {
        "previous_href": _href(filter, before=page.previous.to_text()) if page.previous else None,
        "next_href": _href(filter, after=page.next.to_text()) if page.next else None,
        "count_text": f"{len(page.rows)} scans on this page" if len(page.rows) != 1 else "1 scan on this page",
    }


def _href(filter: ScanFilter, **more: str) -> str:
    return url_for("admin.scans.index", **(_args(filter) | more))


def _args(filter: ScanFilter) -> dict[str, Any]:
    return dict(filter.to_args())
