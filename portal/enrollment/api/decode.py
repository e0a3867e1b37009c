"""POST /app/decode: the QR codes of a picture, for browsers without a decoder of their own.

It is open, since a phone that is not paired yet needs it for the very code that pairs it. Nothing is kept.
"""

import math

from flask import Response, request
from marshmallow import fields
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from portal.accounts.counting import Refusal
from portal.api.blueprints import ApiBlueprint
from portal.api.problems import InvalidFields, problem
from portal.api.schemas import TWICE, UNKNOWN, ApiSchema
from portal.enrollment import budgets
from portal.lib.images import ImageRefused, TooBusy, read_codes
from portal.web.context import now, session

decode = ApiBlueprint("decode", __name__, description="QR codes of pictures.")

MOST_BYTES = 1_000_000
PICTURES = ("image/jpeg", "image/png", "image/webp", "image/heic", "image/heif")
FIELD = "picture"

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FORM = {"type": "object", "required": [FIELD], "properties": {FIELD: _BINARY["schema"]}, "additionalProperties": False}
_MULTIPART = {"schema": _FORM}
_BODY = {"required": True, "content": dict.fromkeys(PICTURES, _BINARY) | {"multipart/form-data": _MULTIPART}}


class CodesSchema(ApiSchema):
    """What stands in the codes."""

    texts = fields.List(
        fields.String(), required=True, metadata={"description": "Of each QR code, at most eight; none is an answer."}
    )


@decode.route("/app/decode", methods=["POST"])
@decode.doc(requestBody=_BODY)
@decode.response(200, CodesSchema)
@decode.alt_response(400)
@decode.alt_response(403)
@decode.alt_response(409)
@decode.alt_response(413)
@decode.alt_response(415)
@decode.alt_response(422)
@decode.alt_response(429)
@decode.alt_response(503)
def read() -> Response | dict[str, list[str]]:
    """The texts of the QR codes in a picture (JPEG, PNG, WebP or HEIC of at most 1 MB), at most 150 a minute."""
    picture = _picture()
    spent = budgets.spend_picture(session(), ip=request.remote_addr or "", now=now())
    if isinstance(spent, Refusal):
        answer = problem(429)
        answer.headers["Retry-After"] = str(math.ceil(spent.wait.total_seconds()))
        return answer
    session().commit()  # decoding is slow: nobody waits for this transaction meanwhile
    try:
        return {"texts": read_codes(picture)}
    except TooBusy as refusal:
        answer = problem(503, refusal.sentence)
        answer.headers["Retry-After"] = "1"
        return answer
    except ImageRefused as refusal:
        # The body is as described, and still no picture that can be read.
        return problem(409, refusal.sentence, reason="picture_refused")


def _picture() -> bytes:
    """The body, or the file of its form. Raises what the errors of HTTP are."""
    if request.mimetype == "multipart/form-data":
        unknown = {*request.files, *request.form} - {FIELD}
        if unknown:
            raise InvalidFields({name: [UNKNOWN] for name in sorted(unknown)})
        if len(request.files.getlist(FIELD)) > 1:
            raise InvalidFields({FIELD: [TWICE]})
        file = request.files.get(FIELD)
        picture = file.read(MOST_BYTES + 1) if file else b""
    elif request.mimetype in PICTURES:
        picture = request.get_data()
    else:
        raise UnsupportedMediaType
    if len(picture) > MOST_BYTES:
        raise RequestEntityTooLarge
    return picture
