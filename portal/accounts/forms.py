"""Forms of the room. The CSRF token is checked by the table of doors, before any of them is read."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    ColorField,
    EmailField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
)
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from portal.accounts.models import ADMIN, MEMBER
from portal.accounts.permissions import DELEGABLE
from portal.lib.emails import EmailRefused, email_key, parse_email
from portal.lib.images import ImageRefused, reencode_logo
from portal.lib.lines import one_line
from portal.lib.passwords import check_password
from portal.lib.phones import PhoneRefused, country_choices, parse_phone

# --accent in static/css/tokens.css. A colour input cannot be empty: this value stands for "none of our own".
OWN_ACCENT = "#3548c8"


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

    email = EmailField("E-mail", filters=[one_line], validators=[DataRequired("Type your e-mail address.")])
    password = PasswordField("Password", validators=[InputRequired("Type your password.")])
    next = HiddenField()


class CodeForm(RoomForm):
    """A code of the authenticator app, or a recovery code. ``secret``: the sealed one that is being set up."""

    code = StringField("Code", filters=[one_line], validators=[DataRequired("Type the code."), Length(max=40)])
    secret = HiddenField()


class SetupForm(RoomForm):
    """The first company and its first admin."""

    token = StringField(
        "Setup token",
        filters=[one_line],
        validators=[DataRequired("Type the token that the server printed when it started.")],
        description="Printed once by the server when it started.",
    )
    company = StringField(
        "Company", filters=[one_line], validators=[DataRequired("Type the company's name."), Length(max=200)]
    )
    country = SelectField(
        "Country", default="US", description="Phone numbers typed without a country code belong to it."
    )
    timezone = SelectField("Time zone", default="UTC", description="Expirations lapse at its midnight.")
    name = StringField("Your name", filters=[one_line], validators=[DataRequired("Type your name."), Length(max=200)])
    email = EmailField(
        "E-mail", filters=[one_line], validators=[DataRequired("Type your e-mail address."), Length(max=320), address]
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


class AcceptForm(RoomForm):
    """Joins a company: a known person proves the password, a new one chooses name and password."""

    name = StringField("Your name", filters=[one_line], validators=[Length(max=200)])
    password = PasswordField("Password", validators=[InputRequired("Type the password.")])

    def __init__(self, *args: Any, email: str, company: str, is_known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known_words = (email, company)
        self.is_known = is_known
        self.name.flags.required = not is_known

    def validate_name(self, field: Any) -> None:
        if not self.is_known and not field.data:
            raise ValidationError("Type your name.")

    def validate_password(self, field: Any) -> None:
        if not self.is_known:
            email, company = self.known_words
            refuse_weak(field, email=email, words=(self.name.data, company))


class ChangePasswordForm(RoomForm):
    """Asks for the current password, so that a borrowed browser cannot take the person's place."""

    current_password = PasswordField("Current password", validators=[InputRequired("Type your current password.")])
    new_password = PasswordField(
        "New password",
        validators=[InputRequired("Choose a new password.")],
        description="12 characters or more. Three or four unrelated words are easy to remember.",
    )

    def __init__(self, *args: Any, email: str, words: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email
        self.words = words

    def validate_new_password(self, field: Any) -> None:
        if field.data == self.current_password.data:
            raise ValidationError("That is the current password. Choose another one.")
        refuse_weak(field, email=self.email, words=self.words)


class PermissionsField(SelectMultipleField):  # type: ignore[misc]  # the library carries no types
    """Checkboxes, one for each permission that can be delegated."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class RightsForm(RoomForm):
    """Role and permissions. It offers what the actor can grant; whether they may is for the operation to say."""

    role = RadioField("Role", validate_choice=False)
    permissions = PermissionsField("Permissions of a member", validate_choice=False)

    def __init__(self, *args: Any, is_admin: bool, grantable: frozenset[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role.choices = [(MEMBER, "Member: sees records and prints labels, and what is granted below")]
        if is_admin:
            self.role.choices.append((ADMIN, "Admin: everything, other people's rights included"))
        self.permissions.choices = [(p.name, f"{p.label}: {p.meaning}") for p in DELEGABLE if p.name in grantable]


class InviteForm(RightsForm):
    """Whom a link is for, and what they may do."""

    role = RadioField("Role", default=MEMBER, validate_choice=False)
    email = EmailField(
        "E-mail", filters=[one_line], validators=[DataRequired("Type the e-mail address."), Length(max=320), address]
    )


class CompanyForm(RoomForm):
    """The company's particulars. ``version`` is the one that was shown; ``duty_choices`` offers contacts as (public id,
    words)."""

    version = HiddenField(default="0")
    name = StringField(
        "Company", filters=[one_line], validators=[DataRequired("Type the company's name."), Length(max=200)]
    )
    country = SelectField("Country", description="Phone numbers typed without a country code belong to it.")
    timezone = SelectField("Time zone", description="Expirations lapse at its midnight.")
    contact_name = StringField(
        "Name", filters=[one_line], validators=[Length(max=200)], description="A person or a desk, such as Dispatch."
    )
    contact_email = EmailField("E-mail", filters=[one_line], validators=[Length(max=320)])
    contact_phone = TelField("Phone", filters=[one_line])
    contact_policy = RadioField(
        "What visitors see of the people",
        default="direct",
        description="A contact can differ: see its own page. People who are signed in always see everything.",
    )
    duty_contact = SelectField(
        "Duty contact",
        default="",
        validate_choice=False,
        description="Gets the messages about records whose owner and supervisor have no e-mail address. "
        "Without one, the published e-mail above gets them.",
    )
    accent = ColorField("Accent colour", description=f"Of links and buttons. {OWN_ACCENT} is the portal's own.")
    logo = FileField("Logo", description="JPEG, PNG, WebP or HEIC, up to 10 MB. Shown at the gate and on labels.")
    remove_logo = BooleanField("Remove the logo")
    requires_totp = BooleanField(
        "Everybody signs in with a second step",
        description="A code from an app on their phone. Whoever has none is led to set it up before anything else.",
    )

    def __init__(self, *args: Any, duty_choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country.choices = country_choices()
        self.timezone.choices = timezone_choices()
        self.contact_policy.choices = [
            ("direct", "Direct: e-mail address and phone numbers, with Email Me and Call Me"),
            ("relay", "Relay only: neither; they send a message, which reaches the person by mail and the inbox"),
        ]
        self.duty_contact.choices = [("", "Nobody"), *duty_choices]

    def validate_contact_email(self, field: Any) -> None:
        try:
            field.data = parse_email(field.data) if field.data else ""
        except EmailRefused as fault:
            raise ValidationError(fault.sentence) from None

    def validate_contact_phone(self, field: Any) -> None:
        # The page keeps what was typed; the kept form is read from here.
        try:
            self.phone = parse_phone(field.data, self.country.data) if field.data else ""
        except PhoneRefused as fault:
            raise ValidationError(fault.sentence) from None

    def validate_accent(self, field: Any) -> None:
        if not re.fullmatch("#[0-9a-fA-F]{6}", field.data or OWN_ACCENT):
            raise ValidationError("Choose a colour such as #1f7a4d.")

    def validate_logo(self, field: Any) -> None:
        try:
            self.png = reencode_logo(field.data.read()) if field.data else b""
        except ImageRefused as fault:
            raise ValidationError(fault.sentence) from None

    def shown_version(self) -> int:
        """The version that was shown; 0, which no company has, when the field holds anything else."""
        text = self.version.data
        return int(text) if text.isdecimal() and len(text) < 10 else 0

    def columns(self) -> dict[str, Any]:
        """The checked values by column of the account, without the logo."""
        accent = (self.accent.data or OWN_ACCENT).lower()
        return {
            "name": self.name.data,
            "country": self.country.data,
            "timezone": self.timezone.data,
            "contact_name": self.contact_name.data,
            "contact_email": self.contact_email.data,
            "contact_phone": self.phone,
            "contact_policy": self.contact_policy.data,
            "accent": "" if accent == OWN_ACCENT else accent,
            "requires_totp": self.requires_totp.data,
        }
