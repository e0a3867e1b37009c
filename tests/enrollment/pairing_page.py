"""What tests of Mobile Setup and of its key's rotation have in common."""

from urllib.parse import parse_qs, urlsplit

from portal.accounts.models import Account, Membership
from portal.enrollment import queries
from portal.extensions import db
from tests.factories.phones import make_phone

PAGE = "/admin/mobile-setup"
COMPANY = "North Yard & Søn <b>"


def ask(client, path: str, body: dict | None = None, **options):
    """A program's POST with the session's CSRF token."""
    headers = {"X-CSRFToken": client.token(), **options.pop("headers", {})}
    return client.post(f"/api/v1/admin/{path}", json={} if body is None else body, headers=headers, **options)


def fields(payload: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(payload).fragment).items()}


def generation(app, account_id: int) -> int:
    with app.app_context():
        return queries.current_key(db.session(), account_id).generation


def pair(app, account_id: int, name: str, *, user: str = "", **columns) -> int:
    """A phone that the installation key let in."""
    with app.app_context():
        account = db.session.get(Account, account_id)
        people = {one.user.email: one.user_id for one in db.session.query(Membership).filter_by(account_id=account_id)}
        now_at = queries.current_key(db.session(), account_id).generation
        columns = {"pairing_generation": now_at} | columns
        return make_phone(account, people.get(user), name=name, **columns).device_id
