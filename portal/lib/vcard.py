"""Contact cards: vCard 3.0 (RFC 2426), the version that every phone imports."""

import base64
import re
from collections.abc import Iterable

# Every character that some reader takes for the end of a line, and the other control characters.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_TYPE = re.compile("[A-Z]+")
# RFC 2426, section 2.6: a line is folded at 75 octets, the break not counted.
_LINE_OCTETS = 75


def vcard(
    *,
    name: str,
    organisation: str = "",
    title: str = "",
    email: str = "",
    phones: Iterable[tuple[str, str]] = (),
    photo: bytes | None = None,
    note: str = "",
) -> bytes:
    """One card as UTF-8 bytes with CRLF line ends; blank values are left out.

    `phones`: (type, E.164 number), the type one of the standard's words such as CELL or WORK. `photo`: JPEG bytes.
    No text can add a property: line ends, commas, semicolons and backslashes are escaped.
    """
    shown = _plain(name) or _plain(organisation) or "?"
    given, _, family = shown.rpartition(" ")
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:{_escape(family)};{_escape(given)};;;", f"FN:{_escape(shown)}"]
    for property_name, value in (("ORG", organisation), ("TITLE", title), ("EMAIL;TYPE=INTERNET", email)):
        if _plain(value):
            lines.append(f"{property_name}:{_escape(_plain(value))}")
    for kind, number in phones:
        if not _TYPE.fullmatch(kind):
            raise ValueError("The type of a phone is one word in capitals.")
        lines.append(f"TEL;TYPE={kind}:{_escape(_plain(number))}")
    if note.strip():
        paragraphs = [_plain(line) for line in note.strip().splitlines()]
        lines.append("NOTE:" + r"\n".join(_escape(line) for line in paragraphs))
    if photo is not None:
        if not photo.startswith(b"\xff\xd8\xff"):
            raise ValueError("The photo of a contact card is a JPEG.")
        lines.append(f"PHOTO;ENCODING=b;TYPE=JPEG:{base64.b64encode(photo).decode()}")
    lines.append("END:VCARD")
    return b"".join(_fold(line) for line in lines)


def _plain(text: str) -> str:
    """One line without control characters."""
    return _CONTROL.sub(" ", text).strip()


def _escape(text: str) -> str:
    return re.sub(r"([\\,;])", r"\\\1", text)


def _fold(line: str) -> bytes:
    """The line in pieces of at most 75 octets, each continuation led by a space, no character cut in two."""
    octets = line.encode()
    pieces = []
    start, room = 0, _LINE_OCTETS
    while len(octets) - start > room:
        end = start + room
        # 10xxxxxx is the inside of a UTF-8 character (RFC 3629).
        while octets[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(octets[start:end])
        start, room = end, _LINE_OCTETS - 1
    pieces.append(octets[start:])
    return b"\r\n ".join(pieces) + b"\r\n"
