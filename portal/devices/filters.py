"""What a list of devices is asked for in its address: search, status, order and page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil
from urllib.parse import parse_qsl, urlencode

from portal.devices.models import ACTIVE, EXPECTED, PENDING, REVOKED, SUSPENDED
from portal.devices.queries import ALL, CONNECTED, ORDERS, DeviceFilter

PAGE = 50
_LONGEST = 100
_MOST_PAGES = 10_000
STATUSES = ("", ACTIVE, PENDING, SUSPENDED, EXPECTED, REVOKED, ALL)


@dataclass(frozen=True)
class ListFilter:
    """A search and an order, each known to be good. ``page`` counts from 1."""

    q: str = ""
    status: str = ""
    sort: str = CONNECTED
    is_descending: bool = True
    page: int = 1

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> "ListFilter":
        """Out of an address; what it does not know it leaves at its usual."""
        sort = args.get("sort", "")
        page = args.get("page", "")
        status = args.get("status", "")
        return cls(
            q=args.get("q", "").replace("\0", "").strip()[:_LONGEST],
            status=status if status in STATUSES else "",
            sort=sort.removeprefix("-") if sort.removeprefix("-") in ORDERS else CONNECTED,
            is_descending=sort.startswith("-") if sort.removeprefix("-") in ORDERS else True,
            page=min(max(int(page), 1), _MOST_PAGES) if page.isascii() and page.isdigit() and len(page) < 9 else 1,
        )

    @classmethod
    def from_query_string(cls, text: str) -> "ListFilter":
        """Out of ``to_query_string``."""
        return cls.from_args(dict(parse_qsl(text)))

    def to_args(self) -> dict[str, str]:
        """The address's arguments, without what is usual and without the page."""
        order = f"{'-' if self.is_descending else ''}{self.sort}"
        found = {"q": self.q, "status": self.status, "sort": "" if order == f"-{CONNECTED}" else order}
        return {name: value for name, value in found.items() if value}

    def to_query_string(self) -> str:
        """The same as a text."""
        return urlencode(self.to_args())

    def sorted_by(self, sort: str) -> "ListFilter":
        """The first page in another order; the same one again turns it round. Moments begin with the newest."""
        turned = not self.is_descending if sort == self.sort else sort in (CONNECTED, "active")
        return replace(self, sort=sort, is_descending=turned, page=1)

    def within(self, count: int) -> "ListFilter":
        """The same on a page that is there, of so many devices: whoever asks for a later one gets the last."""
        return replace(self, page=min(self.page, max(1, ceil(count / PAGE))))

    @property
    def which(self) -> DeviceFilter:
        return DeviceFilter(text=self.q, status=self.status)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.q or self.status)
