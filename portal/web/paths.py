"""Where a page may send somebody next: paths of this site, never another one."""

import re

# Browsers drop tabs and line ends, and read a backslash as a slash, so none of them may be there.
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f-\x9f]*")


def local_path(text: str | None) -> str:
    """The address to go on to: ``text`` when it is a path of this site, else the start."""
    return text if text and _LOCAL.fullmatch(text) else "/admin/"
