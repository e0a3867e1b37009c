"""What a list of installation codes or provisioning tokens shows: search, state and order, as in its address. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from portal.enrollment.grants import ACTIVE, EXHAUSTED, EXPIRED, REVOKED, SCHEDULED
from portal.enrollment.queries import DEVICE_GONE, PERSON_GONE
from portal.lib.lines import one_line

NEWEST = "-created"
SORTS = ("created", "description", "code", "expires", "used", "last_used", "prefix", "account", "device")
# A grant's state in the words of the lists. Removed ones are shown only when asked for.
STATES = {
    ACTIVE: "Active",
    SCHEDULED: "Scheduled",
    EXHAUSTED: "Used up",
    EXPIRED: "Expired",
    PERSON_GONE: "Account has left",
    DEVICE_GONE: "Device revoked",
    REVOKED: "Removed",
}
LONGEST_QUERY = 200


@dataclass(frozen=True)
class CodeFilter:
    """``sort`` is one of SORTS, with "-" in front for the other direction; ``state`` "" leaves out removed ones."""

    q: str = ""
    state: str = ""
    sort: str = NEWEST

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> "CodeFilter":
        """Reads an address's arguments. Values that no link of ours carries count as not given."""
        q = one_line(args.get("q"))
        state, sort = args.get("state", ""), args.get("sort", NEWEST)
        return cls(
            q[:LONGEST_QUERY],
            state if state in STATES else "",
            sort if sort.removeprefix("-") in SORTS else NEWEST,
        )

    def to_args(self) -> dict[str, str]:
        """The arguments that differ from the list of everything."""
        given = {"q": self.q, "state": self.state, "sort": self.sort if self.sort != NEWEST else ""}
        return {name: value for name, value in given.items() if value}

    @property
    def column(self) -> str:
        return self.sort.removeprefix("-")

    @property
    def is_descending(self) -> bool:
        return self.sort.startswith("-")

    @property
    def is_narrowed(self) -> bool:
        """Whether an empty list means "no match" rather than "nothing here yet"."""
        return bool(self.q or self.state)

    def sorted_by(self, column: str) -> "CodeFilter":
        """The filter behind a heading: its column, or the other direction when that is the one already."""
        return replace(self, sort=f"-{column}" if self.sort == column else column)
