"""Filling: the same company every time, and never into a database in use."""

from datetime import timedelta
from random import Random

import pytest
import sqlalchemy as sa
from flask import current_app

from portal.accounts.models import Account
from portal.demo import filling, papers
from portal.demo.filling import fill
from portal.extensions import db
from portal.records import expirations
from portal.records.models import Expiration, Record
from portal.visits.models import Scan
from tests.demo.filled import NOW, empty_database, fill_now
from tests.factories.people import make_account


def test_two_fills_at_one_moment_are_the_same_company(app, fresh_database):
    columns = [column for column in Record.__table__.columns if column.name != "public_id"]
    papers = (Expiration.record_id, Expiration.what, Expiration.expires_on, Expiration.renewed_at)
    looks = (Scan.sticker_id, Scan.at, Scan.outcome, Scan.browser_hash)

    def everything() -> list[list[tuple[object, ...]]]:
        return [
            [tuple(row) for row in db.session.execute(sa.select(*columns).order_by(Record.id))],
            [tuple(row) for row in db.session.execute(sa.select(*papers).order_by(Expiration.id))],
            [tuple(row) for row in db.session.execute(sa.select(*looks).order_by(Scan.at, Scan.id))],
        ]

    with app.app_context():
        first = fill_now()
        before = everything()
        empty_database()
        second = fill_now()
        assert everything() == before
        assert first.password != second.password


def test_a_database_in_use_is_refused_and_left_alone(app):
    with app.app_context():
        make_account()
        parts = current_app.extensions["portal"]
        refused = fill(db.session(), parts.key_ring, parts.photos, now=NOW)
        assert refused == "This database already holds a company; the demo company fills only an empty one."
        assert db.session.scalar(sa.select(sa.func.count(Account.id))) == 1


def test_passwords_are_four_groups_to_copy_by_hand():
    passwords = {filling.make_password() for _ in range(50)}
    assert len(passwords) == 50
    for password in passwords:
        assert [len(group) for group in password.split("-")] == [4, 4, 4, 4]
        assert not set(password) & set("ilou01")


@pytest.mark.parametrize("seed", range(5))
def test_the_first_things_of_a_list_show_every_state_whatever_the_luck(seed):
    today = NOW.date() + timedelta(days=100 * seed)
    lists = [
        [papers.of_vehicle(Random(seed), "pickup", position, today) for position in range(6)],
        [papers.of_machine(Random(seed), "survey", position, today) for position in range(6)],
        [papers.of_place(Random(seed), "office", position, today) for position in range(6)],
        [papers.of_person(Random(seed), "Foreman", position, today) for position in range(6)],
    ]
    for things in lists:
        firsts = [thing[0] for thing in things]
        states = {expirations.state(paper.expires_on, paper.warn_days, today) for paper in firsts}
        assert states == {"valid", "due soon", "expired"}
