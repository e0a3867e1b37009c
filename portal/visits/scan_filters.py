"""Which scans a page shows: days in the account's zone, record, outcome, admitted or not. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OUTCOMES = {
    "record": "Record shown",
    "gate": "Passcode asked",
    "wrong": "Invalid passcode",
    "throttled": "Too many tries",
    "retired": "Retired sticker",
    "revoked": "Revoked sticker",
    "archived": "Archived record",
    "no-passcode": "No passcode assigned",
}
REFUSED = ("wrong", "throttled")
USUAL_DAYS = 30
MOST_DAYS = 366  # what is counted at once; a wider span is cut to its end


@dataclass(frozen=True)
class ScanFilter:
    """``start`` and ``end`` are days, both shown; ``record`` a public id; ``admitted`` is "yes", "no" or ""."""

    start: date
    end: date
    record: str = ""
    outcome: str = ""
    admitted: str = ""

    @classmethod
    def from_args(cls, args: Mapping[str, str], today: date) -> "ScanFilter":
        """Reads an address. Days that are missing or no days: the last 30 days up to ``today``."""
        end = min(_day(args.get("to", "")) or today, today)
        start = _day(args.get("from", "")) or end - timedelta(days=USUAL_DAYS - 1)
        start = max(min(start, end), end - timedelta(days=MOST_DAYS - 1))
        outcome, admitted = args.get("outcome", ""), args.get("admitted", "")
        return cls(
            start,
            end,
            args.get("record", "")[:16],
            outcome if outcome in OUTCOMES else "",
            admitted if admitted in ("yes", "no") else "",
        )

    def to_args(self) -> dict[str, str]:
        """The same as names and values of an address."""
        days = {"from": self.start.isoformat(), "to": self.end.isoformat()}
        more = {field.name: getattr(self, field.name) for field in fields(self)[2:]}
        return days | {name: value for name, value in more.items() if value}

    @property
    def is_narrowed(self) -> bool:
        """Whether it means certain answers: then every one counts, a browser's repeats included."""
        return bool(self.outcome or self.admitted)

    def span(self, timezone: str) -> tuple[datetime, datetime]:
        """From the first moment until before the last one, in UTC: the account's own midnights."""
        return midnight(self.start, timezone), midnight(self.end + timedelta(days=1), timezone)


def midnight(day: date, timezone: str) -> datetime:
    """The moment at which a day begins in an IANA zone, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # No scan is older than the product, and the calendar's ends cannot be reckoned with.
    return day if 2000 <= day.year < 3000 else None
