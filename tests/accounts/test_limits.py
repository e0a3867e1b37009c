"""Too many tries to sign in, through the real form: 429, alike for everybody, and the real person gets through."""

import re
import threading

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from portal.accounts import attempts
from portal.accounts.counting import Refusal
from portal.accounts.models import SignInCounter
from portal.accounts.throttle import SITE
from portal.extensions import db
from portal.lib.clock import utc_now
from tests.client import PASSWORD, PortalClient
from tests.factories.people import make_account, make_member

WRONG = "not the password"


@pytest.fixture
def ada(app):
    with app.app_context():
        make_member(make_account())


def tries(app, email="ada@example.com", password=WRONG, address="203.0.113.5", client=None):
    client = client or PortalClient(app)
    return client.submit("/sign-in", {"email": email, "password": password}, environ_overrides={"REMOTE_ADDR": address})


def test_the_eleventh_from_one_address_is_refused_with_a_time_and_a_sentence(app, ada):
    for number in range(10):
        assert tries(app, email=f"p{number}@example.com").status_code == 401
    refused = tries(app, email="somebody@example.com")
    assert refused.status_code == 429
    assert 240 <= int(refused.headers["Retry-After"]) <= 300
    assert "Too many tries. Wait 5 minutes and try again." in refused.text
    assert tries(app, password=PASSWORD).status_code == 429, "a right password is not looked at either"
    assert tries(app, password=PASSWORD, address="203.0.113.6").status_code == 303


def test_addresses_of_one_ipv6_line_are_one_client(app, ada):
    for number in range(10):
        tries(app, email=f"p{number}@example.com", address=f"2001:db8:1:2::{number + 1:x}")
    assert tries(app, address="2001:db8:1:2:ffff::1").status_code == 429
    assert tries(app, address="2001:db8:1:3::1").status_code == 401


def test_known_and_unknown_people_are_refused_alike(app, ada):
    answers = []
    for email in ("ada@example.com", "eve@example.com"):
        for number in range(10):
            assert tries(app, email=email, address=f"198.51.100.{number + 1}").status_code == 401
        answers.append(tries(app, email=email, address="203.0.113.9"))
    texts = [re.sub(r'(nonce|value)="[^"]*"', "", answer.text) for answer in answers]
    assert texts[0] == texts[1] and {answer.status_code for answer in answers} == {429}
    assert set(dict(answers[0].headers)) == set(dict(answers[1].headers))


def test_letter_case_and_spaces_make_no_second_person(app, ada):
    for number, email in enumerate(["ada@example.com", " ADA@example.COM"] * 5):
        tries(app, email=email, address=f"198.51.100.{number + 1}")
    assert tries(app, email="Ada@Example.com", address="203.0.113.9").status_code == 429


def test_waits_for_a_person_grow_and_end(app, ada):
    with time_machine.travel("2030-03-01T08:00:00Z", tick=False) as traveller:
        if app.extensions["portal"].settings.database_url.startswith("postgresql"):
            return  # PostgreSQL's own clock counts; the growth is proved in test_counting
        waits, number = [], 0
        for _ in range(3):
            for _ in range(10):
                number += 1
                assert tries(app, address=f"198.51.100.{number}").status_code == 401
            waits.append(int(tries(app, address="203.0.113.9").headers["Retry-After"]))
            traveller.shift(waits[-1])
        assert waits == [300, 600, 1200]
        assert tries(app, password=PASSWORD, address="203.0.113.9").status_code == 303


def test_a_browser_that_signed_in_before_is_not_locked_out_by_strangers(app, ada):
    known = PortalClient(app)
    known.sign_in("ada@example.com")
    known.submit("/sign-out")
    for number in range(10):
        tries(app, address=f"198.51.100.{number + 1}")
        tries(app, email=f"p{number}@example.com")
    assert tries(app, password=PASSWORD).status_code == 429
    assert tries(app, password=PASSWORD, client=known).status_code == 303


def test_such_a_browser_has_ten_tries_of_its_own_and_none_for_others(app, ada):
    with app.app_context():
        make_member(make_account("Other"), "boris@example.com", name="Boris")
    known = PortalClient(app)
    known.sign_in("ada@example.com")
    known.submit("/sign-out")
    for _ in range(10):
        assert tries(app, client=known).status_code == 401
    assert tries(app, client=known, password=PASSWORD).status_code == 429
    assert tries(app, password=PASSWORD).status_code == 303, "other browsers go on"
    for number in range(10):
        tries(app, email="boris@example.com", address=f"198.51.100.{number + 1}")
    assert tries(app, email="boris@example.com", password=PASSWORD, client=known).status_code == 429


@pytest.mark.parametrize("change", [lambda text: text[:-1] + "x", lambda text: "9" + text, lambda text: "x.1.y"])
def test_a_forged_mark_counts_as_a_stranger(app, ada, change):
    known = PortalClient(app)
    known.sign_in("ada@example.com")
    name = "__Host-familiar"
    value = known.get_cookie(name, domain="qr.example.com").value
    stranger = PortalClient(app)
    stranger.set_cookie(name, change(value), domain="qr.example.com", secure=True)
    for number in range(10):
        tries(app, address=f"198.51.100.{number + 1}")
    assert tries(app, password=PASSWORD, client=stranger).status_code == 429
    stranger.set_cookie(name, value, domain="qr.example.com", secure=True)
    assert tries(app, password=PASSWORD, client=stranger).status_code == 303


def test_right_passwords_cost_nothing(app, ada):
    for _ in range(12):
        assert tries(app, password=PASSWORD).status_code == 303


def test_a_right_password_gives_back_only_its_own_try(app, ada):
    for number in range(9):
        tries(app, address=f"198.51.100.{number + 1}")
    assert tries(app, password=PASSWORD, address="203.0.113.9").status_code == 303
    assert tries(app, address="203.0.113.10").status_code == 401
    assert tries(app, address="203.0.113.11").status_code == 429


def test_the_whole_site_has_a_limit(app, ada):
    with app.app_context():
        db.session.add(SignInCounter(scope=SITE.scope, subject="all", count=1_000, since_at=utc_now()))
        db.session.commit()
    assert tries(app).status_code == 429


def test_passwords_typed_on_the_profile_and_for_invitations_count_too(app, ada):
    client = PortalClient(app)
    client.sign_in("ada@example.com")
    for _ in range(10):
        form = {"current_password": WRONG, "new_password": "brown kettle seven hats"}
        assert client.submit("/admin/profile/password", form).status_code == 422
    assert client.submit("/admin/profile/password", form).status_code == 429


def test_parallel_tries_let_exactly_ten_through(app, ada):
    results, start = [], threading.Barrier(8)

    def one():
        start.wait()
        for _ in range(4):
            with app.app_context(), Session(db.engine) as session:
                subjects = attempts.password_subjects("ada@example.com", "203.0.113.5", "")
                results.append(attempts.reserve(session, subjects, utc_now()))
                session.commit()

    threads = [threading.Thread(target=one) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sum(not isinstance(result, Refusal) for result in results) == 10


def test_no_email_stands_in_the_counters(app, ada):
    tries(app)
    with app.app_context():
        subjects = db.session.scalars(sa.select(SignInCounter.subject)).all()
    assert len(subjects) == 3 and not [subject for subject in subjects if "ada" in subject]
