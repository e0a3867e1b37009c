"""The shell: it starts, answers health, and its doors are guarded."""

from tests.factories.people import make_account, make_member
from tests.factories.things import make_record, scan_path


def test_health_and_readiness_answer(client):
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200


def test_an_admin_page_sends_a_stranger_to_the_sign_in(client):
    answer = client.get("/admin/records")
    assert answer.status_code in (303, 404)


def test_factories_make_a_scannable_record(app):
    with app.app_context():
        account = make_account()
        make_member(account)
        assert scan_path(make_record(account)).startswith("/Q/")
