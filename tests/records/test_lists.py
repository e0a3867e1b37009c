"""Lists: every order and filter pages through exactly what it should, whatever stands in the names."""

from datetime import UTC, date, datetime, timedelta

import pytest

from portal.extensions import db
from portal.records import lists, matching
from portal.records.filters import Place, RecordFilter
from portal.records.models import Record
from tests.factories.people import make_account
from tests.factories.things import make_expiration, make_record

TODAY = date(2027, 6, 15)
NAMES = [
    "Żuk",
    "zebra",
    "Ångström",
    "apple",
    "100% sure",
    "under_score",
    "back\\slash",
    "Œuvre",
    "李明",
    "محمد",
    "İstanbul",
]


@pytest.fixture
def company(app):
    with app.app_context():
        yield make_account(country="PL")


def names(account, *, limit=3, **filter):
    """All names of a list, forwards by pages of ``limit``; the same pages must come back on the way back."""
    asked = RecordFilter(**filter)
    seen, place, pages = [], None, []
    while True:
        page = lists.list_page(db.session(), account.id, asked, today=TODAY, after=place, limit=limit)
        pages.append([line.columns.name for line in page.lines])
        seen += pages[-1]
        if page.next is None:
            break
        place = Place.from_text(page.next.to_text())
    back = [pages[-1]]
    while page.previous is not None:
        page = lists.list_page(
            db.session(), account.id, asked, today=TODAY, before=Place.from_text(page.previous.to_text()), limit=limit
        )
        back.insert(0, [line.columns.name for line in page.lines])
    assert back == pages
    assert lists.count(db.session(), account.id, asked, today=TODAY) == len(seen)
    ids = lists.list_ids(db.session(), account.id, asked, None, today=TODAY)
    assert [db.session.get(Record, one).name for one in ids] == seen
    assert lists.list_ids(db.session(), account.id, asked, 2, today=TODAY) == ids[:2]
    return seen


def test_names_are_sorted_without_case_and_accents_in_both_directions(company):
    for name in NAMES:
        make_record(company, name=name)
    up = names(company)
    assert up.index("Ångström") < up.index("apple") < up.index("zebra") < up.index("Żuk")
    assert sorted(up) == sorted(NAMES)
    assert names(company, sort="-name") == up[::-1]


def test_equal_names_are_paged_without_loss(company):
    for number in range(10):
        make_record(company, name="Same", tag=f"S{number}")
    assert names(company) == ["Same"] * 10


@pytest.mark.parametrize("kind", ["", "vehicle"])
def test_records_without_tag_or_expiry_come_last_in_both_directions(company, kind):
    for number, tag in enumerate(["", "b", "", "a", "c"]):
        record = make_record(company, name=f"N{number}", tag=tag)
        if tag:
            make_expiration(record, expires_on=TODAY + timedelta(days=number))
    assert names(company, sort="tag", kind=kind) == ["N3", "N1", "N4", "N0", "N2"]
    assert names(company, sort="-tag", kind=kind) == ["N4", "N1", "N3", "N0", "N2"]
    assert names(company, sort="expiry", kind=kind) == ["N1", "N3", "N4", "N0", "N2"]
    assert names(company, sort="-expiry", kind=kind) == ["N4", "N3", "N1", "N0", "N2"]


def test_the_latest_change_comes_first_when_asked(company):
    for number in range(5):
        record = make_record(company, name=f"N{number}")
        record.updated_at = datetime(2027, 1, 1 + number, tzinfo=UTC)
    db.session.commit()
    assert names(company, sort="-updated") == ["N4", "N3", "N2", "N1", "N0"]
    assert names(company, sort="updated") == ["N0", "N1", "N2", "N3", "N4"]


def test_expiry_states_follow_the_day(company):
    days = {"past": -1, "last day": 0, "soon": 30, "far": 31}
    for name, distance in days.items():
        make_expiration(make_record(company, name=name), expires_on=TODAY + timedelta(days=distance), warn_days=30)
    make_record(company, name="nothing")
    assert names(company, expiry="expired") == ["past"]
    assert sorted(names(company, expiry="due")) == ["last day", "soon"]
    assert names(company, expiry="valid") == ["far"]
    assert names(company, expiry="none") == ["nothing"]


def test_filters_by_owner_location_archive_and_lack_of_an_owner(company):
    owner = make_record(company, "contact", "Olga")
    yard = make_record(company, "location", "Yard")
    make_record(company, name="owned", owner_id=owner.id, location_id=yard.id)
    make_record(company, name="orphan")
    make_record(company, name="gone", archived_at=datetime.now(UTC))
    assert names(company, owner=owner.public_id) == ["owned"]
    assert names(company, location=yard.public_id) == ["owned"]
    assert names(company, kind="vehicle", without="owner") == ["orphan"]
    assert names(company, archived=True) == ["gone"]
    assert names(company, kind="vehicle", owner="nobody") == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("volvo", True),
        ("VOLVO fh", True),
        ("fh volvo", True),
        ("olv", True),
        ("vo", True),
        ("ol", False),
        ("kr1234", True),
        ("KR-12 34", True),
        ("yv2 rt40", True),
        ("z-00", True),
        ("z-", True),
        ("Zażółć", True),
        ("zazolc", True),
        ("volvo scania", False),
        ("%", False),
        ("___", False),
        ("v%vo", False),
        ('"volvo', True),
        ("volvo*", True),
        ("volvo OR scania", False),
        ("search_text:volvo", False),
        ("\u0301", False),
        ("\x02", True),
        ("\x00", True),
        ("\U0010ffff", False),
        ("\ud7ff", False),
    ],
)
def test_search_finds_by_parts_of_every_code(company, query, found):
    make_record(company, name="Volvo FH Zażółć", tag="Z-0017", plate="KR 12-34", vin="YV2RT40A1")
    asked = RecordFilter.from_args({"q": query})
    assert names(company, q=asked.q) == (["Volvo FH Zażółć"] if found else [])


@pytest.mark.parametrize("query", ["601 234 567", "+48 601", "601-234", "48601234567", "EWA@firma", "234567"])
def test_contacts_are_found_by_phone_and_mail(company, query):
    make_record(company, "contact", "Ewa Nowak", mobile="+48601234567", email="ewa@firma.pl")
    assert names(company, q=query) == ["Ewa Nowak"]


def test_another_account_is_never_found(company):
    other = make_account("Other company")
    for number in range(5):
        make_record(other, name=f"Volvo {number}", tag=f"T{number}")
    mine = make_record(company, name="Volvo mine")
    assert names(company, q="volvo") == ["Volvo mine"]
    assert names(company, q="vo") == ["Volvo mine"]
    assert names(company) == ["Volvo mine"]
    assert lists.list_by_public_ids(db.session(), other.id, [mine.public_id]) == []


@pytest.mark.parametrize("sort", ["name", "-name", "tag", "-updated", "expiry"])
@pytest.mark.parametrize("query", ["truck", "depot truck", "tr", "truck 7"])
def test_many_hits_and_few_hits_give_the_same_list(company, monkeypatch, sort, query):
    for number in range(12):
        make_record(company, name=f"{('Truck', 'Van', 'Old truck')[number % 3]} {number} depot", tag=f"TR{number}")
    few = names(company, q=query, sort=sort)
    monkeypatch.setattr(matching, "FEW", 2)
    assert names(company, q=query, sort=sort) == few


@pytest.mark.parametrize("part", [{"owner": True}, {"expiry": "expired"}, {"without": "owner"}, {"archived": True}])
def test_broad_filters_are_counted_right(company, monkeypatch, part):
    owner = make_record(company, "contact", "Olga")
    for number in range(8):
        record = make_record(
            company, name=f"Truck {number}", owner_id=owner.id if number % 2 else None,
            archived_at=datetime.now(UTC) if number > 4 else None,
        )  # fmt: skip
        make_expiration(record, expires_on=TODAY + timedelta(days=number * 10 - 35))
    filter = {"kind": "vehicle"} | part | ({"owner": owner.public_id} if part.get("owner") else {})
    few = names(company, **filter)
    assert few
    monkeypatch.setattr(matching, "FEW", 1)
    assert names(company, **filter) == few


@pytest.mark.parametrize(
    "text",
    ["", "x", "W10", "WzAsMSwyXQ", "bnVsbA", "WzAsbnVsbCwtMV0", "ey", "\u00e9", "WzAsIlx1ZDgwMCIsMV0", "A" * 5000],
)
def test_a_broken_place_is_no_place(text):
    assert Place.from_text(text) is None


def test_a_place_that_is_gone_shows_the_beginning(company):
    make_record(company, name="only")
    page = lists.list_page(db.session(), company.id, RecordFilter(), today=TODAY, after=Place(0, "zzz", 1))
    assert [line.columns.name for line in page.lines] == ["only"]
    page = lists.list_page(
        db.session(), company.id, RecordFilter(sort="expiry"), today=TODAY, after=Place(0, "no day", 1)
    )
    assert [line.columns.name for line in page.lines] == ["only"]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_place_beyond_all_time_shows_the_beginning(company, moment):
    make_record(company, name="only")
    page = lists.list_page(
        db.session(), company.id, RecordFilter(sort="updated"), today=TODAY, after=Place(0, moment, 1)
    )
    assert [line.columns.name for line in page.lines] == ["only"]


def test_a_filter_survives_its_address():
    asked = RecordFilter("vehicle", "a&b=c %", "own", "loc", "due", "owner", True, "-updated")
    assert RecordFilter.from_query_string(asked.to_query_string()) == asked
    assert RecordFilter().to_query_string() == ""
    assert RecordFilter.from_args({"expiry": "never", "sort": "color", "without": "wheels"}) == RecordFilter()
