"""Moments and days: the only place that reads the machine's clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def utc_now() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


def today_in(timezone: str, now: datetime) -> date:
    """The calendar day at ``now`` in an IANA ``timezone``: expirations lapse by the account's own midnight."""
    return now.astimezone(ZoneInfo(timezone)).date()


def show_moment(moment: datetime, timezone: str) -> str:
    """``moment`` as people read it, in wall time of ``timezone``: "5 Mar 2030, 14:05"."""
    wall = local(moment, timezone)
    return f"{wall.day} {wall:%b %Y, %H:%M}"


def local(moment: datetime, timezone: str) -> datetime:
    """``moment`` as wall time in ``timezone``."""
    return moment.astimezone(ZoneInfo(timezone))
