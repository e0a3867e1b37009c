"""Long lists that are already in memory, one page at a time. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

PER_PAGE = 100


@dataclass(frozen=True)
class Slice:
    """One page of a list, as the pages macro shows it. Hrefs are None at the ends."""

    items: Sequence[Any]
    total: int
    previous_href: str | None
    next_href: str | None
    count_text: str


def cut(items: Sequence[Any], number: str, href: Callable[[int], str]) -> Slice:
    """Page ``number`` (from 1, as it stands in an address; anything else is the first)."""
    last = max(1, -(-len(items) // PER_PAGE))
    page = min(int(number), last) if number.isascii() and number.isdigit() and 0 < len(number) < 7 else 1
    page = max(1, page)
    start, stop = (page - 1) * PER_PAGE, min(page * PER_PAGE, len(items))
    return Slice(
        items[start:stop],
        len(items),
        href(page - 1) if page > 1 else None,
        href(page + 1) if page < last else None,
        f"{start + 1:,}-{stop:,} of {len(items):,}" if items else "",
    )
