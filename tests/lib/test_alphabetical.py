"""The order of names, the same on both databases."""

import pytest
from sqlalchemy import literal, select

from portal.database import Alphabetical
from portal.extensions import db


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Zebra", "zebra"),
        ("ÄRZTE", "arzte"),
        ("A\u0308rzte", "arzte"),  # the same, typed as two characters
        ("Łódź", "lodz"),
        ("Æther Straße", "aether strasse"),
        ("Ελλάδα", "ελλαδα"),
        ("三号门", "三号门"),
        ("", ""),
        (None, None),
    ],
)
def test_names_are_ordered_without_letter_case_and_accents(app, name, key):
    with app.app_context():
        assert db.session.scalar(select(Alphabetical(literal(name)))) == key
