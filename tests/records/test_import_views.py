"""The import's pages with a real worker: dry run, apply, progress, refusals, other accounts, templates, export."""

import io
import threading

import pytest

from portal import worker
from portal.accounts.models import Account
from portal.extensions import db
from portal.jobs.models import Job
from portal.records.models import Record
from portal.stickers.models import Sticker
from tests.client import PortalClient
from tests.factories.people import make_account, make_member
from tests.factories.things import make_record
from tests.records.importing import sheet_bytes


@pytest.fixture
def signed_in(app, client):
    with app.app_context():
        make_member(make_account())
    client.sign_in("ada@example.com")
    return client


def upload(client, data: bytes, kind: str = "vehicle", mode: str = "dry-run"):
    file = (io.BytesIO(data), "vehicles.csv")
    return client.submit(
        "/admin/import", {"kind": kind, "mode": mode, "file": file}, content_type="multipart/form-data"
    )


def run_worker(app) -> None:
    with app.app_context():
        while worker.work_once(app.extensions["portal"], threading.Event()):
            pass


def names(app) -> list[str]:
    with app.app_context():
        return sorted(db.session.scalars(db.select(Record.name)))


def test_a_dry_run_is_shown_and_then_applied_once(app, signed_in):
    answer = upload(
        signed_in, sheet_bytes(["name", "tag", "colour"], ["Van <b>1</b>", "V-1", "red"], ["Truck", "", ""])
    )
    assert answer.status_code == 303
    page = answer.location
    assert "Waiting for the worker" in signed_in.get(page).text
    assert signed_in.get(f"{page}/progress").json == {
        "state": "queued",
        "percent": 0,
        "text": "Waiting for the worker",
        "href": None,
    }
    run_worker(app)
    assert signed_in.get(f"{page}/progress").json["href"] == page
    report = signed_in.get(page).text
    assert "Nothing is changed yet" in report and "Van &lt;b&gt;1&lt;/b&gt;" in report and "colour" in report
    assert names(app) == []
    first, second = signed_in.submit(f"{page}/apply"), signed_in.submit(f"{page}/apply")
    assert first.location == second.location != page
    run_worker(app)
    assert "Imported." in signed_in.get(first.location).text
    assert names(app) == ["Truck", "Van <b>1</b>"]
    assert "see what it did" in signed_in.get(page).text
    with app.app_context():
        assert db.session.query(Sticker).count() == 2
    assert "vehicles.csv" in signed_in.get("/admin/import").text


def test_a_refused_row_is_shown_and_cannot_be_applied(app, signed_in):
    page = upload(signed_in, sheet_bytes(["name", "year"], ["Van", "soon"]), mode="apply").location
    run_worker(app)
    report = signed_in.get(page).text
    assert "Nothing was changed" in report and "“soon”" in report and "/apply" not in report
    assert signed_in.submit(f"{page}/apply").status_code == 409
    assert names(app) == []


def test_mode_apply_imports_in_one_go(app, signed_in):
    page = upload(signed_in, sheet_bytes(["name"], ["Van"]), mode="apply").location
    run_worker(app)
    assert "Imported." in signed_in.get(page).text
    assert names(app) == ["Van"]


def test_a_file_that_is_no_table_says_why(app, signed_in):
    page = upload(signed_in, b"PK\x03\x04 a workbook").location
    run_worker(app)
    assert "save it as CSV" in signed_in.get(page).text
    assert signed_in.get(f"{page}/progress").json["state"] == "dead"


@pytest.mark.parametrize(
    "fields",
    [{"kind": "vehicle", "mode": "dry-run"}, {"kind": "boat", "mode": "dry-run"}, {"kind": "vehicle", "mode": "now"}],
)
def test_an_incomplete_form_is_shown_again(app, signed_in, fields):
    file = {"file": (io.BytesIO(b"name\nVan\n"), "a.csv")} if fields != {"kind": "vehicle", "mode": "dry-run"} else {}
    answer = signed_in.submit("/admin/import", {**fields, **file}, content_type="multipart/form-data")
    assert answer.status_code == 422
    with app.app_context():
        assert db.session.query(Job).count() == 0


def test_long_reports_have_pages(app, signed_in):
    page = upload(
        signed_in, sheet_bytes(["name", "year"], *([f"Van {number}", "soon"] for number in range(250)))
    ).location
    run_worker(app)
    assert "1-100 of 250" in signed_in.get(page).text
    assert "201-250 of 250" in signed_in.get(f"{page}?refused=3").text
    assert signed_in.get(f"{page}?refused=99").status_code == 200
    assert signed_in.get(f"{page}?refused=x&changes=%C2%B2").status_code == 200


def test_another_accounts_import_is_not_there(app, signed_in):
    page = upload(signed_in, sheet_bytes(["name"], ["Van"])).location
    with app.app_context():
        make_member(make_account("Other Company"), "eve@example.com")
    eve = PortalClient(app)
    eve.sign_in("eve@example.com")
    assert [
        eve.get(page).status_code,
        eve.get(f"{page}/progress").status_code,
        eve.submit(f"{page}/apply").status_code,
    ] == [404] * 3
    assert page not in eve.get("/admin/import").text


def test_members_need_the_permission(app, client):
    with app.app_context():
        make_member(make_account(), role="member")
    client.sign_in("ada@example.com")
    assert [client.get(path).status_code for path in ("/admin/import", "/admin/export?kind=vehicle")] == [403, 403]


@pytest.mark.parametrize("kind", ["vehicle", "equipment", "location", "contact"])
def test_a_template_can_be_imported_as_it_is(app, signed_in, kind):
    template = signed_in.get(f"/admin/import/template/{kind}.csv")
    assert template.headers["Content-Disposition"] == f"attachment; filename={kind}-template.csv"
    page = upload(signed_in, template.data, kind, "apply").location
    run_worker(app)
    assert "Imported." in signed_in.get(page).text
    with app.app_context():
        assert db.session.query(Record).one().kind == kind


def test_a_list_is_exported_by_its_filter_and_comes_back_unchanged(app, signed_in):
    with app.app_context():
        account = db.session.query(Account).one()
        make_record(account, name="Van Łódź", tag="V-1")
        make_record(account, name="Truck")
    answer = signed_in.get("/admin/export?kind=vehicle&q=van")
    assert answer.mimetype == "text/csv" and "Truck" not in answer.data.decode()
    page = upload(signed_in, signed_in.get("/admin/export?kind=vehicle").data).location
    run_worker(app)
    assert "nothing to change" in signed_in.get(page).text
    assert signed_in.get("/admin/export").status_code == 400
