"""Forms of Mobile Setup: to whom the QR code goes, how the key is rotated, and when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import DateTimeLocalInput, HiddenInput, NumberInput

from portal.enrollment.forms import NO_MOMENT, RoomForm, read_count, read_local
from portal.enrollment.installation_keys import LONGEST_OVERLAP_HOURS, LONGEST_PERIOD_DAYS, USUAL_OVERLAP_HOURS
from portal.lib.lines import one_line

CUT = "cut"
OVERLAP = "overlap"
FARTHEST = timedelta(days=365)
HOURS_PER = {"days": 24, "hours": 1}


@dataclass(frozen=True)
class Plan:
    """A planned rotation as typed. ``every_days`` None: once."""

    next_at: datetime
    every_days: int | None
    overlap_hours: int


class SendForm(RoomForm):
    """One of the company's people, by what they sign in with."""

    recipient = StringField("Send to", filters=[one_line], validators=[InputRequired()])
    is_prefilled = BooleanField("Pre-fill their username", default=True)


class OverlapForm(RoomForm):
    """Whether phones get time to move."""

    mode = RadioField(
        "The old QR code",
        choices=[
            SelectChoice(CUT, "Cut now: it and its phones stop at once"),
            SelectChoice(OVERLAP, "Overlap: phones get time to move"),
        ],
        default=CUT,
    )
    overlap = StringField(
        "How long", filters=[one_line], default=str(USUAL_OVERLAP_HOURS // 24), widget=NumberInput(step=1, min=1)
    )
    unit = SelectField("Unit", choices=[SelectChoice(unit, unit) for unit in HOURS_PER], default="days")

    def overlap_hours(self) -> int | None:
        """The overlap, 0 for none; None, with a sentence at its field, when it is no sensible number."""
        if self.mode.data != OVERLAP:
            return 0
        count = read_count(self.overlap.data)
        hours = (count or 0) * HOURS_PER[self.unit.data]
        if 1 <= hours <= LONGEST_OVERLAP_HOURS:
            return hours
        self.refuse({"overlap": f"Type a whole number, at most {LONGEST_OVERLAP_HOURS // 24} days."})
        return None


class RotateForm(OverlapForm):
    """An answer to the question about one key: a second tap, or a page left open while the company was switched, must
    not rotate another one."""

    key = StringField(widget=HiddenInput())


class PlanForm(OverlapForm):
    """When the worker rotates the key, and how often. ``timezone``: of the typed moment."""

    next_at = StringField(
        "First rotation", filters=[one_line], widget=DateTimeLocalInput(), validators=[InputRequired()]
    )
    every_days = StringField(
        "Then every … days",
        filters=[one_line],
        widget=NumberInput(step=1, min=1, max=LONGEST_PERIOD_DAYS),
        description="Empty: once.",
    )

    def __init__(self, *args: Any, timezone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.timezone = timezone
        self.next_at.description = f"In the company's time zone, {timezone}."

    def read(self, now: datetime) -> Plan | None:
        """The plan; None, with sentences at their fields, when it is none."""
        next_at = read_local(self.next_at.data or "", self.timezone)
        if next_at is None:
            self.refuse({"next_at": NO_MOMENT})
        elif not now < next_at <= now + FARTHEST:
            self.refuse({"next_at": f"Choose a moment that is still to come, within {FARTHEST.days} days."})
        typed = self.every_days.data
        every_days = read_count(typed or "")
        if typed and not 1 <= (every_days or 0) <= LONGEST_PERIOD_DAYS:
            self.refuse({"every_days": f"Type a whole number from 1 to {LONGEST_PERIOD_DAYS}, or nothing."})
        hours = self.overlap_hours()
        if hours is not None and every_days and hours > every_days * 24:
            self.refuse({"overlap": "The overlap would be longer than the time between two rotations."})
        if next_at is None or hours is None or self.errors:
            return None
        return Plan(next_at, every_days, hours)
