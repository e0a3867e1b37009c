"""Gzip by the application, for the public pages: whole in one round trip even where no proxy compresses."""

import gzip

from flask import Response, request

# 14 KB are the first ten segments of a new TCP connection (RFC 6928); smaller than this gains nothing.
LEAST_BYTES = 600
LEVEL = 6
TYPES = frozenset(("text/html", "text/vcard"))


def compress(response: Response) -> Response:
    """The answer in gzip when the browser takes it. For pages that mirror no secret beside what was sent (BREACH)."""
    if response.mimetype not in TYPES or response.is_streamed or response.direct_passthrough:
        return response
    response.vary.add("Accept-Encoding")
    body = response.get_data()
    if len(body) < LEAST_BYTES or not request.accept_encodings["gzip"] or "Content-Encoding" in response.headers:
        return response
    response.set_data(gzip.compress(body, LEVEL, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    return response
