"""The description at /api/v1/openapi.json: complete, true, and held against a live server by an independent reader."""

import json
import re
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from portal import routes
from portal.accounts.permissions import DOORS
from tests.api.calling import make_phone
from tests.client import PASSWORD
from tests.factories.people import make_account, make_member
from tests.factories.things import make_expiration, make_record

DESCRIBED = {audience.name for audience in routes.AUDIENCES if audience.is_described}
# What ends the caller's own session: the walk would go on as a stranger.
ENDS = ("session_sign_out", "phone_sign_out", "phone_sign_in")


@pytest.fixture
def description(app, client):
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return answer.json


def test_every_door_for_programs_is_described_and_nothing_else(app, description):
    doors = {
        (re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if routes.audience_of(rule.endpoint) in DESCRIBED
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    described = {
        (path, method) for path, item in description["paths"].items() for method in item if method != "parameters"
    }
    assert doors == described and len(doors) > 10


def answered(description, operation):
    """The document that an operation answers when all is well."""
    schema = operation["responses"]["200"].get("content", {}).get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    return description["components"]["schemas"][name] if name else schema


def test_it_says_where_and_how_to_come_in(app, description):
    assert description["openapi"] == "3.1.0" and description["info"]["version"]
    assert description["servers"] == [{"url": "https://qr.example.com"}]
    schemes = description["components"]["securitySchemes"]
    assert set(schemes) >= {"session", "csrf", "phone"}
    sources = {flow["tokenUrl"] for one in schemes.values() for flow in one.get("flows", {}).values()}
    gives_tokens = {
        path
        for path, item in description["paths"].items()
        for operation in item.values()
        if isinstance(operation, dict)
        and operation["security"] == []
        and "access_token" in str(answered(description, operation))
    }
    assert sources == gives_tokens and len(sources) == 4


def test_each_operation_asks_for_what_its_door_asks_for(app, description):
    seen = 0
    for rule in app.url_map.iter_rules():
        if routes.audience_of(rule.endpoint) not in DESCRIBED:
            continue
        door = DOORS[rule.endpoint]
        path = re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule)
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            operation = description["paths"][path][method.lower()]
            ways = [set(way) for way in operation["security"]]
            if rule.endpoint == "oauth.oauth.introspect":  # it looks at whoever asks itself (RFC 7662, section 2.1)
                assert ways == [{"phone"}, {"session"}]
                continue
            assert ({"phone"} in ways) == (door.phone or door.paired), path
            assert any("session" in way for way in ways) == bool(door.permission), path
            assert all("csrf" in way for way in ways if "session" in way) or method == "GET", path
            assert operation["summary"].strip(), path
            about = operation.get("description", "")
            assert (f"permission {door.permission.name}" in about) if door.permission else ("permission" not in about)
            assert ("within 15 minutes" in about) == door.fresh, path
            assert ("for the caller's own" in about) == door.own, path
            seen += 1
    assert seen > 10


def test_operations_have_names_of_their_own(description):
    names = [
        operation["operationId"]
        for item in description["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    ]
    assert len(names) == len(set(names))


def test_operations_stand_under_headings_that_say_something(description):
    told = {tag["name"]: tag["description"] for tag in description["tags"]}
    used = {
        tag
        for item in description["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
        for tag in operation["tags"]
    }
    assert set(told) == used and all(told.values())


def test_who_must_wait_is_told_where_it_says_for_how_long(description):
    assert "Retry-After" in description["components"]["responses"]["TOO_MANY_REQUESTS"]["headers"]


def test_documents_allow_no_unknown_fields(description):
    schemas = description["components"]["schemas"]
    assert len(schemas) > 10
    loose = {name for name, schema in schemas.items() if schema.get("additionalProperties") is not False}
    assert loose == {"Problem"}


def test_documents_say_what_they_are(description):
    schemas = description["components"]["schemas"]
    assert [name for name, schema in schemas.items() if not schema.get("description")] == []
    made = schemas["enrollment.installation_codes.NewInstallationCodeSchema"]
    assert "7 days and 25 devices" in made["description"]
    assert "`" * 2 not in json.dumps(description)


@pytest.fixture
def company(live_app):
    with live_app.app_context():
        account = make_account()
        ada = make_member(account)
        truck = make_record(account, "vehicle", "Truck 7", tag="T-7")
        make_expiration(truck)
        return {"phone": make_phone(account, ada.user_id)[0], "paired": make_phone(account)[0]}


def sign_in(live):
    """The credentials of a program's session, by the names of the description's schemes."""
    body = json.dumps({"email": "ada@example.com", "password": PASSWORD})
    with closing(HTTPConnection("127.0.0.1", live.port, timeout=20)) as connection:
        connection.request("POST", "/api/v1/session", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        cookies = [value for name, value in answer.getheaders() if name == "Set-Cookie"]
        token = json.loads(answer.read())["csrf_token"]
    session = next(value for value in cookies if value.startswith("session=")).partition(";")[0]
    return {"session": {"api_key": session.partition("=")[2]}, "csrf": {"api_key": token}}


def operations(app, wanted):
    """The names of the operations whose door is wanted."""
    return [
        endpoint.partition(".")[2].replace(".", "_")
        for endpoint, door in DOORS.items()
        if routes.audience_of(endpoint) in DESCRIBED and wanted(door)
    ]


CALLERS = {
    "nobody": lambda door: door.open,
    "program": lambda door: door.permission,
    "phone": lambda door: door.phone,
    "paired": lambda door: door.paired,
}


@pytest.mark.parametrize("who", CALLERS)
def test_an_independent_reader_finds_nothing_wrong(app, company, live, who, tmp_path):
    """Schemathesis with all its usual checks, at every door that this caller may open."""
    config, schemes = "", {}
    if who == "program":
        schemes = sign_in(live)
    elif who in company:
        schemes = {"phone": {"bearer": company[who]}}
    for name, scheme in schemes.items():
        config += f"[auth.openapi.{name}]\n" + "".join(
            f"{key} = {json.dumps(value)}\n" for key, value in scheme.items()
        )
    (tmp_path / "schemathesis.toml").write_text(config)
    command = [
        str(Path(sys.executable).parent / "st"), "run", f"{live.url}/api/v1/openapi.json", "--seed", "1",
        "--max-examples", "3", "--phases", "coverage,fuzzing", "--no-color", "--warnings", "off",
    ]  # fmt: skip
    for name in operations(app, CALLERS[who]):
        if name not in ENDS:
            command += ["--include-operation-id", name]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False)
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr[-2_000:]
