"""Forms of records, built from their kind, and of expirations.

Rules live in ``checking`` and ``expirations``: a form only carries what was typed, so that nothing of it is lost.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import (
    BooleanField,
    EmailField,
    FileField,
    Form,
    HiddenField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms import Field as FormField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from portal.records.expirations import MOST_WARN_DAYS
from portal.records.kinds import Field, Kind
from portal.records.policies import POLICIES

Choices = Sequence[tuple[str, str]]
_TYPES: dict[str, Any] = {"textarea": TextAreaField, "email": EmailField, "phone": TelField}


def record_form(kind: Kind, choices: Mapping[str, Choices]) -> type[Form]:
    """The form class of a kind. ``choices`` gives each reference field its options as (public id, words)."""
    built: dict[str, FormField] = {field.name: _form_field(field, choices) for field in kind.form_fields}
    built["photo"] = FileField("Photo", description="JPEG, PNG, WebP or HEIC, at most 10 MB.")
    built["remove_photo"] = BooleanField("Remove the photo")
    built["version"] = HiddenField()
    built["form_key"] = HiddenField()
    return type("RecordForm", (Form,), built)


def _form_field(field: Field, choices: Mapping[str, Choices]) -> FormField:
    # The validator is there for its flag: the star beside the label and the browser's own check.
    shared: dict[str, Any] = {"description": field.help, "validators": [InputRequired()] if field.required else []}
    if field.type == "reference":
        nobody = "Nobody" if field.name != "location_id" else "Nowhere"
        return SelectField(
            field.label,
            choices=[SelectChoice("", nobody), *(SelectChoice(*choice) for choice in choices[field.name])],
            validate_choice=False,
            **shared,
        )
    if field.type == "policy":
        return SelectField(
            field.label, choices=[SelectChoice(*one) for one in POLICIES.items()], validate_choice=False, **shared
        )
    if field.type == "textarea":
        return TextAreaField(field.label, render_kw={"rows": 2 if field.length <= 500 else 4}, **shared)
    if field.type == "int":
        return StringField(field.label, render_kw={"inputmode": "numeric"}, **shared)
    return _TYPES.get(field.type, StringField)(field.label, **shared)


class ExpirationForm(Form):  # type: ignore[misc]  # the library carries no types
    """One expiration. ``what`` offers the usual words and takes any other."""

    what = StringField("What expires", validators=[InputRequired()], render_kw={"list": "usual-papers"})
    expires_on = StringField(
        "Last day it is good", validators=[InputRequired()], render_kw={"type": "date", "max": "2999-12-31"}
    )
    warn_days = StringField(
        "Warn this many days ahead",
        description=f"From 0 to {MOST_WARN_DAYS}. From then on it shows as due soon.",
        render_kw={"inputmode": "numeric"},
    )


def refuse(form: Form, errors: Mapping[str, str]) -> None:
    """Puts each sentence at its field; one without a field of its own stands above the form."""
    for name, sentence in errors.items():
        if name in form:
            form[name].errors = [sentence]
        else:
            form.form_errors.append(sentence)
