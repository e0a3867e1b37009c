"""What a body may be: JSON of the size, type and fields that the description names; sentences for everything else."""

import json
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from io import BytesIO

import pytest

from portal.api.schemas import Moment
from portal.web.requests import LARGE_FORM, SMALL_FORM
from tests.api.calling import bearer, make_phone, program
from tests.factories.people import make_account, make_member

SIGN_IN = "/api/v1/session"
SCAN = "/api/v1/app/scan"


@pytest.fixture
def phone(app):
    with app.app_context():
        account = make_account()
        return bearer(make_phone(account, make_member(account).user_id)[0])


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"nonsense", b'{"text": NaN}', b'{"text": Infinity}', b'{"text": "\\ud800"}', b'{"text": "\xff"}',
     b'{"text": "\\u0000"}', b'{"a\\u0000b": 1}', b"[" * 100_000, b'{"text": "a"} x', b"\xef\xbb\xbf{}"],
    ids=lambda body: repr(body[:20]),
)  # fmt: skip
def test_what_is_no_json_is_400(client, phone, body):
    answer = client.post(SCAN, data=body, content_type="application/json", headers=phone)
    assert answer.status_code == 400, answer.text
    assert answer.mimetype == "application/problem+json" and answer.json["status"] == 400


@pytest.mark.parametrize("body", ['{"text": "a", "text": "b"}', '{"text": {"a": 1, "a": 1}}', '[{"a": 1, "a": 2}]'])
def test_a_field_that_is_named_twice_is_400(client, phone, body):
    answer = client.post(SCAN, data=body, content_type="application/json", headers=phone)
    assert (answer.status_code, answer.json["detail"]) == (400, "A field of the body is named twice.")


@pytest.mark.parametrize("path", [SCAN, SIGN_IN, "/oauth/token", "/.well-known/jwks.json"])
def test_what_an_address_takes_is_said_without_a_page(client, path):
    answer = client.options(path)
    assert (answer.status_code, answer.data, answer.content_type) == (200, b"", None)
    assert "OPTIONS" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/api", "/oauth", "/.well-known"])
def test_the_bare_beginnings_of_addresses_are_problems_too(client, path):
    assert (client.get(path).status_code, client.get(path).mimetype) == (404, "application/problem+json")


@pytest.mark.parametrize("body", ["null", "[]", "3", '"text"', "true", '[{"text": "a"}]'])
def test_a_document_that_is_no_object_is_422(client, phone, body):
    answer = client.post(SCAN, data=body, content_type="application/json", headers=phone)
    assert (answer.status_code, answer.json["errors"]) == (422, {"body": ["Send a JSON object."]})


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "json"]
)
def test_another_type_is_415(client, phone, content_type):
    answer = client.post(SCAN, data=b'{"text": "a"}', content_type=content_type, headers=phone)
    assert (answer.status_code, answer.mimetype) == (415, "application/problem+json")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "application/vnd.api+json"])
def test_json_by_its_other_names_is_read(client, phone, content_type):
    assert client.post(SCAN, data=b'{"text": "a"}', content_type=content_type, headers=phone).status_code == 404


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"text": ["This field is required."]}),
        ({"text": None}, {"text": ["This field may not be empty."]}),
        ({"text": 3}, {"text": ["Send a text."]}),
        ({"text": ["a"]}, {"text": ["Send a text."]}),
        ({"text": ""}, {"text": ["Write something, in at most 2000 characters."]}),
        ({"text": "a" * 2001}, {"text": ["Write something, in at most 2000 characters."]}),
        ({"text": "a", "role": "admin"}, {"role": ["There is no such field."]}),
        ({"role": "admin"}, {"role": ["There is no such field."], "text": ["This field is required."]}),
    ],
)
def test_each_field_has_its_sentence(client, phone, body, errors):
    answer = client.post(SCAN, json=body, headers=phone)
    assert (answer.status_code, answer.json["errors"]) == (422, errors)
    assert answer.json["title"] == "Some fields are not right"


def test_a_form_with_a_picture_has_no_other_field(client):
    for part in ("zoom", (BytesIO(b"x"), "x.png")):
        answer = client.post("/api/v1/app/decode", data={"zzz": part, "picture": (BytesIO(b""), "a.png")})
        assert (answer.status_code, answer.json["errors"]) == (422, {"zzz": ["There is no such field."]})
    twice = client.post("/api/v1/app/decode", data={"picture": [(BytesIO(b"x"), "a.png"), (BytesIO(b"x"), "b.png")]})
    assert (twice.status_code, twice.json["errors"]) == (422, {"picture": ["This field is named twice."]})


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("?kind=ship", {"kind": ["Choose one of: vehicle, equipment, location, contact."]}),
        ("?limit=0", {"limit": ["Choose a number from 1 to 100."]}),
        ("?limit=ten", {"limit": ["Send a whole number."]}),
        ("?qq=truck", {"qq": ["There is no such field."]}),
        ("?cursor=abc%0A", {"cursor": ["This text holds characters that do not belong here."]}),
        ("?q=truck&q=van", {"q": ["This field is named twice."]}),
        ("?q=%00", {"q": ["This text holds characters that do not belong here."]}),
    ],
)
def test_queries_are_read_as_strictly(client, phone, query, errors):
    answer = client.get(f"/api/v1/records{query}", headers=phone)
    assert (answer.status_code, answer.json["errors"]) == (422, errors)


def test_a_nul_is_refused_where_other_hidden_signs_are_dropped(app, phone):
    ada = program(app)
    ada.sign_in()
    answer = ada.send("GET", "/admin/installation-codes?q=crew%00")
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["q"])


def test_no_door_takes_a_query_that_it_does_not_describe(app, client, phone):
    """Somebody who puts ``overlap_hours`` there must not find every phone cut off."""
    ada = program(app)
    ada.sign_in()
    unknown = {"overlap_hours": ["There is no such field."]}
    for caller, method, path, body in (
        (ada, "POST", "/admin/installation-key/rotate", {}),
        (ada, "POST", "/admin/app/generate-qr", None),
        (ada, "DELETE", "/admin/installation-key/plan", None),
        (program(app), "POST", "/enroll/inspect", {"token": "x"}),
    ):
        answer = caller.send(method, f"{path}?overlap_hours=72", json=body)
        assert (answer.status_code, answer.json["errors"]) == (422, unknown), path
    assert client.post("/api/v1/admin/app/generate-qr?overlap_hours=72").status_code == 401, "who asks comes first"
    # RFC 6749, section 3.2: what is not known there is let be.
    assert client.get("/.well-known/jwks.json?v=2").status_code == 200


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"tags": "yard"}, "Send a list."),
        ({"tags": None}, "This field may not be empty."),
        ({"allowed_networks": {"a": "b"}}, "Send a list."),
        ({"defaults": ["name"]}, "Send a JSON object."),
        ({"defaults": None}, "This field may not be empty."),
    ],
)
def test_lists_and_objects_have_their_sentences_too(app, phone, wrong, sentence):
    ada = program(app)
    ada.sign_in()
    answer = ada.send("POST", "/admin/provisioning-tokens", json={"description": "Tablets"} | wrong)
    assert (answer.status_code, answer.json["errors"]) == (422, {name: [sentence] for name in wrong})


@pytest.mark.parametrize("at", ["2030-05-01T10:00:00Z", "2030-05-01t10:00:00z", "2030-05-01t12:00:00+02:00"])
def test_moments_are_read_in_either_letter_case(at):
    """RFC 3339, section 5.6."""
    assert Moment().deserialize(at) == datetime(2030, 5, 1, 10, tzinfo=UTC)


def body_of(size):
    frame = len(json.dumps({"text": ""}))
    return json.dumps({"text": "a" * (size - frame)}).encode()


def test_bodies_have_an_end(client, phone):
    for path, limit, refused in ((SIGN_IN, SMALL_FORM, 422), (SCAN, LARGE_FORM, 422)):
        for size, status in ((limit, refused), (limit + 1, 413)):
            answer = client.post(path, data=body_of(size), content_type="application/json", headers=phone)
            assert answer.status_code == status, (path, size)
            assert answer.mimetype == "application/problem+json"


def test_a_body_without_a_length_has_the_same_end(live):
    def sent(size):
        whole = body_of(size)
        chunks = (whole[at : at + 8192] for at in range(0, size, 8192))
        headers = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
        with closing(HTTPConnection("127.0.0.1", live.port, timeout=20)) as connection:
            connection.request("POST", SIGN_IN, chunks, headers, encode_chunked=True)
            return connection.getresponse().status

    assert sent(SMALL_FORM) == 422
    assert sent(SMALL_FORM + 1) == 413


def test_the_body_is_read_before_the_database_is_asked(client, phone):
    """A 413 comes before the guard: nobody who is refused makes us read on."""
    answer = client.post(SCAN, data=body_of(LARGE_FORM + 1), content_type="application/json")
    assert answer.status_code == 413
