"""What a body may be: JSON of the size, type and fields that the description names; sentences for everything else."""

import json
from contextlib import closing
from http.client import HTTPConnection
from io import BytesIO

import pytest

from portal.web.requests import LARGE_FORM, SMALL_FORM
from tests.api.calling import bearer, make_phone
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


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("?kind=ship", {"kind": ["Choose one of: vehicle, equipment, location, contact."]}),
        ("?limit=0", {"limit": ["Choose a number from 1 to 100."]}),
        ("?limit=ten", {"limit": ["Send a whole number."]}),
        ("?qq=truck", {"qq": ["There is no such field."]}),
    ],
)
def test_queries_are_read_as_strictly(client, phone, query, errors):
    answer = client.get(f"/api/v1/records{query}", headers=phone)
    assert (answer.status_code, answer.json["errors"]) == (422, errors)


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
