"""Addresses by their path alone: where a page may send somebody next, and which are those of programs."""

import re

SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
# Who asks here reads problem documents: programs and phones, never a person before a page.
PROGRAM_PREFIXES = ("/api/", "/oauth/", "/.well-known/")

# Browsers drop tabs and line ends, and read a backslash as a slash, so none of them may be there.
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f-\x9f]*")


def local_path(text: str | None) -> str:
    """The address to go on to: ``text`` when it is a path of this site, else the start."""
    return text if text and _LOCAL.fullmatch(text) else "/admin/"


def is_for_programs(path: str) -> bool:
    """Whether a path is a door of programs: JSON and tokens, no pages and no forms."""
    return f"{path}/".startswith(PROGRAM_PREFIXES)
