"""Writes the demo's records through the rooms' own verbs, so that they are what a person could have typed."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.audit.operations import Actor
from portal.demo import fleet, machines, papers, places, sister, staff
from portal.demo.album import Album
from portal.demo.looking import Target
from portal.lib.clock import today_in
from portal.records.checking import Value
from portal.records.expiring import refresh_next
from portal.records.kinds import CONTACT, EQUIPMENT, LOCATION, VEHICLE
from portal.records.models import Expiration, Record
from portal.records.operations import Refusal, create_record
from portal.records.states import IN_USE, LOST, OUT_OF_ORDER, RETIRED, STOLEN
from portal.stickers import operations as stickers
from portal.stickers.models import Sticker

STEP = timedelta(hours=33)  # from one record to the next: the last ones came within the last weeks
WEIGHTS = {VEHICLE: 5.0, EQUIPMENT: 3.0, LOCATION: 2.5, CONTACT: 0.8}
TORN_EVERY = 35  # one sticker in so many was torn off and replaced
# By tag: the state and for how many days. Everything else is in use.
STATES = {
    "V-104": (OUT_OF_ORDER, 3),
    "V-121": (STOLEN, 12),
    "V-133": (OUT_OF_ORDER, 20),
    "V-147": (RETIRED, 60),
    "E-305": (LOST, 9),
    "E-319": (OUT_OF_ORDER, 1),
    "E-342": (STOLEN, 30),
    "E-360": (RETIRED, 45),
    "L-09": (OUT_OF_ORDER, 6),
    "P-07": (LOST, 5),
}
AREA_CODES = {"US": ("313", "734"), "CA": ("519", "519")}
FIRST_LINE = 10  # of the hundred numbers 555-0100 to 555-0199


class Recorder:
    """Adds records to one account, remembers them by their keys, and gives them papers and stickers."""

    def __init__(
        self, session: Session, account: Account, *, album: Album, random: Random, actor: Actor, now: datetime
    ) -> None:
        self._session = session
        self._account = account
        self._album = album
        self._random = random
        self._actor = actor
        self._now = now
        self._today = today_in(account.timezone, now)
        self._made_at = now
        self._records: dict[str, Record] = {}
        self._stickers: list[tuple[Record, Sticker]] = []

    def add_company(self, since: datetime) -> None:
        """Everything of the big company, the first record a day after ``since``."""
        self._made_at = since
        self._add_people(staff.PEOPLE)
        self._add_places(places.PLACES)
        self._settle(staff.PEOPLE)
        for position, vehicle in enumerate(fleet.make_fleet(self._random, self._today.year)):
            self._add_vehicle(position, vehicle)
        for position, machine in enumerate(machines.make_machines(self._random)):
            self._add_machine(position, machine)

    def add_sister(self, since: datetime) -> None:
        """The few records of the small company."""
        self._made_at = since
        self._add_people(sister.PEOPLE)
        self._add_places(sister.PLACES)
        model = next(model for model in fleet.MODELS if model.body == "van")
        vin = fleet.make_vin(self._random, model.maker, 2022)
        self._add_vehicle(3, fleet.Vehicle("W-10", "Crew van", model, 2022, "BK 48213", vin, 64210, "luc", "W-1"))

    def age_stickers(self, rotated_at: datetime, old_sheets: timedelta) -> list[Target]:
        """Prints most stickers, replaces some torn ones, and says which stickers may be scanned.

        Those from before ``rotated_at`` are met in their retired form for ``old_sheets``.
        """
        targets: list[Target] = []
        for index, (record, sticker) in enumerate(self._stickers):
            weight = WEIGHTS[record.kind] * self._random.uniform(0.3, 1.6)
            if self._random.random() < 0.85:
                sticker.printed_at = sticker.created_at + timedelta(days=self._random.randint(0, 9), hours=3)
            if index % TORN_EVERY == 20:
                targets += self._tear(record, sticker, weight)
            else:
                targets.append(Target(sticker.id, weight, "", sticker.created_at))
            if sticker.created_at < rotated_at and index % 9 == 4:
                targets.append(Target(sticker.id, weight / 4, "retired", rotated_at, rotated_at + old_sheets))
        self._session.flush()
        return targets

    def _tear(self, record: Record, sticker: Sticker, weight: float) -> tuple[Target, Target]:
        """Replaces a sticker that was torn off: the new one, and the old one that somebody still finds."""
        torn_at = self._now - timedelta(days=self._random.randint(20, 80))
        new = stickers.replace(self._session, account_id=self._account.id, record_id=record.id, now=torn_at)
        new.printed_at = torn_at + timedelta(hours=1)
        return Target(new.id, weight, "", torn_at), Target(sticker.id, 1.0, "revoked", torn_at)

    def _add(self, key: str, kind: str, values: dict[str, Value], photo_key: str) -> Record:
        self._made_at = min(self._next_moment(), self._now)
        state, days = STATES.get(str(values["tag"]), (IN_USE, 0))
        values = values if state == IN_USE else values | {"state": state}
        record = create_record(
            self._session,
            account=self._account,
            kind=kind,
            values=values,
            now=self._made_at,
            actor=self._actor,
            photo_key=photo_key,
        )
        if isinstance(record, Refusal):
            raise ValueError(f"The demo's {key} is refused: {record.errors}")
        if days:
            record.state_at = max(self._made_at, self._now - timedelta(days=days))
        sticker = stickers.issue(self._session, account_id=self._account.id, record_id=record.id, now=self._made_at)
        self._stickers.append((record, sticker))
        self._records[key] = record
        return record

    def _next_moment(self) -> datetime:
        """A while after the record before, and in office hours."""
        later = (self._made_at + STEP).astimezone(ZoneInfo(self._account.timezone))
        return later.replace(hour=self._random.randint(7, 15), minute=self._random.randint(0, 59)).astimezone(UTC)

    def _id(self, key: str) -> int | None:
        return self._records[key].id if key else None

    def _add_people(self, people: Sequence[staff.Person]) -> None:
        phone_area, mobile_area = AREA_CODES[self._account.country]
        for position, person in enumerate(people):
            line = f"555-01{FIRST_LINE + position:02}"
            record = self._add(
                person.key,
                CONTACT,
                {
                    "name": person.name,
                    "tag": f"P-{position + 1:02}",
                    "job_title": person.title,
                    "company": person.company,
                    "email": person.email,
                    "phone": f"{phone_area} {line}" if "p" in person.numbers else "",
                    "mobile": f"{mobile_area} {line}" if "m" in person.numbers else "",
                    "supervisor_id": self._id(person.boss),
                    "visitor_notes": person.visitor_notes,
                    "private_notes": person.private_notes,
                },
                self._album.portrait(person.look),
            )
            self._add_papers(record, papers.of_person(self._random, person.title, position, self._today))

    def _settle(self, people: Iterable[staff.Person]) -> None:
        """Puts people into their places, which could only be made after them: places have owners."""
        for person in people:
            self._records[person.key].location_id = self._id(person.place)
        self._session.flush()

    def _add_places(self, all_places: Iterable[places.Place]) -> None:
        for position, place in enumerate(all_places):
            record = self._add(
                place.tag,
                LOCATION,
                {
                    "name": place.name,
                    "tag": place.tag,
                    "address": place.address,
                    "latitude": place.latitude,
                    "longitude": place.longitude,
                    "opening_hours": place.hours,
                    "owner_id": self._id(place.owner),
                    "location_id": self._id(place.inside),
                    "visitor_notes": place.visitor_notes,
                    "private_notes": place.private_notes,
                },
                self._album.place(place.picture, place.paint),
            )
            self._add_papers(record, papers.of_place(self._random, place.picture, position, self._today))

    def _add_vehicle(self, position: int, vehicle: fleet.Vehicle) -> None:
        model = vehicle.model
        record = self._add(
            vehicle.tag,
            VEHICLE,
            {
                "name": vehicle.name,
                "tag": vehicle.tag,
                "description": model.description,
                "make": model.make,
                "model": model.model,
                "year": vehicle.year,
                "plate": vehicle.plate,
                "vin": vehicle.vin,
                "odometer": None if model.body == "trailer" else vehicle.odometer,
                "owner_id": self._id(vehicle.owner),
                "location_id": self._id(vehicle.place),
                **fleet.notes(self._random, model),
            },
            self._album.vehicle(model.body, model.paint),
        )
        self._add_papers(record, papers.of_vehicle(self._random, model.body, position, self._today))

    def _add_machine(self, position: int, machine: machines.Machine) -> None:
        type_ = machine.type
        record = self._add(
            machine.tag,
            EQUIPMENT,
            {
                "name": machine.name,
                "tag": machine.tag,
                "manufacturer": type_.manufacturer,
                "model": type_.model,
                "serial_number": machine.serial_number,
                "owner_id": self._id(machine.owner),
                "location_id": self._id(machine.place),
                "visitor_notes": type_.visitor_notes,
                "private_notes": machines.private_note(self._random),
            },
            self._album.machine(type_.picture, type_.paint),
        )
        self._add_papers(record, papers.of_machine(self._random, type_.picture, position, self._today))

    def _add_papers(self, record: Record, renewables: Iterable[papers.Renewable]) -> None:
        for paper in renewables:
            for last_day, is_current in [*((day, False) for day in paper.earlier), (paper.expires_on, True)]:
                renewed_at = None if is_current else self._now - timedelta(days=max((self._today - last_day).days, 1))
                self._session.add(
                    Expiration(
                        account_id=record.account_id,
                        record_id=record.id,
                        what=paper.what,
                        expires_on=last_day,
                        warn_days=paper.warn_days,
                        renewed_at=renewed_at,
                        created_at=record.created_at,
                    )
                )
        refresh_next(self._session, record)
