"""A company with records and every kind of code, and phones that open the app."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, Request

from portal.config import Settings
from portal.enrollment.models import CREATE_DEVICE
from tests.app.links import fleet_token, scanned
from tests.conftest import empty_postgres, live_environ
from tests.enrollment.arriving import crew_code, installation_code, installation_key, onboarding
from tests.factories.people import make_account, make_member
from tests.factories.things import make_expiration, make_record, scan_path
from tests.servers import LivePortal


@pytest.fixture
def fresh_database(_application: Flask, base_settings: Settings) -> None:
    """Empties the database in place: the portal of this folder's tests has it open from one test to the next."""
    _application.extensions["scan_log"].flush()
    if base_settings.database_url.startswith("sqlite"):
        folder = base_settings.data_dir
        with (
            closing(sqlite3.connect(folder / "template.db")) as empty,
            closing(sqlite3.connect(folder / "portal.db", timeout=10)) as used,
        ):
            empty.backup(used)
    else:
        empty_postgres(_application)


@pytest.fixture(scope="package")
def running(base_settings: Settings, _application: Flask) -> Iterator[LivePortal]:
    """One portal under gunicorn for all tests of this folder: to start one for each would take most of their time."""
    portal = LivePortal(live_environ(base_settings))
    yield portal
    portal.stop()


@pytest.fixture
def live(running: LivePortal, fresh_database: None) -> LivePortal:
    """The portal under gunicorn, on an empty database."""
    return running


@pytest.fixture
def company(live_app: Flask) -> SimpleNamespace:
    """Links and codes by name; ids that tests need. Everything is committed."""
    with live_app.app_context():
        account = make_account("North Yard Haulage")
        admin = make_member(account)
        member = make_member(account, "mia@example.com", name="Mia Member", role="member")
        boss = make_record(account, "contact", "Priya Raman", email="priya@example.com", phone="+12025550188")
        owner = make_record(
            account,
            "contact",
            "Olga Ostrowska",
            job_title="Fleet lead",
            email="olga@example.com",
            phone="+12025550123",
            supervisor_id=boss.id,
        )
        truck = make_record(
            account, "vehicle", "Flatbed 12", tag="NY-12", plate="CA 8TRK", make="Volvo", model="FH16",
            owner_id=owner.id,
        )  # fmt: skip
        make_expiration(truck, "registration", datetime.now(UTC).date() - timedelta(days=3))
        make_expiration(truck, "insurance", date(2030, 1, 1))
        make_record(account, "equipment", "Generator 3", tag="G-3", manufacturer="Kohler", model="30REOZK")
        make_record(account, "location", "Main yard", address="1 Yard Road\nOakland")
        code = installation_code(account, CREATE_DEVICE, user_id=member.user_id)
        crew, once = crew_code(account), onboarding(admin)
        key, fleet = installation_key(account), fleet_token(account)
        return SimpleNamespace(
            account_id=account.id,
            user_id=admin.user_id,
            member_id=member.user_id,
            key=key,
            truck=truck.public_id,
            sticker=scan_path(truck),
            pair=scanned(account, "pair", key),
            pair_mia=scanned(account, "pair", key, username="mia@example.com"),
            join=scanned(account, "join", once.secret),
            join_code=once.typed_code,
            crew_code=crew.typed_code,
            fleet=scanned(account, "fleet", fleet.secret),
            shared=scanned(account, "code", code.typed_code),
            crew=scanned(account, "code", crew.typed_code),
            foreign=scanned(account, "pair", key, public_url="https://qr.elsewhere.example"),
        )


@dataclass
class FieldApp:
    """The app on a phone: its page, and every request that could have changed something or told somebody anything."""

    page: Page
    url: str
    posts: list[str]

    def open(self, link: str = "") -> None:
        self.page.goto(link or f"{self.url}/app")

    def scan(self, link: str) -> None:
        """Opens a link as the phone's camera does: in a page of its own."""
        self.page.goto("about:blank")
        self.page.goto(link)

    def heading(self, name: str) -> None:
        self.page.get_by_role("heading", name=name, level=1).wait_for()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def pair(self, link: str, company: str = "North Yard Haulage") -> None:
        self.scan(link)
        self.heading(f"Connect to {company}?")
        self.press("Connect")

    def sign_in(self, username: str, password: str) -> None:
        self.heading("Sign in")
        self.page.get_by_label("E-mail or sign-in name").fill(username)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.press("Sign in")


def field_app(context: BrowserContext, url: str) -> FieldApp:
    page, posts = context.new_page(), []

    def hear(request: Request) -> None:
        if request.method != "GET":
            posts.append(request.url.removeprefix(url))

    page.on("request", hear)
    return FieldApp(page, url, posts)


@pytest.fixture
def field(phone: BrowserContext, live, company) -> Iterator[FieldApp]:
    """The app on a phone of 360 pixels."""
    return field_app(phone, live.url)
