"""Forms of the gate: the settings pages QR Code Portal and Gate."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, ValidationError

from portal.gate.known_devices import MOST_USES
from portal.lib.lines import one_line
from portal.lib.passcodes import LONGEST, SHORTEST, check_passcode
from portal.stickers.tokens import check_passphrase

LIVES = ((1, "1 day"), (7, "7 days"), (30, "30 days"), (90, "90 days"))
OVERLAPS = ((0, "At once"), (7, "After 7 days"), (14, "After 14 days"), (30, "After 30 days"))


class QrPortalForm(FlaskForm):  # type: ignore[misc]  # the library carries no types
    """Passcode and passphrase. The facts it judges by are handed in: it reads nothing itself."""

    passcode = StringField(
        "QR Passcode",
        description="Tip: Pick a code your team can remember but outsiders can't guess. "
        "Digits only; a zero in front counts.",
        filters=[lambda text: (text or "").strip()],
    )
    passcode_length = SelectField(
        "Length of the passcode",
        choices=[SelectChoice(n, f"{n} digits") for n in range(SHORTEST, LONGEST + 1)],
        coerce=int,
        description="Four digits are easy to remember. Six make a guess a hundred times less likely.",
    )
    passphrase = StringField("QR Passphrase", filters=[lambda text: (text or "").strip()])
    overlap_days = SelectField(
        "Old stickers stop working", choices=[SelectChoice(*overlap) for overlap in OVERLAPS], coerce=int
    )
    seen = HiddenField()

    def __init__(self, *args: Any, current_passcode: str, current_passphrase: str, is_used: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.current_passcode = current_passcode
        self.current_passphrase = current_passphrase
        self.is_used = is_used

    def validate_passcode(self, field: StringField) -> None:
        """An unchanged code stays good, and an empty one closes the portal: both are the admin's choice."""
        if field.data in ("", self.current_passcode):
            return
        length = self.passcode_length.data or SHORTEST
        sentence = check_passcode(field.data, (length, length))
        if sentence:
            raise ValidationError(sentence)

    def validate_passphrase(self, field: StringField) -> None:
        if field.data == self.current_passphrase:
            return
        sentence = check_passphrase(field.data)
        if sentence is None and self.is_used(field.data):
            sentence = (
                "This passphrase was used before, and using it again would revive its old stickers. Generate a new one."
            )
        if sentence:
            raise ValidationError(sentence)


class CrewLinkForm(FlaskForm):  # type: ignore[misc]  # the library carries no types
    """A new crew link."""

    label = StringField(
        "Who it is for",
        description="For example: night shift, or a subcontractor's name.",
        filters=[one_line],
        validators=[
            DataRequired("Say who the link is for, so that you know it again in the list."),
            Length(max=100, message="Use at most 100 characters."),
        ],
    )
    most_uses = IntegerField(
        "Phones",
        default=10,
        validators=[
            InputRequired("Say for how many phones it is."),
            NumberRange(1, MOST_USES, message=f"Choose a number from 1 to {MOST_USES}."),
        ],
    )
    days = SelectField("Works for", choices=[SelectChoice(days, words) for days, words in LIVES], coerce=int, default=7)
