"""What is odd: old stickers, missing things that are seen, bursts of wrong passcodes, records nobody saw for months."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.records.states import IN_USE, LOST, RETIRED, STOLEN
from portal.stickers import operations as stickers
from portal.stickers.models import Sticker
from portal.visits import oddities
from portal.visits.models import Scan
from portal.visits.oddities import bursts_of
from tests.factories.people import make_account, make_member
from tests.factories.things import make_record

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def sticker_of(record):
    return db.session.scalars(select(Sticker).where(Sticker.record_id == record.id, Sticker.revoked_at.is_(None))).one()


def add(record, outcome, at):
    sticker = sticker_of(record)
    db.session.add(
        Scan(account_id=record.account_id, sticker_id=sticker.id, record_id=record.id, at=at, outcome=outcome)
    )
    sticker.last_scanned_at = max(sticker.last_scanned_at or at, at)
    db.session.commit()


@pytest.fixture
def company(app):
    with app.app_context():
        yield make_account()


def old_record(account, name, days=800, **columns):
    return make_record(account, name=name, created_at=NOW - days * DAY, **columns)


def test_old_stickers_that_were_scanned_lately(company):
    truck, van = make_record(company), make_record(company, name="Van")
    for days, outcome in ((1, "retired"), (3, "retired"), (2, "revoked")):
        add(truck, outcome, NOW - days * DAY)
    add(van, "retired", NOW - 31 * DAY)
    add(van, "archived", NOW - DAY)
    add(make_record(make_account("Theirs")), "retired", NOW - DAY)
    found = oddities.find_old_stickers(db.session(), company.id, NOW)
    assert [(one.name, one.state, one.count, one.last_at) for one in found] == [
        ("Truck 7", "retired", 2, NOW - DAY),
        ("Truck 7", "revoked", 1, NOW - 2 * DAY),
    ]


def test_missing_things_seen_since_they_were_reported(company):
    since = NOW - 5 * DAY
    stolen = make_record(company, name="Stolen", state=STOLEN, state_at=since)
    lost = make_record(company, name="Lost", state=LOST, state_at=since)
    retired = make_record(company, name="Retired", state=RETIRED, state_at=since)
    gone = make_record(company, name="Archived", state=LOST, state_at=since, archived_at=NOW)
    for record in (stolen, lost, retired, gone):
        add(record, "record", NOW - 6 * DAY)  # before it was reported
    assert oddities.find_missing_seen(db.session(), company.id, NOW) == ()
    for record in (stolen, retired, gone):
        add(record, "gate", NOW - 4 * DAY)
    add(stolen, "record", NOW - 3 * DAY)
    found = oddities.find_missing_seen(db.session(), company.id, NOW)
    assert [(one.name, one.state, one.count, one.last_at) for one in found] == [("Stolen", "stolen", 2, NOW - 3 * DAY)]


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ([], []),
        (range(9), []),
        (range(10), [(10, 0, 9)]),
        ([7 * number for number in range(10)], []),  # 63 minutes
        ([*range(10), 200, 201], [(10, 0, 9)]),
        ([*range(0, 50, 5), *range(51, 60)], [(19, 0, 59)]),
        ([*range(10), *range(300, 312)], [(12, 300, 311)]),  # the larger one
    ],
)
def test_a_burst_is_ten_tries_within_an_hour(minutes, expected):
    found = bursts_of((7, NOW + minute * MINUTE) for minute in minutes)
    assert [(one.count, one.first_at, one.last_at) for one in found] == [
        (count, NOW + first * MINUTE, NOW + last * MINUTE) for count, first, last in expected
    ]


def test_tries_at_different_stickers_are_no_burst():
    assert bursts_of((number, NOW + number * MINUTE) for number in range(30)) == []
    two = [(number % 2, NOW + number * MINUTE) for number in range(30)]
    assert [(one.sticker_id, one.count) for one in bursts_of(two)] == [(1, 15), (0, 15)]


def test_bursts_name_their_record(company):
    truck = make_record(company)
    for number in range(12):
        add(truck, "wrong" if number < 5 else "throttled", NOW - DAY + number * MINUTE)
        add(truck, "wrong", NOW - 8 * DAY + number * MINUTE)  # too long ago
        add(truck, "gate", NOW - 2 * DAY + number * MINUTE)
    found = oddities.find_bursts(db.session(), company.id, NOW)
    assert [(one.name, one.burst.count, one.burst.first_at) for one in found] == [("Truck 7", 12, NOW - DAY)]


def test_records_that_nobody_has_seen_for_the_companys_months(company):
    company.unseen_months = 12
    seen, unseen = old_record(company, "Seen"), old_record(company, "Unseen")
    old_record(company, "Never")
    add(seen, "gate", NOW - 300 * DAY)
    add(unseen, "gate", NOW - 400 * DAY)
    old_record(company, "Young", days=100)
    old_record(company, "Archived", archived_at=NOW)
    old_record(company, "Retired", state=RETIRED)
    make_record(company, "contact", "Person", created_at=NOW - 800 * DAY)
    old_record(make_account("Theirs"), "Theirs")
    found, count = oddities.find_unseen(db.session(), company, NOW)
    assert ([(one.name, one.last_at) for one in found], count) == (
        [("Never", None), ("Unseen", NOW - 400 * DAY)],
        2,
    )
    company.unseen_months = 24
    assert [one.name for one in oddities.find_unseen(db.session(), company, NOW)[0]] == ["Never"]
    company.unseen_months = 0
    assert oddities.find_unseen(db.session(), company, NOW) == ((), 0)


def test_a_scan_of_a_sticker_that_was_replaced_counts_for_its_record(company):
    company.unseen_months = 12
    record = old_record(company, "Torn")
    add(record, "gate", NOW - 30 * DAY)
    stickers.replace(db.session(), account_id=company.id, record_id=record.id, now=NOW - 10 * DAY)
    db.session.commit()
    assert oddities.find_unseen(db.session(), company, NOW) == ((), 0)


def test_an_ordinary_company_has_nothing_odd(company):
    add(make_record(company, state=IN_USE), "record", NOW - DAY)
    assert not oddities.find_oddities(db.session(), company, NOW).is_any


def test_the_page_tells_all_of_it_first(app, client):
    moment = datetime.now(UTC)
    with app.app_context():
        account = make_account()
        make_member(account)
        add(make_record(account, name="Old sticker"), "retired", moment - DAY)
        add(make_record(account, name="Stolen thing", state=STOLEN, state_at=moment - 2 * DAY), "gate", moment - DAY)
        guessed = make_record(account, name="Guessed at")
        for number in range(11):
            add(guessed, "wrong", moment - DAY + number * MINUTE)
        for number in range(7):
            make_record(account, name=f"Forgotten {number}", created_at=moment - 900 * DAY)
    client.sign_in("ada@example.com")
    page = " ".join(client.get("/admin/scans?outcome=archived").get_data(as_text=True).split())
    odd = page[page.index("Worth a look") : page.index("Filter scans")]
    for words in (
        "Old sticker",
        "Stolen thing",
        "was seen 1 time,",
        "11 wrong passcodes",
        "7 records were not scanned",
    ):
        assert words in odd, words
    assert "Forgotten 4" in odd and "Forgotten 5" not in odd and "and others" in odd
