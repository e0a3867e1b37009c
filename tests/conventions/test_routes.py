"""Law 4: every door stands under an audience with a guard, and in the one table of permissions."""

import re

from portal import routes
from portal.accounts.permissions import DOORS, PERMISSIONS
from portal.api import guard
from portal.web import guards
from tests.conventions.tree import ROOT

MAIL_LAYOUT = ROOT / "templates" / "emails" / "layout.html"
FRAMEWORK = {"static", "bootstrap.static"}
# The doors that carry no CSRF token: the gate refuses a foreign Origin instead, programs have a guard of their own.
WITHOUT_TOKEN = re.compile(r"^(public\.(gate|crew)|api|oauth)\.")


def endpoints(app) -> set[str]:
    return {rule.endpoint for rule in app.url_map.iter_rules()} - FRAMEWORK


def test_every_door_stands_in_the_table_and_the_table_has_no_others(app):
    assert endpoints(app) - set(DOORS) == set()
    assert set(DOORS) - endpoints(app) == set()


def test_every_door_has_an_audience_and_every_audience_a_guard(app):
    assert {routes.audience_of(endpoint) for endpoint in endpoints(app)} == {
        audience.name for audience in routes.AUDIENCES
    }
    known = {guards.anyone, guards.signed_in, guards.operator, guard.knock}
    for audience in routes.AUDIENCES:
        assert audience.guard in known
        assert app.before_request_funcs[audience.name] == [audience.guard]


def test_every_admin_door_asks_for_a_permission(app):
    assert [
        endpoint for endpoint in endpoints(app) if endpoint.startswith("admin.") and not DOORS[endpoint].permission
    ] == []


def test_only_the_gate_goes_without_a_token():
    assert [endpoint for endpoint, door in DOORS.items() if not door.csrf and not WITHOUT_TOKEN.match(endpoint)] == []


def test_every_permission_opens_a_door_or_is_asked_for_by_name():
    used = {door.permission.name for door in DOORS.values() if door.permission}
    assert {permission.name for permission in PERMISSIONS} - used == set()


def test_the_command_lists_every_door(app):
    from portal.commands import routes as command

    with app.app_context():
        from click.testing import CliRunner

        printed = CliRunner().invoke(command).output
    for rule in app.url_map.iter_rules():
        assert rule.rule in printed
    assert re.search(r"GET,POST +/sign-in +sign_in +-", printed)
    assert re.search(r"/admin/settings/qr-portal +admin +settings\.view", printed)


def test_templates_hold_no_inline_handlers_styles_or_unescaped_values():
    forbidden = {
        "style attribute": re.compile(r"<[^>]*\sstyle\s*="),
        "handler attribute": re.compile(r"<[^>]*\son[a-z]+\s*="),
        "unescaped value": re.compile(r"\|\s*safe\b|autoescape\s+false"),
        "script without nonce": re.compile(r"<script(?![^>]*(nonce=|src=))"),
        "style without nonce": re.compile(r"<style(?![^>]*nonce=)"),
        "address of another site": re.compile(r"""(src|href)=["']?(https?:)?//"""),
    }
    found = [
        f"{path.relative_to(ROOT)}: {what}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for what, pattern in forbidden.items()
        if pattern.search(path.read_text())
        and (path, what) != (MAIL_LAYOUT, "style without nonce")  # no policy reigns in a mail program
    ]
    assert found == []


def test_no_view_takes_whatever_is_not_get_for_a_form():
    """HEAD is answered by the same view as GET, and carries no token: a view asks for POST before it acts."""
    askers = [
        str(path) for path in (ROOT / "portal").glob("*/views/*.py") if 'request.method == "GET"' in path.read_text()
    ]
    assert askers == []
