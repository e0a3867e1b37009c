"""The words of API documents: a schema that refuses unknown fields, texts with a longest length, moments in UTC."""

from datetime import UTC, datetime
from typing import Any, ClassVar

import marshmallow as ma
from marshmallow import fields, validate

from portal.lib.lines import one_line

UNKNOWN = "There is no such field."
TWICE = "This field is named twice."
FOREIGN = "This text holds characters that do not belong here."
NO_OBJECT = "Send a JSON object."
REQUIRED: dict[str, str | list[Any] | dict[Any, Any]] = {
    "required": "This field is required.",
    "null": "This field may not be empty.",
}
# No text may hold a NUL: PostgreSQL stores none. One that must not be empty holds a sign that stays when blanks are
# dropped, and what lines do without (``lib.lines``).
NO_NUL = r"^[^\x00]*$"
NOT_BLANK = r"^[^\x00]*[^\s\x00][^\x00]*$"
SEEN = (
    r"^[^\x00]*[^\s\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\u2800\u3164"
    r"\ufeff\uffa0][^\x00]*$"
)


class ApiSchema(ma.Schema):
    """A document, in or out. ``Meta.unknown`` stays RAISE: what we do not know we do not take.

    ``rules``: what the description says of the fields together; a schema that has some checks them itself.
    ``may_be_absent``: no body at all is a document without fields; its door says ``required=False`` as well.
    """

    error_messages = {"unknown": UNKNOWN, "type": NO_OBJECT}  # noqa: RUF012  # the library's own attribute
    rules: ClassVar[dict[str, Any]] = {}
    may_be_absent: ClassVar[bool] = False


class Spelling(validate.Regexp):
    """A pattern of whole texts: Python's $ would let a line end follow. An empty one is left to its length."""

    def __call__(self, value: Any) -> Any:
        if value and self.regex.fullmatch(value) is None:
            raise ma.ValidationError(self._format_error(value))
        return value


class Text(fields.String):
    """A text of ``shortest`` to ``longest`` characters; blanks around it are dropped where ``is_trimmed``.

    ``longest`` None: ``pattern`` alone decides, or the address that it stands in.
    """

    default_error_messages = REQUIRED | {"invalid": "Send a text.", "invalid_utf8": "Send a text in UTF-8."}
    any_text = NO_NUL

    def __init__(
        self,
        longest: int | None,
        *,
        shortest: int = 0,
        choices: tuple[str, ...] = (),
        pattern: str = "",
        is_trimmed: bool = False,
        **more: Any,
    ) -> None:
        checks: list[validate.Validator] = []
        if longest is not None:
            checks.append(validate.Length(shortest or None, longest, error=_length_sentence(shortest)))
        if choices:
            checks.append(validate.OneOf(choices, error=f"Choose one of: {', '.join(filter(None, choices))}."))
        else:
            pattern = pattern or ((NOT_BLANK if is_trimmed else self.any_text) if shortest else NO_NUL)
            checks.append(Spelling(pattern, error=FOREIGN))
        super().__init__(validate=checks, **more)
        self.is_trimmed = is_trimmed

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        return text.strip() if self.is_trimmed else text


class Line(Text):
    """One line without control characters."""

    any_text = SEEN

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        return one_line(super()._deserialize(value, attr, data, **more))


def _length_sentence(shortest: int) -> str:
    if shortest > 1:
        return "Write at least {min} and at most {max} characters."
    return "Write something, in at most {max} characters." if shortest else "Write at most {max} characters."


class Whole(fields.Integer):
    """A whole number from ``least`` to ``most``. Texts are none, but in queries (``is_text``) all are."""

    default_error_messages = REQUIRED | {"invalid": "Send a whole number.", "too_large": "This number is too large."}

    def __init__(self, least: int, most: int, *, is_text: bool = False, **more: Any) -> None:
        check = validate.Range(least, most, error="Choose a number from {min} to {max}.")
        super().__init__(validate=check, **more)
        self.is_text = is_text

    def _validated(self, value: Any) -> int:
        # JSON does not tell 5 from 5.0, and neither does its schema.
        is_whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
        is_digits = self.is_text and isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16
        if not (is_whole or is_digits):
            raise self.make_error("invalid", input=value)
        return int(value)


class Moment(fields.DateTime):
    """A moment: ISO 8601 with a zone in, UTC out ("2026-11-22T14:00:00Z")."""

    default_error_messages = REQUIRED | {
        "invalid": "Send a moment such as 2026-11-22T14:00:00Z.",
        "format": "Send a moment such as 2026-11-22T14:00:00Z.",
    }

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **more: Any) -> str | None:
        return moment(value) if value else None

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> datetime:
        # RFC 3339, section 5.6: T and Z stand in either letter case.
        found = super()._deserialize(value.upper() if isinstance(value, str) else value, attr, data, **more)
        if found.tzinfo is None:
            raise self.make_error("invalid", input=value)
        try:
            return found.astimezone(UTC)
        except OverflowError:  # at either end of the calendar
            raise self.make_error("invalid", input=value) from None


class Several(fields.List[Any]):
    """A list."""

    default_error_messages = REQUIRED | {"invalid": "Send a list."}


class Pairs(fields.Dict):
    """An object with names that its sender chooses."""

    default_error_messages = REQUIRED | {"invalid": NO_OBJECT}


class Flag(fields.Boolean):
    """True or false, and nothing that merely looks like it."""

    default_error_messages = REQUIRED | {"invalid": "Send true or false."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Problem(ma.Schema):
    """What every refusal answers (RFC 9457); some have members of their own."""

    class Meta:
        unknown = ma.INCLUDE

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True, metadata={"description": "What to do, in a sentence."})
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "Of status 422, and 409: the sentences about each field."},
    )
    reason = fields.String(metadata={"description": "A word for programs, where a status has several reasons."})


def moment(at: datetime) -> str:
    """A moment as documents write it: whole seconds, UTC."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
