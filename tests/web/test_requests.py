"""What HTTP itself answers: other methods, unknown addresses, and redirects that nobody's Host decides."""

import pytest

from tests.factories.people import make_account, make_member
from tests.factories.things import make_record, scan_path


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_method_that_a_door_does_not_know_is_405_and_names_those_it_knows(app, client, method):
    with app.app_context():
        path = scan_path(make_record(make_account()))
    answer = client.open(path, method=method)
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_an_address_that_leads_nowhere_is_404_for_forms_too(client):
    assert client.post("/nowhere").status_code == 404


@pytest.mark.parametrize(("asked", "told"), [("/admin", "/admin/"), ("/admin?kind=a%20b", "/admin/?kind=a%20b")])
def test_a_corrected_address_is_not_built_from_the_host(client, asked, told):
    answer = client.get(asked, base_url="http://elsewhere.example")
    assert answer.status_code == 308
    assert answer.headers["Location"] == told
    assert "elsewhere" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("asked", ["/admin//", "//admin", "///admin//"])
def test_slashes_too_many_lead_to_no_other_host(client, asked):
    answer = client.open(environ_overrides={"PATH_INFO": asked}, path="/", base_url="http://elsewhere.example")
    assert answer.status_code == 404 or answer.headers["Location"] == "/admin/"


@pytest.mark.parametrize(
    "asked",
    [
        "/admin/records/a%00b",
        "/admin/records/a%00b/qr.png",
        "/admin/import/a%00b",
        "/admin/labels/runs/a%00b",
        "/admin/settings/people/a%00b",
        "/admin/labels?record=a%00b",
    ],
)
def test_an_id_that_no_database_can_hold_is_404(app, client, asked):
    with app.app_context():
        make_member(make_account())
    client.sign_in("ada@example.com")
    assert client.get(asked).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/admin/records/%00/qr",
        "/admin/records/a%00b/qr.png",
        "/admin/import/%00",
        "/admin/import/a%00b/progress",
        "/admin/labels?record=a%00b",
        "/admin/records?q=a&owner=%00",
        "/admin/settings/outgoing-mail/%00",
        "/crew/%00",
        "/Q/%00",
    ],
)
def test_an_address_with_a_nul_leads_nowhere(app, client, path):
    with app.app_context():
        make_member(make_account())
    client.sign_in("ada@example.com")
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "more"),
    [("/admin/labels.pdf", {"stock": "L7160", "first_slot": "1", "copies": "1"}), ("/admin/records/bulk", {})],
)
def test_a_form_names_no_record_by_a_nul(app, client, path, more):
    with app.app_context():
        make_member(make_account())
    client.sign_in("ada@example.com")
    assert client.submit(path, {"record": "a\0b", "action": "archive", **more}).status_code < 500


@pytest.mark.parametrize(
    ("path", "typed"),
    [("/admin/switch-account", {"account": "\0"}), ("/admin/records/bulk", {"record": "\0", "action": "archive"})],
)
def test_a_form_with_a_nul_is_no_fault_of_ours(app, client, path, typed):
    with app.app_context():
        make_member(make_account())
    client.sign_in("ada@example.com")
    assert client.submit(path, typed).status_code < 500
