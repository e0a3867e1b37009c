"""Addresses that open another program: `mailto:` (RFC 6068). `tel:` is in phones."""

import re
from urllib.parse import quote

# Line ends would begin a header of their own in careless mail programs; direction marks disguise the rest of the line.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


def mailto(email: str, subject: str) -> str:
    """A link that opens a mail to exactly one address with a subject and no other header, whatever the texts hold.

    Everything except letters, digits and `-._~` is percent-encoded as UTF-8, so `?`, `&` and `,` lose their meaning.
    """
    local, _, domain = _UNSAFE.sub("", email).rpartition("@")
    line = " ".join(_UNSAFE.sub(" ", subject).split())
    return f"mailto:{quote(local, safe='')}@{quote(domain, safe='')}?subject={quote(line, safe='')}"
