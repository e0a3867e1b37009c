"""Forms of installation codes, provisioning tokens and expected devices.

Texts are only read here; what they may be is for ``code_drafts`` to say, which the API asks too.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import DateTimeLocalInput, NumberInput

from portal.enrollment import code_drafts
from portal.enrollment.code_drafts import ACTIONS, Draft
from portal.enrollment.models import CREATE_DEVICE
from portal.lib.clock import local
from portal.lib.lines import one_line

# What a browser's box for a moment sends (HTML, "valid normalised local date and time string"), and what people type
# where there is no such box.
_MOMENT_FORMATS = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")
NO_MOMENT = "Write the moment like 2030-03-05 14:05."

Choices = Sequence[tuple[str, str]]


def several_lines(text: str | None) -> str:
    """Typed lines, each as ``one_line`` has it."""
    return "\n".join(one_line(line) for line in (text or "").splitlines()).strip()


def show_local(moment: datetime | None, timezone: str) -> str:
    """A moment as a browser's box shows it, in wall time."""
    return "" if moment is None else local(moment, timezone).strftime("%Y-%m-%dT%H:%M")


def read_local(text: str, timezone: str) -> datetime | None:
    """The moment of a wall time, or None when the text is none. An hour that the clocks show twice is its first."""
    for pattern in _MOMENT_FORMATS:
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def read_count(text: str) -> int | None:
    """A whole number above 0, or None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


class RoomForm(FlaskForm):  # type: ignore[misc]  # the library carries no types
    """The base of the room's forms. Tokens are checked at the door."""

    class Meta:
        csrf = False

    def refuse(self, errors: Mapping[str, str]) -> None:
        """Puts sentences at their fields; those of no field above them all."""
        for name, sentence in errors.items():
            if name in self:
                self[name].errors = [*self[name].errors, sentence]
            else:
                self.form_errors.append(sentence)


class LimitsForm(RoomForm):
    """What installation codes and provisioning tokens have in common. ``timezone``: of the typed moments."""

    version = HiddenField(default="0")
    # The validators are there for their flag: the star beside the label and the browser's own check.
    description = StringField("Description", filters=[one_line], validators=[InputRequired()])
    expires_at = StringField("Expires", filters=[one_line], widget=DateTimeLocalInput(), validators=[InputRequired()])
    max_uses = StringField(
        "Number of uses",
        filters=[one_line],
        widget=NumberInput(step=1, min=1, max=code_drafts.MOST_USES),
        validators=[InputRequired()],
    )
    not_before = StringField(
        "Not before", filters=[one_line], widget=DateTimeLocalInput(), description="Empty: it works at once."
    )
    requires_approval = BooleanField(
        "Requires approval",
        description="A device that joins with it waits until somebody approves it under Devices.",
    )
    allowed_networks = TextAreaField(
        "Allowed networks",
        filters=[several_lines],
        description="One per line, for example 203.0.113.0/24. Empty: from anywhere.",
    )
    tags = StringField(
        "Tags", filters=[one_line], description="Separated by commas. Every device that joins gets them."
    )

    def __init__(self, *args: Any, timezone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.timezone = timezone
        self.expires_at.description = f"In the company's time zone, {timezone}; at most 365 days ahead."

    def limits(self, kept: Mapping[str, datetime | None]) -> dict[str, Any]:
        """The fields as arguments of a ``Draft``, with ``errors``. ``kept``: moments that stand, to their second."""
        errors: dict[str, str] = {}
        networks, errors["allowed_networks"] = code_drafts.read_networks([self.allowed_networks.data])
        tags, errors["tags"] = code_drafts.read_tags(self.tags.data.split(","))
        moments = {name: read_local(self[name].data, self.timezone) for name in ("expires_at", "not_before")}
        for name, moment in moments.items():
            errors[name] = NO_MOMENT if moment is None and self[name].data else ""
        for name, moment in kept.items():
            if self[name].data == show_local(moment, self.timezone):
                moments[name] = moment  # boxes show minutes: an untouched one keeps its seconds
        return moments | {
            "description": self.description.data,
            "max_uses": read_count(self.max_uses.data),
            "requires_approval": self.requires_approval.data,
            "allowed_networks": networks,
            "tags": tags,
            "errors": {name: sentence for name, sentence in errors.items() if sentence},
        }

    def shown_version(self) -> int:
        """The version that was shown; 0, which no row has, when the field holds anything else."""
        return read_count(self.version.data) or 0


class CodeForm(LimitsForm):
    """The Installation Code Editor. ``people`` and ``devices``: (public id, words)."""

    action = RadioField(
        "Action", choices=[SelectChoice(*one) for one in ACTIONS.items()], validate_choice=False,
        default=next(iter(ACTIONS)),
    )  # fmt: skip
    username_prefix = StringField(
        "Username prefix",
        filters=[one_line],
        description="Letters, digits and hyphens, at most 20. Whoever joins signs in with the prefix and a number: "
        "crew- makes crew-001, crew-002 and so on. Empty: they give their e-mail address and sign in with it.",
    )
    user_id = SelectField(
        "Account",
        validate_choice=False,
        description="Every device that joins is registered to this person, or to the shared account of devices that "
        "nobody owns.",
    )
    device_id = SelectField(
        "Device",
        validate_choice=False,
        description="The device to be installed. If it is in use, it leaves its old phone: name, owner and tags stay.",
    )

    def __init__(self, *args: Any, people: Choices, devices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user_id.choices = [SelectChoice("", "Choose an account"), *(SelectChoice(*one) for one in people)]
        self.device_id.choices = [SelectChoice("", "Choose a device"), *(SelectChoice(*one) for one in devices)]

    def draft(self, *, user_id: int | None, device_id: int | None, kept: Mapping[str, datetime | None]) -> Draft:
        """What was typed, with the row ids of the chosen account and device."""
        return Draft(
            action=self.action.data or "",
            username_prefix=self.username_prefix.data,
            user_id=user_id,
            device_id=device_id,
            **self.limits(kept),
        )


class TokenForm(LimitsForm):
    """The editor of a provisioning token. ``people``: (public id, words)."""

    user_id = SelectField(
        "Account",
        validate_choice=False,
        description="Every device that joins is registered to this person, or to nobody.",
    )
    defaults = TextAreaField(
        "Defaults",
        filters=[several_lines],
        description="One key=value per line; every device gets them. name=Tablet {n} names the devices "
        "Tablet 1, Tablet 2 and so on.",
    )

    def __init__(self, *args: Any, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user_id.choices = [SelectChoice("", "Nobody"), *(SelectChoice(*one) for one in people)]

    def draft(self, *, user_id: int | None, kept: Mapping[str, datetime | None]) -> Draft:
        """What was typed, with the row id of the chosen account."""
        limits = self.limits(kept)
        defaults, fault = code_drafts.read_default_lines(self.defaults.data)
        limits["errors"] |= {"defaults": fault} if fault else {}
        return Draft(action=CREATE_DEVICE, user_id=user_id, defaults=defaults, is_fleet=True, **limits)


SENDINGS = (
    ("email", "By e-mail"),
    ("sms", "By SMS"),
    ("", "Not at all: I show the code myself"),
)


class ExpectedDeviceForm(RoomForm):
    """A device that an admin makes before it is installed, and how its code reaches whoever will carry it."""

    name = StringField(
        "Name",
        filters=[one_line],
        description="For example: Tablet of the north gate.",
        validators=[InputRequired()],
    )
    owner = SelectField("Owner", validate_choice=False, description="The person that the device is registered to.")
    send_by = RadioField(
        "Send the installation code", choices=[SelectChoice(*one) for one in SENDINGS], default="email",
        validate_choice=False,
    )  # fmt: skip
    contact = SelectField(
        "To a contact",
        validate_choice=False,
        description="It goes to their e-mail address, or for an SMS to their mobile number, whatever stands below.",
    )
    recipient = StringField(
        "To",
        filters=[one_line],
        description="An e-mail address, or a phone number for an SMS. Empty: the owner's e-mail address.",
    )
    days = StringField(
        "The code works for",
        filters=[one_line],
        default=str(code_drafts.CODE_LIFE.days),
        widget=NumberInput(step=1, min=1, max=code_drafts.LONGEST_LIFE.days),
        description="Days, from 1 to 365. It works once.",
    )

    def __init__(self, *args: Any, people: Choices, contacts: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner.choices = [SelectChoice("", "Nobody"), *(SelectChoice(*one) for one in people)]
        self.contact.choices = [SelectChoice("", "None"), *(SelectChoice(*one) for one in contacts)]
