"""A copy of the database opens nothing: no live secret stands in any column of any table."""

import pytest
from sqlalchemy import MetaData, inspect, text

from portal.accounts.operations import make_setup_token
from portal.devices.sessions import make_phone_cookie
from portal.enrollment import expected, grants, installation_keys
from portal.enrollment.models import CREATE_ACCOUNT_AND_DEVICE
from portal.extensions import db
from portal.lib import typed_codes
from tests.client import PASSWORD
from tests.enrollment.ways import (
    ADMIN,
    DAY,
    NOW,
    make_code,
    make_key,
    make_onboarding,
    make_token,
    newcomer,
    redeem,
    ring,
)
from tests.factories.people import make_account, make_member


def live_through():
    """Makes and uses every kind of grant, session and cookie; returns the secrets that are good afterwards."""
    account = make_account()
    member = make_member(account)
    key = make_key(account)
    codes = [
        make_code(account, user_id=member.user_id),
        make_code(account, CREATE_ACCOUNT_AND_DEVICE),
        expected.add_device(
            db.session(), ring(), account_id=account.id, name="Cab", user_id=None, life=DAY, actor=ADMIN, now=NOW
        ).code,
        make_token(account, member.user_id),
    ]
    used, unused = make_onboarding(member), make_onboarding(make_member(account, "bob@example.com", name="Bob"))
    secrets = {key, unused.secret, unused.typed_code, used.secret, PASSWORD}
    for made in codes:
        secrets |= {made.secret, made.typed_code} - {""}
    for done in (redeem(key), redeem(used.secret), *(redeem(one.secret, newcomer=newcomer()) for one in codes)):
        secrets |= {done.refresh_secret, make_phone_cookie(db.session(), done.device_session.id, NOW)}
    for refused in (used.secret, codes[2].secret):
        redeem(refused)
    new = installation_keys.rotate(db.session(), ring(), account_id=account.id, overlap_hours=24, actor=ADMIN, now=NOW)
    secrets |= {grants.reveal(ring(), new), make_setup_token(db.session(), NOW)}
    db.session.commit()
    return secrets


def dump():
    """Every value of every column that the database itself knows of, as text."""
    engine = db.engine
    tables = MetaData()
    tables.reflect(engine)
    assert set(inspect(engine).get_table_names()) == set(tables.tables)
    with engine.connect() as connection:
        for name, table in tables.tables.items():
            columns = ", ".join(f'CAST("{column.name}" AS TEXT)' for column in table.columns)
            for row in connection.execute(text(f'SELECT {columns} FROM "{name}"')):
                for column, value in zip(table.columns, row, strict=True):
                    yield f"{name}.{column.name}", value or ""


def forms(secret):
    """A secret as it is shown and as it is typed: with and without groups, in both letter cases."""
    plain = typed_codes.normalise(secret) or secret
    return {secret, plain, typed_codes.grouped(plain), plain.lower()}


def test_a_dump_holds_no_usable_secret(app):
    with app.app_context():
        secrets = live_through()
        values = list(dump())
        assert len(secrets) > 20
        assert len({where.partition(".")[0] for where, value in values if value}) > 12
        found = {where for secret in secrets for form in forms(secret) for where, value in values if form in value}
        assert found == set()


@pytest.mark.parametrize("where", ["device.name", "enrollment_grant.description"])
def test_the_search_finds_what_is_there(app, where):
    with app.app_context():
        account = make_account()
        made = make_code(account, user_id=make_member(account).user_id, description="Yard gate BCDF-GHJK")
        redeem(made.secret, name="Yard gate BCDF-GHJK")
        assert where in {place for place, value in dump() if "BCDF-GHJK" in value}
