"""The scans page: days by the account's clock, filters, pages, counts, the file, and how the database answers."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, insert, select, text

from portal.extensions import db
from portal.records.models import Record
from portal.stickers.models import Sticker
from portal.visits import charts, scans
from portal.visits.charts import Count, Span
from portal.visits.models import Scan
from portal.visits.scan_filters import ScanFilter
from tests.factories.people import make_account, make_member
from tests.factories.things import make_record

TODAY = datetime.now(UTC).date()


def add(record, at, outcome="record", *, repeat=False, browser="iPhone, Safari"):
    sticker = db.session.scalars(select(Sticker).where(Sticker.record_id == record.id)).one()
    db.session.add(
        Scan(
            account_id=record.account_id,
            sticker_id=sticker.id,
            record_id=record.id,
            at=at,
            outcome=outcome,
            is_admitted=outcome == "record",
            is_repeat=repeat,
            browser=browser,
            browser_hash="b" * 64,
        )
    )
    db.session.commit()


def moment(days_ago, hour=12, minute=0):
    return datetime.combine(TODAY - timedelta(days=days_ago), datetime.min.time(), UTC).replace(
        hour=hour, minute=minute
    )


@pytest.fixture
def company(app):
    """An account with an admin, inside an application context."""
    with app.app_context():
        account = make_account()
        make_member(account)
        yield account


def asked(account, **args):
    return ScanFilter.from_args({name.rstrip("_"): value for name, value in args.items()}, TODAY), account.timezone


def listed(account, **args):
    page = scans.list_page(db.session(), account.id, *asked(account, **args))
    return [(row.record_name, row.outcome) for row in page.rows]


def test_filters_by_day_record_outcome_and_admission(company):
    truck, van = make_record(company), make_record(company, name="Van")
    add(truck, moment(1))
    add(truck, moment(2), "wrong")
    add(van, moment(3), "gate")
    add(van, moment(40))
    make_stranger = make_record(make_account("Theirs"), name="Theirs")
    add(make_stranger, moment(1))
    assert listed(company) == [("Truck 7", "record"), ("Truck 7", "wrong"), ("Van", "gate")]
    assert listed(company, outcome="wrong") == [("Truck 7", "wrong")]
    assert listed(company, admitted="yes") == [("Truck 7", "record")]
    assert listed(company, admitted="no") == [("Truck 7", "wrong"), ("Van", "gate")]
    assert listed(company, record=van.public_id) == [("Van", "gate")]
    assert listed(company, record=make_stranger.public_id) == []
    start = (TODAY - timedelta(days=41)).isoformat()
    assert listed(company, from_=start, to=(TODAY - timedelta(days=39)).isoformat()) == [("Van", "record")]


def test_days_begin_at_the_accounts_midnight(app):
    with app.app_context():
        account = make_account(timezone="America/Detroit")
        record = make_record(account)
        day = date(2026, 3, 8)  # 23 hours long there: clocks go forward
        midnight = datetime(2026, 3, 8, 5, tzinfo=UTC)
        for minutes in (-1, 0, 23 * 60 - 1, 23 * 60):
            add(record, midnight + timedelta(minutes=minutes))
        filter = ScanFilter(day, day)
        assert len(scans.list_page(db.session(), account.id, filter, account.timezone).rows) == 2
        wide = ScanFilter(day - timedelta(days=1), day + timedelta(days=1))
        spans = charts.spans(wide.start, wide.end)
        counts = scans.count_by_span(db.session(), account.id, wide, account.timezone, spans)
        assert [one.scan_count for one in counts] == [1, 2, 1]


def test_every_page_is_reached_once_and_back_again(company, monkeypatch):
    monkeypatch.setattr(scans, "PAGE", 4)
    record = make_record(company)
    for number in range(11):
        add(record, moment(1, 12, number // 3))  # equal moments cross the pages
    filter = asked(company)
    pages, after = [], None
    while True:
        page = scans.list_page(db.session(), company.id, *filter, after=after)
        pages.append([row.id for row in page.rows])
        if page.next is None:
            break
        after = scans.Place.from_text(page.next.to_text())
        assert after == page.next
    assert [len(page) for page in pages] == [4, 4, 3]
    newest = db.session.scalars(select(Scan.id).order_by(Scan.at.desc(), Scan.id.desc())).all()
    assert [row_id for page in pages for row_id in page] == newest
    back = scans.list_page(db.session(), company.id, *filter, before=page.previous)
    assert [row.id for row in back.rows] == pages[1]
    first = scans.list_page(db.session(), company.id, *filter, before=back.previous)
    assert [row.id for row in first.rows] == pages[0] and first.previous is None


def test_counts_leave_out_repeats_unless_an_outcome_is_asked_for(company):
    truck, van = make_record(company), make_record(company, name="Van")
    for outcome, repeat in (("gate", False), ("wrong", True), ("record", True)):
        add(truck, moment(1), outcome, repeat=repeat)
    add(van, moment(0, 0), "throttled")
    what = (db.session(), company.id, *asked(company, from_=(TODAY - timedelta(days=1)).isoformat()))
    counts = scans.count_by_span(*what, charts.spans(TODAY - timedelta(days=1), TODAY))
    assert [(one.scan_count, one.refused_count) for one in counts] == [(1, 1), (1, 1)]
    assert scans.count_by_outcome(*what) == {"gate": 1, "record": 1, "throttled": 1, "wrong": 1}
    assert [(one.name, one.count) for one in scans.count_by_record(*what)] == [("Truck 7", 1), ("Van", 1)]
    narrow = (db.session(), company.id, *asked(company, outcome="record"))
    assert [(one.name, one.count) for one in scans.count_by_record(*narrow)] == [("Truck 7", 1)]


@pytest.mark.parametrize(
    "args",
    [
        {"from": "yesterday", "to": "2026-13-40"},
        {"from": "0001-01-01", "to": "9999-12-31"},
        {"after": "x", "before": "2026-01-01T00:00:00+00:00_999999999999999999999999"},
        {"after": "0001-01-01T00:00:00+23:59_1"},
        {"outcome": "'; DROP", "admitted": "maybe", "record": "\x01"},
        {"from": "2026-05-05", "to": "2026-01-01"},
    ],
)
def test_odd_addresses_show_a_page(app, client, args):
    with app.app_context():
        make_member(make_account())
    client.sign_in("ada@example.com")
    assert client.get("/admin/scans", query_string=args).status_code == 200
    assert client.get("/admin/scans.csv", query_string=args).status_code == 200


def test_a_filter_survives_its_address_and_spans_a_year_at_most():
    filter = ScanFilter(date(2026, 1, 1), date(2026, 2, 1), "abc", "wrong", "no")
    assert ScanFilter.from_args(filter.to_args(), date(2026, 6, 1)) == filter
    usual = ScanFilter.from_args({}, date(2026, 6, 30))
    assert (usual.start, usual.end) == (date(2026, 6, 1), date(2026, 6, 30))
    wide = ScanFilter.from_args({"from": "2020-01-01", "to": "2026-06-30"}, date(2026, 6, 30))
    assert (wide.end - wide.start).days + 1 == 366


def test_the_file_says_what_the_list_says_and_runs_no_formula(app, client):
    with app.app_context():
        account = make_account(timezone="Europe/Warsaw")
        make_member(account)
        record = make_record(account, name='=cmd|"/c calc"!A1', tag="+7")
        add(record, datetime.combine(TODAY, datetime.min.time(), UTC) - timedelta(days=1), "wrong", repeat=True)
    client.sign_in("ada@example.com")
    answer = client.get("/admin/scans.csv")
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    heading, row = csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff")))
    shown = dict(zip(heading, row, strict=True))
    assert shown["Record"].startswith("'=cmd") and shown["Tag"] == "'+7"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d 0[12]:00:00\+0[12]:00", shown["Time"])
    assert (shown["Outcome"], shown["Admitted"], shown["Counted"]) == ("Invalid passcode", "no", "no")


def test_a_file_is_read_in_pieces_and_ends_at_its_limit(company, monkeypatch):
    monkeypatch.setattr(scans, "FILE_CHUNK", 3)
    record = make_record(company)
    for number in range(10):
        add(record, moment(1, 12, number))
    what = (db.session(), company.id, *asked(company))
    assert len({row.id for row in scans.list_all(*what, 100)}) == 10
    assert len(list(scans.list_all(*what, 7))) == 7


def test_the_page_draws_its_chart_and_tells_the_figures(app, client):
    with app.app_context():
        account = make_account()
        make_member(account)
        record = make_record(account, name="<b>Truck</b>")
        add(record, moment(0, 0))
        add(record, moment(1), "wrong")
        gone = make_record(account, name="Gone")
        add(gone, moment(1))
        db.session.execute(Scan.__table__.update().where(Scan.record_id == gone.id).values(record_id=None))
        db.session.commit()
        public_id = record.public_id
    client.sign_in("ada@example.com")
    page = client.get("/admin/scans").get_data(as_text=True)
    assert page.count('class="chart-bar"') == 30 and page.count('class="chart-refused"') == 1
    assert "&lt;b&gt;Truck&lt;/b&gt;" in page and "<b>Truck" not in page and "Deleted record" in page
    assert "3 scans, 1 refused tries" in " ".join(page.split())
    only = client.get(f"/admin/scans?record={public_id}").get_data(as_text=True)
    assert "2 scans" in only and f'name="record" value="{public_id}" checked' in only
    assert f"/admin/scans?record={public_id}" in client.get(f"/admin/records/{public_id}").get_data(as_text=True)
    assert "No scans here" in client.get("/admin/scans?outcome=retired").get_data(as_text=True)


def test_spans_cover_every_day_once():
    for days in (1, 2, 93, 94, 186, 187, 366):
        start = date(2026, 1, 1)
        spans = charts.spans(start, start + timedelta(days=days - 1))
        assert len(spans) <= charts.MOST_BARS
        covered = [span.start + timedelta(days=at) for span in spans for at in range((span.end - span.start).days + 1)]
        assert covered == [start + timedelta(days=at) for at in range(days)]


@pytest.mark.parametrize(
    ("most", "top"), [(0, 4), (4, 4), (5, 8), (9, 20), (21, 40), (201, 400), (1_000_000, 2_000_000)]
)
def test_the_scale_ends_at_a_round_figure(most, top):
    assert charts.ceiling(most) == top


def test_bars_stand_beside_each_other_and_under_the_top():
    day = Span(date(2026, 1, 1), date(2026, 1, 1))
    chart = charts.draw([Count(day, 0, 0), Count(day, 8, 3), Count(day, 4, 4)])
    assert [bar.height for bar in chart.bars] == [0, 160, 80]
    assert all(bar.y + bar.height == chart.height for bar in chart.bars)
    assert all(one.x + one.width <= other.x for one, other in zip(chart.bars, chart.bars[1:], strict=False))
    assert chart.bars[-1].x + chart.bars[-1].width <= chart.width


def plans_of(session, act):
    """How the database answers each statement of ``act``: its plan as text."""
    seen = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        seen.append((statement, parameters))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    how = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    return [
        "\n".join(str(tuple(row)) for row in session.connection().exec_driver_sql(how + statement, parameters))
        for statement, parameters in seen
        if "FROM scan" in statement
    ]


def test_a_large_log_is_read_from_the_index(company):
    record = make_record(company)
    sticker = db.session.scalars(select(Sticker).where(Sticker.record_id == record.id)).one()
    shared = {
        "account_id": company.id,
        "sticker_id": sticker.id,
        "record_id": record.id,
        "outcome": "record",
        "is_admitted": True,
        "is_repeat": False,
        "browser": "",
        "browser_hash": "",
    }
    rows = [shared | {"at": moment(0, 0) - timedelta(minutes=20 * number)} for number in range(20_000)]
    db.session.execute(insert(Scan), rows)
    db.session.commit()
    with db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("ANALYZE" if connection.dialect.name == "sqlite" else "VACUUM ANALYZE scan"))
    session, what = db.session(), (company.id, *asked(company))
    acts = (
        lambda: scans.count_by_span(session, *what, charts.spans(TODAY - timedelta(days=29), TODAY)),
        lambda: scans.count_by_outcome(session, *what),
        lambda: scans.count_by_record(session, *what),
        lambda: scans.list_page(session, *what),
    )
    for act in acts:
        plans = plans_of(session, act)
        assert plans
        for plan in plans:
            assert "ix_scan_account_id_at" in plan, plan
            assert "SCAN scan" not in plan and "Seq Scan on scan" not in plan, plan


def test_members_see_scans_and_another_companys_record_is_no_filter(app, client):
    with app.app_context():
        account = make_account()
        make_member(account, "mia@example.com", role="member")
        theirs = make_record(make_account("Theirs"), name="Their Truck")
        add(theirs, moment(1))
        public_id = db.session.scalars(select(Record.public_id)).one()
    client.sign_in("mia@example.com")
    page = client.get(f"/admin/scans?record={public_id}")
    assert page.status_code == 200 and "Their Truck" not in page.get_data(as_text=True)
