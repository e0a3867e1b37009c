"""The throttle on a real database against a small model of it, under random attacks, refunds, grants and rotations."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from portal.extensions import db
from portal.gate import attempts, budget, known_devices
from portal.gate import operations as gate
from portal.gate.attempts import Knock, Reservation
from portal.gate.models import Attempt, KnownDevice
from portal.lib.secrets import digest
from portal.stickers.models import Sticker
from tests.factories.people import make_account
from tests.factories.things import make_record

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
PAUSE_SECONDS = (0, 0, 0, 5, 15, 60, 300, 900)


@dataclass
class Gauge:
    """A counter of the model: moments pass one by one, where the product calculates."""

    most: int
    span: timedelta | None = None  # all is forgotten at its end
    leak: timedelta | None = None  # one is forgotten at a time
    level: int = 0
    since: datetime | None = None

    def pass_time(self, now):
        while self.leak and self.level and self.since + self.leak <= now:
            self.level, self.since = self.level - 1, self.since + self.leak
        if self.span and self.level and self.since + self.span <= now:
            self.level = 0

    def spend(self, now):
        self.since = self.since if self.level else now
        self.level += 1

    def give_back(self, spent_at):
        if self.level and not (self.span and spent_at < self.since):
            self.level -= 1


class Model:
    """What the throttle must do, in forty lines."""

    def __init__(self):
        self.gauges = {}
        self.granted = 0
        self.failures = defaultdict(list)  # by browser: moment, gauges, generation

    def gauge(self, kind, subject, now):
        shapes = {
            "sticker": {"most": 20, "leak": DAY},
            "account": {"most": 100},
            "burst": {"most": 5, "span": 15 * MINUTE},
            "day": {"most": 20, "span": DAY},
            "device": {"most": 5},
            "devices": {"most": 200},
        }
        found = self.gauges.setdefault((kind, subject), Gauge(**shapes[kind]))
        found.pass_time(now)
        return found

    def is_full(self, kind, subject, now):
        gauge = self.gauge(kind, subject, now)
        return gauge.level >= gauge.most + (self.granted if kind == "account" else 0)

    def attempt(self, knock, device, now, is_right):
        """Whether the code is looked at. ``device``: the known device that types, or None."""
        generation = knock.generation
        names = [("device", (device, generation)), ("devices", generation)]
        if device is None or any(self.is_full(*name, now) for name in names):
            names = [
                ("sticker", knock.sticker_id),
                ("account", generation),
                ("burst", knock.client),
                ("day", knock.client),
            ]
        mine = self.failures[knock.browser_hash]
        open_ones = [at for at, _, _ in mine if at > now - 15 * MINUTE]
        pause = PAUSE_SECONDS[min(len(open_ones), 7)]
        if (open_ones and max(open_ones) + timedelta(seconds=pause) > now) or any(self.is_full(*n, now) for n in names):
            return False
        gauges = [self.gauge(*name, now) for name in names]
        if is_right:
            returned = [one for one in mine if one[0] > now - 10 * MINUTE and one[2] == generation][-4:]
            for at, spent, _ in returned:
                for gauge in spent:
                    gauge.pass_time(now)
                    gauge.give_back(at)
            self.failures[knock.browser_hash] = [one for one in mine if one not in returned]
            return True
        for gauge in gauges:
            gauge.spend(now)
        mine.append((now, gauges, generation))
        return True


class Attack(RuleBasedStateMachine):
    """Phones and crowds at the stickers of one company. Set ``key_ring`` and ``can_wait`` before a run."""

    key_ring = None
    can_wait = True
    clock = datetime(2026, 3, 1, tzinfo=UTC)
    address_count = 0

    @initialize()
    def open_company(self):
        Attack.clock += 40 * DAY  # SQLite's time never runs back, from one company to the next either
        account = make_account()
        self.account_id = account.id
        records = [make_record(account, name=f"Truck {number}") for number in range(6)]
        ids = [record.id for record in records]
        self.stickers = list(
            db.session.scalars(select(Sticker.id).where(Sticker.record_id.in_(ids)).order_by(Sticker.id))
        )
        self.generation = 2
        self.began = self.time()
        self.model = Model()
        self.cookies = {}  # by phone: the secret of its known device
        self.budgets = Counter()  # wrong codes of unknown devices that were looked at, by generation
        self.reopened = Counter()  # by sticker

    def time(self):
        return Attack.clock if self.can_wait else datetime.now(UTC)

    def type_code(self, phone, sticker, client, is_right, browser):
        """One attempt by both; they must agree."""
        now = self.time()
        secret = self.cookies.get(phone, "")
        knock = Knock(
            self.account_id,
            self.stickers[sticker],
            self.generation,
            client,
            digest(browser),
            digest(secret) if secret else "",
        )
        session = db.session()
        device = known_devices.find_device_id(session, self.account_id, knock.device_hash, now)
        result = attempts.reserve(session, knock, now)
        is_looked_at = isinstance(result, Reservation)
        assert is_looked_at == self.model.attempt(knock, device, now, is_right)
        if is_looked_at and not is_right and result.device_id is None:
            self.budgets[self.generation] += 1
        if is_looked_at and is_right:
            attempts.give_back(session, result, now)
            made = known_devices.admit(
                session,
                account_id=self.account_id,
                generation=self.generation,
                device_id=result.device_id,
                browser="",
                now=now,
            )
            self.cookies[phone] = made or secret

    @rule(phone=st.integers(0, 3), sticker=st.integers(0, 5), is_right=st.booleans(), line=st.integers(0, 2))
    def one_phone(self, phone, sticker, is_right, line):
        # Where time cannot be set, a phone that kept its number would meet pauses of real seconds.
        browser = f"{id(self)}-{phone}" if self.can_wait else f"{id(self)}-{Attack.next_address()}"
        self.type_code(phone, sticker, f"{self.account_id}.{line}", is_right, browser)

    @rule(sticker=st.integers(0, 5), size=st.integers(1, 24))
    def a_crowd(self, sticker, size):
        for _ in range(size):
            address = Attack.next_address()
            self.type_code(None, sticker, address, False, address)

    @precondition(lambda self: self.can_wait)
    @rule(span=st.sampled_from([timedelta(seconds=5), MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, DAY, 3 * DAY]))
    def time_passes(self, span):
        Attack.clock += span

    @rule()
    def an_admin_rotates(self):
        gate.set_passcode(db.session(), self.key_ring, account_id=self.account_id, code="7391", now=self.time())
        db.session.commit()
        self.generation += 1
        self.model.granted = 0

    @rule()
    def an_admin_grants(self):
        budget.grant(db.session(), self.account_id)
        db.session.commit()
        self.model.granted += 50

    @rule(sticker=st.integers(0, 5))
    def an_admin_reopens(self, sticker):
        budget.reopen_sticker(db.session(), self.stickers[sticker])
        db.session.commit()
        self.model.gauge("sticker", self.stickers[sticker], self.time()).level = 0
        self.reopened[sticker] += 1

    @rule(phone=st.integers(0, 3))
    def an_admin_revokes(self, phone):
        secret_hash = digest(self.cookies.get(phone, ""))
        db.session.query(KnownDevice).filter_by(secret_hash=secret_hash).update({"revoked_at": self.time()})
        db.session.commit()

    @invariant()
    def the_bounds_hold(self):
        if not hasattr(self, "model"):
            return
        days = (self.time() - self.began) // DAY
        for sticker, count in self.wrong_codes(Attempt.sticker_id):
            assert count <= 20 * (1 + self.reopened[self.stickers.index(sticker)]) + days
        for generation, count in self.wrong_codes(Attempt.generation):
            assert count <= 100 + (self.model.granted if generation == self.generation else 10**6)
            assert count <= self.budgets[generation]
        db.session.commit()

    def wrong_codes(self, column):
        """How many of unknown devices were looked at and not given back, by a column."""
        unknown = Attempt.known_device_id.is_(None) & Attempt.refunded_at.is_(None)
        mine = select(column, func.count()).where(Attempt.account_id == self.account_id, unknown).group_by(column)
        return [tuple(row) for row in db.session.execute(mine)]

    @staticmethod
    def next_address():
        Attack.address_count += 1
        return f"crowd-{Attack.address_count}"


def test_the_throttle_does_what_the_model_does(app):
    with app.app_context():
        Attack.key_ring = app.extensions["portal"].key_ring
        Attack.can_wait = db.engine.dialect.name == "sqlite"
        run_state_machine_as_test(
            Attack,
            settings=settings(
                max_examples=25,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                database=None,
            ),
        )
