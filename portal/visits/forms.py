"""Forms of the inbox. What a visitor types has no form here: ``messages.check`` reads it."""

from collections.abc import Sequence
from typing import Any

from wtforms import Form, HiddenField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice

from portal.records.checking import clean_text
from portal.visits.messages import LONGEST_ANSWER


class AnswerForm(Form):  # type: ignore[misc]  # the library carries no types
    """``seen`` is the state of the message that was shown."""

    seen = HiddenField()
    text = TextAreaField("Answer", render_kw={"rows": 6, "maxlength": LONGEST_ANSWER})

    def cleaned(self) -> str:
        """The text to send; '' after putting the reason at the field, when there is nothing that could be sent."""
        text = clean_text(self.text.data or "")
        if not text:
            self.text.errors = ["Type an answer."]
        elif len(text) > LONGEST_ANSWER:
            self.text.errors = [f"Use at most {LONGEST_ANSWER:,} characters; this has {len(text):,}."]
        return "" if self.text.errors else text


class AssignForm(Form):  # type: ignore[misc]  # the library carries no types
    """Whom a message is given to, by the public id of the membership."""

    seen = HiddenField()
    member = SelectField("Assigned to", validate_choice=False)

    def __init__(self, *args: Any, members: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member.choices = [SelectChoice("", "Nobody"), *(SelectChoice(*member) for member in members)]
