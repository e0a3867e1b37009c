"""The Labels pages and POST /admin/labels.pdf, through real forms; every PDF is rasterised and read."""

import threading

import pytest

from portal.accounts.models import Account
from portal.extensions import db
from portal.labels.models import PrintRun
from portal.records.models import Record
from portal.stickers.models import Sticker
from portal.worker import work_once
from tests.decoding import read_pdf
from tests.factories.people import make_account, make_member
from tests.factories.things import make_record, scan_path

PDF = "/admin/labels.pdf"


@pytest.fixture
def things(app, client):
    """30 vehicles and a location of a company; their public ids and scan addresses by name."""
    with app.app_context():
        company = make_account()
        make_member(company)
        url = app.extensions["portal"].settings.public_url.upper()
        records = [make_record(company, name=f"Truck {n:02d}", tag=f"T-{n:02d}") for n in range(30)]
        records.append(make_record(company, "location", "Yard"))
        found = {record.name: (record.public_id, url + scan_path(record)) for record in records}
    client.sign_in("ada@example.com")
    return found


def test_ticked_records_print_in_their_order_and_decode(client, things):
    chosen = ["Truck 07", "Yard", "Truck 02"]
    pairs = [("record", things[name][0]) for name in chosen] + [("stock", "L7160")]
    answer = client.submit(PDF, pairs)
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="labels-L7160.pdf"'
    assert sorted(read_pdf(answer.data)) == sorted(things[name][1] for name in chosen)


def test_a_filter_prints_all_that_match_over_pages_from_the_first_free_slot(client, things):
    answer = client.submit(PDF, {"filter": "kind=vehicle", "stock": "5160", "first_slot": "16", "copies": "1"})
    found = read_pdf(answer.data)
    assert len(found) == 30
    assert set(found) == {address for name, (_, address) in things.items() if name != "Yard"}


def test_copies_are_printed_and_a_run_is_remembered(app, client, things):
    answer = client.submit(PDF, {"record": things["Yard"][0], "stock": "L7160", "copies": "3"})
    assert read_pdf(answer.data) == [things["Yard"][1]] * 3
    with app.app_context():
        run = db.session.query(PrintRun).one()
        assert (run.label_count, run.sheet_count, run.stock) == (3, 1, "L7160")
        printed = db.session.query(Record.name).join(Sticker).filter(Sticker.printed_at.is_not(None)).all()
        assert printed == [("Yard",)]


def test_a_preview_is_the_pdf_itself_and_counts_as_nothing_printed(app, client, things):
    answer = client.submit(PDF, {"record": things["Yard"][0], "stock": "L7160", "preview": "1"})
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert read_pdf(answer.data) == [things["Yard"][1]]
    with app.app_context():
        assert db.session.query(PrintRun).count() == 0


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"stock": "9999"}, "Choose one of the label stocks"),
        ({"stock": "L7160", "first_slot": "22"}, "from 1 to 21"),
        ({"stock": "L7160", "first_slot": "0"}, "from 1 to 21"),
        ({"stock": "L7160", "first_slot": "x"}, "from 1 to 21"),
        ({"stock": "L7160", "copies": "0"}, "from 1 to 100"),
        ({"stock": "L7160", "copies": "1e9"}, "from 1 to 100"),
        ({"stock": "L4731REV-25"}, "mm"),
    ],
)
def test_a_wrong_choice_is_refused_with_its_reason_and_nothing_is_printed(app, client, things, fields, sentence):
    answer = client.submit(PDF, {"record": things["Yard"][0], **fields})
    assert answer.status_code == 422
    assert sentence in answer.text
    with app.app_context():
        assert db.session.query(PrintRun).count() == 0


def test_no_record_at_all_is_said_in_words(client, things):
    answer = client.submit(PDF, {"stock": "L7160"})
    assert answer.status_code == 422


def test_a_revoked_sticker_is_left_out_and_named(app, client, things):
    client.submit(f"/admin/records/{things['Yard'][0]}/qr/revoke")
    pairs = [("record", things["Yard"][0]), ("record", things["Truck 01"][0])]
    assert "1 record is left out" in client.submit("/admin/labels", pairs).text
    answer = client.submit(PDF, [*pairs, ("stock", "L7160")])
    assert read_pdf(answer.data) == [things["Truck 01"][1]]


def test_a_foreign_host_changes_nothing_of_what_is_printed(app, client, things):
    token = client.token()
    cookie = client.get_cookie("__Host-session", domain="qr.example.com")
    program = app.test_client(use_cookies=False)
    hostile = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    headers = {**hostile, "Cookie": f"__Host-session={cookie.value}"}
    form = {"record": things["Yard"][0], "stock": "L7160", "csrf_token": token}
    assert read_pdf(program.post(PDF, data=form, headers=headers).data) == [things["Yard"][1]]
    page = program.get(f"/admin/records/{things['Yard'][0]}/qr", headers=headers).text
    assert things["Yard"][1] in page
    assert "evil" not in page.lower()


def test_a_large_run_becomes_a_job_that_the_worker_draws(app, client, things):
    pairs = [("record", public_id) for public_id, _ in things.values()]
    answer = client.submit(PDF, [*pairs, ("stock", "L7651"), ("copies", "100")])
    # 31 records x 100 copies stay under the limit of one answer; the filter with all copies does as well.
    assert answer.status_code == 200
    with app.app_context():
        company = db.session.query(Record).first().account_id
        for n in range(30):
            make_record(db.session.get(Account, company), name=f"Van {n}")
    answer = client.submit(PDF, {"filter": "kind=vehicle", "stock": "L7651", "copies": "100"})
    assert answer.status_code == 303
    page = answer.headers["Location"]
    assert "being drawn" in client.get(page).text
    with app.app_context():
        assert work_once(app.extensions["portal"], threading.Event())
    assert "6000 labels" in client.get(page).text
    with client.get(f"{page}/labels.pdf") as file:
        assert file.data.startswith(b"%PDF")
    assert client.get(f"{page}/progress").json["state"] == "done"
