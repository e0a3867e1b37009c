"""The doors for programs of installation codes and provisioning tokens."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from portal.accounts.models import Account, Membership, User
from portal.devices.models import ACTIVE, REVOKED, SUSPENDED, Device
from portal.enrollment.models import Grant, Redemption
from portal.extensions import db
from tests.client import PASSWORD, PortalClient
from tests.decoding import read_png
from tests.factories.people import make_account, make_member
from tests.statements import noted

CODES = "/api/v1/admin/installation-codes"
TOKENS = "/api/v1/admin/provisioning-tokens"
NEW = {"description": "Night shift", "action": "create_account_and_device", "username_prefix": "crew-"}


class Program:
    """A program that signed in: the cookie, and the CSRF token on every request."""

    def __init__(self, app, email="ada@example.com"):
        self.client = PortalClient(app)
        answer = self.client.post("/api/v1/session", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        self.headers = {"X-CSRFToken": answer.json["csrf_token"]}

    def ask(self, method, path, body=None):
        return self.client.open(path, method=method, json=body, headers=self.headers)

    def make(self, **fields):
        answer = self.ask("POST", CODES, NEW | fields)
        assert answer.status_code == 201, answer.text
        return answer.json


@pytest.fixture
def ada(app):
    with app.app_context():
        account = make_account()
        make_member(account)
        make_member(account, "mia@example.com", name="Mia", role="member")
    return Program(app)


def enrol(app, grant_id: str, **columns) -> None:
    """Devices as if the code had enrolled them, by name and status."""
    with app.app_context():
        grant = db.session.query(Grant).filter_by(public_id=grant_id).one()
        now = datetime.now(UTC)
        for name, status in columns.items():
            db.session.add(
                Device(
                    account_id=grant.account_id, name=name, status=status, grant_id=grant.id, created_at=now,
                    connected_at=now, revoked_at=now if status == REVOKED else None,
                )
            )  # fmt: skip
        db.session.commit()


def test_a_long_list_asks_no_more_than_a_short_one(app, ada):
    for number in range(3):
        with app.app_context():
            email = make_member(
                db.session.query(Account).one(), f"crew{number}@example.com", name=f"Crew {number}", role="member"
            ).user.email
        ada.make(description=f"Code {number}", action="create_device", username_prefix="", user_id=email)
    costs = []
    for path in (f"{CODES}?q=Code+0", f"{CODES}?q=Code"):
        with noted(app) as asked:
            found = ada.ask("GET", path).json["installation_codes"]
        costs.append((len(found), len(asked)))
        assert all(one["user_id"] for one in found)
    assert costs == [(1, costs[0][1]), (3, costs[0][1])]


def statuses(app) -> dict[str, str]:
    with app.app_context():
        return {one.name: one.status for one in db.session.query(Device)}


def test_a_code_is_made_shown_listed_changed_and_removed(app, ada):
    made = ada.make(tags=["north"], allowed_networks=["203.0.113.7/24"])
    path = f"{CODES}/{made['id']}"
    assert made["state"] == "active" and made["max_uses"] == made["uses_left"] == 25 and made["use_count"] == 0
    assert made["allowed_networks"] == ["203.0.113.0/24"]
    assert timedelta(days=6) < datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC) < timedelta(days=8)
    assert made["link"].startswith(f"https://qr.example.com/app#v=1&k=code&t={made['code']}&")
    assert ada.ask("GET", path).json == made
    assert ada.ask("GET", CODES).json == {"installation_codes": [made]}
    changed = ada.ask("PATCH", path, {"description": "Late shift", "version": 1}).json
    assert changed == made | {"description": "Late shift", "version": 2}
    stale = ada.ask("PATCH", path, {"description": "Early shift", "version": 1})
    assert (stale.status_code, stale.json["reason"], stale.json["version"]) == (409, "changed", 2)
    assert ada.ask("DELETE", path).status_code == 204
    for method, ending in (("GET", ""), ("DELETE", ""), ("GET", "/qr.svg")):
        assert ada.ask(method, path + ending).status_code == 404
    assert ada.ask("GET", CODES).json == {"installation_codes": []}


def test_a_new_code_begins_with_the_same_uses_on_its_page_and_by_program(app, ada):
    enrol(app, ada.make()["id"], Tablet=ACTIVE)
    with app.app_context():
        device = db.session.query(Device).one().public_id
    page = ada.client.get("/admin/installation-codes/new").get_data(as_text=True)
    shown = {
        re.search(r'value="([a-z_]+)"', radio)[1]: int(re.search(r'data-uses="(\d+)"', radio)[1])
        for radio in re.findall(r'<input[^>]*name="action"[^>]*>', page)
    }
    assert "With “Use existing device”, 1 is usual" in page  # where no script changes the number with the action
    whom = {"username_prefix": "crew-", "user_id": "ada@example.com", "device_id": device}
    made = {action: ada.make(action=action, **whom) for action in shown}
    assert {action: code["max_uses"] for action, code in made.items()} == shown == {
        "create_account_and_device": 25, "create_device": 25, "use_existing_device": 1,
    }  # fmt: skip
    saved = ada.client.get(f"/admin/installation-codes/{made['use_existing_device']['id']}/edit").get_data(as_text=True)
    assert "data-uses" not in saved  # a number that somebody saved stays


def test_the_picture_is_the_link(app, ada, desktop):
    made = ada.make()
    answer = ada.ask("GET", f"{CODES}/{made['id']}/qr.svg")
    assert answer.mimetype == "image/svg+xml"
    page = desktop.new_page()
    page.set_content(f"<body style='margin:0'><div style='width:600px'>{answer.text}</div></body>")
    assert read_png(page.screenshot()) == [made["link"]]
    with app.app_context():
        db.session.query(Grant).update({"use_count": 25})
        db.session.commit()
    spent = ada.ask("GET", f"{CODES}/{made['id']}/qr.svg")
    assert (spent.status_code, spent.json["reason"]) == (409, "exhausted")


def test_a_list_is_searched_by_all_that_it_shows_in_any_letters(app, ada):
    with app.app_context():
        account = db.session.query(Account).one()
        mia = make_member(account, "zoe@example.com", name="Zo\u00eb Wi\u015bniewska", role="member").user.public_id
        device = Device(account_id=account.id, name="\u00c4rger", status=ACTIVE, created_at=datetime.now(UTC))
        db.session.add(device)
        db.session.commit()
        device_id = device.public_id
    wanted = {
        ada.make(description="\u0141\u00f3d\u017a, tor 2")["id"]: (
            "\u0142\u00f3d\u017a",
            "\u0141\u00d3D\u0179",
            "lodz, TOR",
        ),
        ada.make(action="create_device", user_id=mia)["id"]: ("ZOE@example.com", "WI\u015aNIEWSKA", "ZO\u00cb"),
        ada.make(action="use_existing_device", device_id=device_id)["id"]: (device_id, device_id[2:9], "\u00e4RGER"),
    }
    for code, texts in wanted.items():
        for q in texts:
            found = ada.client.get(CODES, query_string={"q": q}).json["installation_codes"]
            assert [one["id"] for one in found] == [code], q
    for q in ("invalid", "%", "example.org"):
        assert ada.client.get(CODES, query_string={"q": q}).json["installation_codes"] == [], q
    assert ada.ask("POST", TOKENS, {"description": "Fleet", "tags": ["N\u00f6rdliches Tor"]}).status_code == 201
    (fleet,) = ada.client.get(TOKENS, query_string={"q": "N\u00d6RDLICH"}).json["provisioning_tokens"]
    assert fleet["description"] == "Fleet"


def test_a_tag_that_the_page_would_part_is_refused(ada):
    answer = ada.ask("POST", CODES, NEW | {"tags": ["north, gate"]})
    assert (answer.status_code, list(answer.json["errors"])) == (409, ["tags"])


def test_a_code_for_somebody_who_left_has_no_picture(app, ada):
    made = ada.make(action="create_device", user_id="mia@example.com")
    with app.app_context():
        mia = db.session.query(User).filter_by(email="mia@example.com").one()
        db.session.query(Membership).filter_by(user_id=mia.id).delete()
        db.session.commit()
    gone = ada.ask("GET", f"{CODES}/{made['id']}/qr.svg")
    assert (gone.status_code, gone.json["reason"]) == (409, "person_gone")


def test_an_account_is_named_by_id_e_mail_or_sign_in_name(app, ada):
    by_mail = ada.make(action="create_device", user_id="MIA@example.com")
    assert by_mail["user_id"] and by_mail["username_prefix"] == ""
    assert ada.make(action="create_device", user_id=by_mail["user_id"])["user_id"] == by_mail["user_id"]
    refused = ada.ask("POST", CODES, NEW | {"action": "create_device", "user_id": "boris@example.com"})
    assert refused.status_code == 409
    assert refused.json["errors"] == {"user_id": ["Choose somebody of this company."]}


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"role": "admin"}, "role"),
        ({"account_id": 2}, "account_id"),
        ({"action": "sign_in_user"}, "action"),
        ({"max_uses": 0}, "max_uses"),
        ({"max_uses": True}, "max_uses"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-23:59"}, "expires_at"),
        ({"not_before": "0001-01-01T00:00:00+23:59"}, "not_before"),
        ({"allowed_networks": ["10.0.0.0/40"]}, "allowed_networks"),
        ({"username_prefix": "crew 7"}, "username_prefix"),
        ({"action": "create_device"}, "user_id"),
        ({"action": "use_existing_device"}, "device_id"),
        ({"tags": ["x"] * 3 + [str(n) for n in range(30)]}, "tags"),
    ],
)
def test_a_wrong_field_is_named(app, ada, fields, name):
    answer = ada.ask("POST", CODES, NEW | fields)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert [field.partition(".")[0] for field in answer.json["errors"]] == [name]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2099-01-01T00:00:00Z"}, "expires_at"),
        ({"not_before": "0001-01-02T00:00:00Z"}, "not_before"),
        ({"not_before": "2099-01-01T00:00:00Z"}, "not_before"),
        ({"allowed_networks": ["1::2::3"]}, "allowed_networks"),
        ({"action": "use_existing_device", "device_id": "abcdefghjkmn"}, "device_id"),
    ],
)
def test_a_field_that_is_as_described_and_does_not_fit_is_a_409(app, ada, fields, name):
    """No description can say which moments are past, or who is of the company."""
    answer = ada.ask("POST", CODES, NEW | fields)
    assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
    assert (list(answer.json["errors"]), answer.json["reason"]) == ([name], "does_not_fit")
    assert ada.ask("GET", CODES).json["installation_codes"] == []
    with app.app_context():
        assert db.session.query(Grant).filter_by(kind="installation_code").count() == 0


def test_the_list_is_searched_sorted_and_narrowed(ada):
    for name, uses in (("Beta", 3), ("Alpha", 7)):
        ada.make(description=name, max_uses=uses)

    def names(query: str) -> list[str]:
        return [one["description"] for one in ada.ask("GET", f"{CODES}?{query}").json["installation_codes"]]

    assert names("sort=description") == ["Alpha", "Beta"]
    assert names("sort=-description") == ["Beta", "Alpha"]
    assert names("q=alph") == ["Alpha"]
    assert names("state=expired") == []
    assert ada.ask("GET", f"{CODES}?sort=secret").status_code == 422


def test_the_blast_radius(app, ada):
    made, other = ada.make(), ada.make()
    enrol(app, made["id"], one=ACTIVE, two=ACTIVE, gone=REVOKED)
    enrol(app, other["id"], foreign=ACTIVE)
    path = f"{CODES}/{made['id']}"
    assert ada.ask("POST", f"{path}/suspend-devices").json == {"count": 2}
    assert statuses(app) == {"one": SUSPENDED, "two": SUSPENDED, "gone": REVOKED, "foreign": ACTIVE}
    assert ada.ask("POST", f"{path}/revoke-devices").json == {"count": 2}
    assert ada.ask("POST", f"{path}/revoke-devices").json == {"count": 0}
    assert statuses(app) == {"one": REVOKED, "two": REVOKED, "gone": REVOKED, "foreign": ACTIVE}


def test_the_devices_of_a_removed_code_are_still_within_reach(app, ada):
    made = ada.make()
    enrol(app, made["id"], one=ACTIVE, two=ACTIVE)
    path = f"{CODES}/{made['id']}"
    assert ada.ask("DELETE", path).status_code == 204  # it leaked: first nobody else comes in, then all are put out
    assert ada.ask("GET", path).status_code == 404
    assert ada.ask("GET", f"{path}/redemptions").json == {"redemptions": []}
    assert ada.ask("POST", f"{path}/suspend-devices").json == {"count": 2}
    assert ada.ask("POST", f"{path}/revoke-devices").json == {"count": 2}
    assert statuses(app) == {"one": REVOKED, "two": REVOKED}


def test_the_tries_are_told(app, ada):
    made = ada.make()
    with app.app_context():
        grant = db.session.query(Grant).filter_by(public_id=made["id"]).one()
        db.session.add(
            Redemption(
                account_id=grant.account_id, grant_id=grant.id, outcome="refused", reason="wrong_network",
                browser="Android, Chrome", ip="203.0.113.9", at=datetime(2026, 11, 22, 12, tzinfo=UTC),
            )
        )  # fmt: skip
        db.session.commit()
    assert ada.ask("GET", f"{CODES}/{made['id']}/redemptions").json["redemptions"] == [
        {
            "at": "2026-11-22T12:00:00Z", "outcome": "refused", "reason": "wrong_network", "device_id": None,
            "device_name": "", "browser": "Android, Chrome", "ip": "203.0.113.9",
        }
    ]  # fmt: skip


def test_a_token_is_told_once(app, ada):
    answer = ada.ask("POST", TOKENS, {"description": "Fleet", "defaults": {"name": "Tablet {n}"}, "tags": ["a"]})
    assert answer.status_code == 201, answer.text
    made = answer.json
    assert made["token"].startswith(made["hint"]) and f"k=fleet&t={made['token']}" in made["link"]
    assert made["config"]["token"] == made["token"] and made["config"]["version"] == 1
    assert (made["max_uses"], made["user_id"]) == (100, None)
    path = f"{TOKENS}/{made['id']}"
    later = ada.ask("GET", f"{path}/config.json").json
    assert later == made["config"] | {"token": None}
    assert made["token"] not in ada.ask("GET", TOKENS).text + ada.ask("GET", path).text
    assert ada.ask("PATCH", path, {"defaults": {"bad key": "1"}}).status_code == 422
    assert ada.ask("PATCH", path, {"max_uses": 5}).json["max_uses"] == 5
    assert ada.ask("POST", f"{path}/suspend-devices").json == {"count": 0}
    assert ada.ask("DELETE", path).status_code == 204
    assert ada.ask("GET", f"{path}/config.json").status_code == 404


def test_another_company_and_members_get_nothing(app, ada):
    made = ada.make()
    with app.app_context():
        make_member(make_account("Theirs"), "boris@example.com", name="Boris")
    boris, mia = Program(app, "boris@example.com"), Program(app, "mia@example.com")
    path = f"{CODES}/{made['id']}"
    for method, address in (
        ("GET", path), ("DELETE", path), ("GET", f"{path}/qr.svg"), ("GET", f"{path}/redemptions"),
        ("POST", f"{path}/revoke-devices"), ("POST", f"{path}/suspend-devices"),
    ):  # fmt: skip
        assert boris.ask(method, address).status_code == 404
        assert mia.ask(method, address).status_code == 403
    assert boris.ask("PATCH", path, {"description": "Mine"}).status_code == 404
    assert boris.ask("GET", CODES).json == {"installation_codes": []}


def test_codes_ask_for_a_password_typed_a_short_while_ago(app, ada):
    from portal.accounts.models import AuthSession

    with app.app_context():
        db.session.query(AuthSession).update({"fresh_at": datetime.now(UTC) - timedelta(minutes=16)})
        db.session.commit()
    answer = ada.ask("GET", CODES)
    assert (answer.status_code, answer.json["reason"]) == (403, "fresh_sign_in_required")
