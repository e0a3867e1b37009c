"""Forms of the room. The CSRF token is checked by the table of doors, before any of them is read."""

import re
import unicodedata
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from portal.lib.emails import EmailRefused, email_key, parse_email
from portal.lib.passwords import check_password
from portal.lib.phones import country_choices

# What a one-line text never holds: controls, line ends, and lone surrogates, which no database takes.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def one_line(text: str | None) -> str:
    """A typed line in normal form: composed, without controls, single spaces, nothing at its ends."""
    return " ".join(_UNSEEN.sub(" ", unicodedata.normalize("NFC", text or "")).split())


@cache
def timezone_choices() -> tuple[tuple[str, str], ...]:
    """(name, name) of every IANA time zone that is a place, and UTC first."""
    elsewhere = ("Etc/", "posix/", "right/")
    places = sorted(name for name in available_timezones() if "/" in name and not name.startswith(elsewhere))
    return (("UTC", "UTC"), *((name, name.replace("_", " ")) for name in places))


class RoomForm(FlaskForm):  # type: ignore[misc]  # the library carries no types
    """The base of the room's forms."""

    class Meta:
        csrf = False


def address(_form: RoomForm, field: Any) -> None:
    """A validator: an e-mail address, put into the form that is looked up."""
    try:
        field.data = email_key(parse_email(field.data))
    except EmailRefused as fault:
        raise ValidationError(fault.sentence) from None


class SignInForm(RoomForm):
    """``next`` is where the person was going."""

    email = EmailField("E-mail", filters=[one_line], validators=[InputRequired("Type your e-mail address.")])
    password = PasswordField("Password", validators=[InputRequired("Type your password.")])
    next = HiddenField()


class SetupForm(RoomForm):
    """The first company and its first admin."""

    token = StringField(
        "Setup token",
        filters=[one_line],
        validators=[InputRequired("Type the token that the server printed when it started.")],
        description="Printed once by the server when it started.",
    )
    company = StringField(
        "Company", filters=[one_line], validators=[InputRequired("Type the company's name."), Length(max=200)]
    )
    country = SelectField(
        "Country", default="US", description="Phone numbers typed without a country code belong to it."
    )
    timezone = SelectField("Time zone", default="UTC", description="Expirations lapse at its midnight.")
    name = StringField("Your name", filters=[one_line], validators=[InputRequired("Type your name."), Length(max=200)])
    email = EmailField(
        "E-mail", filters=[one_line], validators=[InputRequired("Type your e-mail address."), Length(max=320), address]
    )
    password = PasswordField(
        "Password",
        validators=[InputRequired("Choose a password.")],
        description="12 characters or more. Three or four unrelated words are easy to remember.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country.choices = country_choices()
        self.timezone.choices = timezone_choices()

    def validate_password(self, field: Any) -> None:
        refuse_weak(field, email=self.email.data, words=(self.name.data, self.company.data))


def refuse_weak(field: Any, *, email: str, words: tuple[str, ...]) -> None:
    """Raises ValidationError with the sentence of the password check."""
    sentence = check_password(field.data, email=email, words=words)
    if sentence:
        raise ValidationError(sentence)
