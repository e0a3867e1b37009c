"""The audit page and its export."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest

from portal.accounts.models import Account
from portal.audit import queries
from portal.audit.filters import AuditFilter
from portal.audit.operations import Actor, record
from portal.audit.words import action_words, changes
from portal.extensions import db
from tests.client import PortalClient
from tests.factories.people import make_account, make_member

HERE = "/admin/settings/audit"
NOON = datetime(2030, 3, 1, 12, tzinfo=UTC)


def make_events(app, account, *names, actor="Olga", action="record.update", at=NOON, kind="record", **values):
    """Events of the account of this id, a minute apart."""
    with app.app_context():
        for number, name in enumerate(names):
            moment, target = at + timedelta(minutes=number), {"target_kind": kind, "target_name": name}
            record(
                db.session(),
                account_id=account,
                actor=Actor(None, actor),
                action=action,
                now=moment,
                **target,
                **values,
            )
        db.session.commit()


@pytest.fixture
def account(app):
    with app.app_context():
        account = make_account(timezone="Europe/Warsaw")
        make_member(account)
        return account.id


@pytest.fixture
def ada(account, client):
    client.sign_in("ada@example.com")
    return client


def names(page):
    return re.findall(r'data-label="About"[^>]*><bdi>([^<]*)', page)


def rows(answer):
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_shows_who_what_when_and_what_changed(app, account, ada):
    make_events(
        app, account, "Truck 7", before={"plate": "A 1"}, after={"plate": "B 2", "tags": ["x", "y"], "ok": True}
    )
    page = ada.get(HERE).text
    for words in ("<bdi>Olga</bdi>", "Record: update", "<bdi>Truck 7</bdi>", "1 Mar 2030, 13:00", "Europe/Warsaw"):
        assert words in page
    assert re.search("plate: <bdi>A 1</bdi> → <bdi>B 2</bdi>", page)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("q=truck", ["Truck 9", "Truck 7"]),
        ("q=TRUCK+9", ["Truck 9"]),
        ("q=boris", ["Van 100%"]),
        ("q=member", ["Mia"]),
        ("q=100%25", ["Van 100%"]),
        ("q=_", []),
        ("kind=user", ["Mia"]),
        ("first=2030-03-02", ["Mia"]),
        ("last=2030-03-01&kind=record", ["Van 100%", "Truck 9", "Truck 7"]),
        ("first=2030-03-03&last=2030-03-02", []),
        ("q=\x1f&first=soon&last=9999-12-31&first=0001-01-01&kind=record", ["Van 100%", "Truck 9", "Truck 7"]),
    ],
)
def test_finds(app, account, ada, search, found):
    make_events(app, account, "Truck 7", "Truck 9")
    make_events(app, account, "Van 100%", actor="Boris")
    # The last minute of 1 March in UTC is 2 March in Warsaw.
    make_events(app, account, "Mia", kind="user", action="member.edit", at=datetime(2030, 3, 1, 23, 30, tzinfo=UTC))
    answer = ada.get(f"{HERE}?{search}")
    assert answer.status_code == 200
    shown = [name for name in names(answer.text) if name != "Ada Admin"]
    assert shown == found
    exported = rows(ada.get(f"{HERE}/export.csv?{search}"))
    assert [row["Name"] for row in exported if row["Name"] != "Ada Admin"] == found


def test_pages_hold_every_event_once_in_both_directions(app, account, ada):
    make_events(app, account, *(f"R{number:03}" for number in range(120)))
    seen, href = [], f"{HERE}?kind=record"
    pages = []
    while href:
        page = ada.get(href).text
        pages.append(names(page))
        seen += names(page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        href = found[1].replace("&amp;", "&") if found else None
    assert seen == [f"R{number:03}" for number in reversed(range(120))]
    back = re.search(r'rel="prev" href="([^"]+)"', page)[1].replace("&amp;", "&")
    assert names(ada.get(back).text) == pages[-2]
    first = ada.get(re.search(r'rel="prev" href="([^"]+)"', ada.get(back).text)[1].replace("&amp;", "&")).text
    assert names(first) == pages[0] and 'rel="prev"' not in first


def test_export_holds_all_pages_and_guards_cells(app, account, ada, monkeypatch):
    monkeypatch.setattr(queries, "_CHUNK", 7)
    make_events(app, account, *(f"R{number}" for number in range(30)))
    make_events(app, account, "=1+1", actor="@cmd", after={"note": "-2"})
    found = rows(ada.get(f"{HERE}/export.csv"))
    assert len([row for row in found if row["Kind"] == "record"]) == 31
    hostile = next(row for row in found if "1+1" in row["Name"])
    assert (hostile["Name"], hostile["Who"], hostile["After"]) == ("'=1+1", "'@cmd", "note: -2")
    assert hostile["When"] == "2030-03-01 13:00:00"


def test_another_companys_events_are_never_there(app, account, ada):
    with app.app_context():
        theirs = make_account("Theirs").id
    make_events(app, theirs, "Their truck", actor="Boris")
    assert "Their truck" not in ada.get(HERE).text and "Their truck" not in ada.get(f"{HERE}/export.csv").text


def test_members_need_the_permission(app, account):
    with app.app_context():
        company = db.session.get(Account, account)
        make_member(company, "mia@example.com", role="member", name="Mia")
        make_member(company, "noa@example.com", role="member", name="Noa", permissions=["audit.view"])
    for email, status in (("mia@example.com", 403), ("noa@example.com", 200)):
        client = PortalClient(app)
        client.sign_in(email)
        assert client.get(HERE).status_code == client.get(f"{HERE}/export.csv").status_code == status
        assert (HERE in client.get("/admin/").text) == (status == 200)


def test_hostile_places_and_words_are_no_fault(app, account, ada):
    for query in (
        "before=x",
        "before=99999999999999999999",
        "after=-1",
        "before=0",
        "after=1&before=1",
        "q=" + "x" * 5000,
    ):
        assert ada.get(f"{HERE}?{query}").status_code == 200


def test_nothing_found_says_what_to_do(app, account, ada):
    assert "Show all events" in ada.get(f"{HERE}?q=nothing+like+it").text


def test_words():
    assert action_words("user.sign_in") == "User: sign in"
    assert action_words("odd") == "Odd"
    told = changes({"a": 1}, {"b_c": None, "d": {"x": [1, False]}})
    assert [(one.field, one.before, one.after) for one in told] == [
        ("a", "1", ""),
        ("b c", "", ""),
        ("d", "", "x 1, no"),
    ]


def test_a_filter_reads_back_what_it_wrote():
    chosen = AuditFilter.from_args({"q": " a  b ", "first": "2030-01-02", "kind": "record"})
    assert AuditFilter.from_args(chosen.to_args()) == chosen and chosen.q == "a b" and chosen.is_narrowed
    assert not AuditFilter.from_args({"last": "soon"}).is_narrowed
