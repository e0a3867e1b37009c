"""Audit events are only ever added: the database refuses the rest, whoever asks."""

import pytest
import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.audit.operations import OPERATOR, record
from portal.extensions import db
from portal.lib.clock import utc_now


@pytest.fixture
def event(app):
    with app.app_context():
        record(db.session(), account_id=None, actor=OPERATOR, action="test.made", now=utc_now())
        db.session.commit()
        yield
        db.session.rollback()


@pytest.mark.parametrize(
    "statement", [sa.update(AuditEvent).values(actor_name="nobody"), sa.delete(AuditEvent)], ids=["change", "delete"]
)
def test_an_event_is_neither_changed_nor_deleted(event, statement):
    with pytest.raises(sa.exc.DBAPIError, match="never changed or deleted"):
        db.session.execute(statement)
    db.session.rollback()
    assert db.session.scalars(sa.select(AuditEvent.actor_name)).all() == [OPERATOR.name]


def test_the_unit_of_work_is_refused_too(event):
    db.session.delete(db.session.scalars(sa.select(AuditEvent)).one())
    with pytest.raises(sa.exc.DBAPIError, match="never changed or deleted"):
        db.session.flush()
