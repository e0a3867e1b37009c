"""Devices in words: a line of a list, its status, what asks for a look. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.audit.words import Change, action_words
from portal.devices.models import ACTIVE, EXPECTED, PENDING, REVOKED, SUSPENDED
from portal.devices.queries import STALE_AFTER, Listed
from portal.lib.clock import show_moment

STATUS_WORDS = {
    ACTIVE: "Active",
    PENDING: "Waiting for approval",
    SUSPENDED: "Suspended",
    EXPECTED: "Not installed yet",
    REVOKED: "Revoked",
}
SIGNED_OUT = "Signed out"  # it may come, and must scan a new code
# What each status means, said on the device's page.
MEANINGS = {
    ACTIVE: "It works.",
    PENDING: "It was enrolled by a code that asks for approval. Until you approve it, it can do nothing.",
    SUSPENDED: "It can do nothing until you resume it. Whoever holds it stays signed in for then.",
    EXPECTED: "It was added by an admin. Whoever scans its code installs it.",
    REVOKED: "It was signed out for good. To come back it needs a new QR code.",
}

# What the history of a device says that somebody did, by the action of the event, and the names of what changed.
DEEDS = {
    "device.add": "added it",
    "device.enrol": "joined",
    "device.rename": "renamed it",
    "device.suspend": "suspended it",
    "device.resume": "resumed it",
    "device.approve": "approved it",
    "device.revoke": "revoked it",
    "device.sign_in": "signed in",
    "device.sign_out": "signed out",
    "device.token_reuse": "showed a used refresh token and was signed out",
}
FIELDS = {"by": "way in", "grant": "code"}


@dataclass(frozen=True)
class Line:
    """A device as lists show it; moments in the company's wall time, empty texts where there is nothing."""

    public_id: str
    name: str
    platform: str
    details: str
    status: str
    status_word: str
    person: str
    last_active: str
    connected: str
    address: str
    joined_by: str
    flags: tuple[str, ...]


def describe(listed: Listed, *, joined_by: str, timezone: str, now: datetime) -> Line:
    """The line of a device. ``joined_by``: its way in, in words."""
    device, is_signed_out = listed.device, listed.is_signed_out

    def shown(moment: datetime | None) -> str:
        return show_moment(moment, timezone) if moment else ""

    return Line(
        public_id=device.public_id,
        name=device.name,
        platform=device.platform,
        details=", ".join(filter(None, (device.model, device.app_version and f"app {device.app_version}"))),
        status=device.status,
        status_word=SIGNED_OUT if is_signed_out and device.status == ACTIVE else STATUS_WORDS[device.status],
        person=listed.person,
        last_active=shown(device.last_active_at),
        connected=shown(device.connected_at),
        address=device.last_ip,
        joined_by=joined_by,
        flags=_flags(listed, now),
    )


def deed(action: str) -> str:
    """What somebody did to a device, after their name: "suspended it"."""
    return DEEDS.get(action, action_words(action))


def in_words(change: Change, ways_in: Mapping[str, str]) -> Change:
    """A change of a device as people say it: a status, and a way in by its kind."""
    words = {"status": STATUS_WORDS, "by": ways_in}.get(change.field, {})
    return Change(
        FIELDS.get(change.field, change.field),
        words.get(change.before, change.before),
        words.get(change.after, change.after),
    )


def _flags(listed: Listed, now: datetime) -> tuple[str, ...]:
    if listed.device.status in (REVOKED, EXPECTED):
        return ()
    # Of an active device it is the state.
    flags = [SIGNED_OUT] if listed.is_signed_out and listed.device.status != ACTIVE else []
    if listed.is_stale:
        flags.append(f"Unused for {STALE_AFTER.days} days")
    if listed.is_new_network:
        flags.append("New network")
    if listed.ends_at is not None:
        days = max(0, (listed.ends_at - now) // timedelta(days=1))
        flags.append(f"Signs out in {many(days, 'day')}" if days else "Signs out today")
    return tuple(flags)


def many(count: int, noun: str = "device") -> str:
    """ "1 device", "1,200 devices"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def revoked_means(count: int) -> tuple[str, ...]:
    """What follows when so many devices are revoked, for the confirmation."""
    if count == 1:
        return (
            "Its next request is refused: it is signed out, and what it keeps of the company’s records is deleted.",
            "It cannot be undone. To come back, the device needs a new QR code.",
        )
    return (
        f"{many(count)} are signed out at their next request, and what they keep of the company’s records is deleted.",
        "It cannot be undone. To come back, each of them needs a new QR code.",
    )


def suspended_means(count: int) -> tuple[str, ...]:
    """What follows when so many devices are suspended, for the confirmation."""
    if count == 1:
        return (
            "From its next request on it is refused, and can do nothing.",
            "Nothing is lost: when you resume it, it goes on where it stopped.",
        )
    return (
        f"From their next request on {many(count)} are refused, and can do nothing.",
        "Nothing is lost: each goes on where it stopped when you resume it on its page.",
    )
