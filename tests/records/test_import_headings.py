"""Headings as companies write them."""

import pytest

from portal.lib.folding import fold
from portal.records.headings import PaperColumn, expires_heading, heading_keys, match, warns_heading
from portal.records.kinds import BY_NAME, KINDS
from portal.records.search import compact


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_label_and_synonym_leads_to_its_field(kind):
    keys = heading_keys(kind)
    for field in kind.fields:
        assert keys[compact(fold(field.label))] is field
        for synonym in field.synonyms:
            assert keys[compact(fold(synonym))] is field, f"{synonym} means two fields of a {kind.name}"


@pytest.mark.parametrize(
    "heading", ["Licence plate", " LICENCE_PLATE ", "licence-plate", "LicencePlate", "license plate"]
)
def test_case_spaces_and_signs_do_not_count(heading):
    assert dict(match(BY_NAME["vehicle"], [heading]).fields) == {"plate": 0}


@pytest.mark.parametrize(
    ("heading", "what"),
    [
        ("registration expires", "registration"),
        ("Insurance Expires On", "insurance"),
        ("License expiry date", "licence"),
        ("service_expires_on", "service"),
        ("Crane test valid until", "Crane test"),
        ("Permit expiration date", "Permit"),
    ],
)
def test_expirations_are_columns(heading, what):
    assert list(match(BY_NAME["vehicle"], [heading]).papers) == [PaperColumn(what)]


@pytest.mark.parametrize(
    "what", ["x", "x expires on", "x expires on (2)", "x warn days", "foo_", "a (3)", "valid until"]
)
@pytest.mark.parametrize("ordinal", [1, 2, 12])
def test_what_export_writes_is_read_back(what, ordinal):
    column = PaperColumn(what, ordinal)
    columns = match(BY_NAME["vehicle"], [expires_heading(column), warns_heading(column)])
    assert dict(columns.papers) == {column: 0}
    assert dict(columns.warnings) == {column.key: 1}


def test_doubled_and_unknown_headings_are_named():
    columns = match(BY_NAME["vehicle"], ["id", "Record ID", "tag", "Unit", "expires on", "Colour"])
    assert columns.doubled == ("Record ID", "Unit")
    assert columns.unknown == ("expires on", "Colour")
