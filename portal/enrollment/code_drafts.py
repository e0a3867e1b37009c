"""What an admin may write into an installation code or a provisioning token: limits, and one sentence per fault. Pure.

Pages and the API both come through here, so that they take and refuse the same.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from portal.enrollment.models import CREATE_ACCOUNT_AND_DEVICE, CREATE_DEVICE, USE_EXISTING_DEVICE

# The words of the three actions, in the order in which they are offered.
ACTIONS = {
    CREATE_ACCOUNT_AND_DEVICE: "Create a new account and device",
    CREATE_DEVICE: "Create a new device",
    USE_EXISTING_DEVICE: "Use existing device",
}
LONGEST_DESCRIPTION = 200
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # the first days of the calendar have no wall time in every zone
LONGEST_LIFE = timedelta(days=365)  # facts: devices, 4.3
CODE_LIFE, CODE_USES = timedelta(days=7), 25
TOKEN_LIFE, TOKEN_USES = timedelta(days=30), 100
MOST_USES = 10_000
MOST_NETWORKS, MOST_TAGS, MOST_DEFAULTS = 20, 20, 30
LONGEST_TAG, LONGEST_KEY, LONGEST_VALUE = 40, 40, 200
NAME_KEY = "name"  # of the defaults: how devices are named; "{n}" counts them

_PREFIX = re.compile("[A-Za-z0-9-]{1,20}")
_KEY = re.compile("[A-Za-z0-9_.-]{1,40}")


@dataclass(frozen=True)
class Draft:
    """A code as somebody wants it. ``user_id`` and ``device_id`` are row ids; only those that its action needs count.

    ``max_uses`` None: it was not given. ``is_fleet``: of a provisioning token, whose devices may be nobody's.
    ``errors`` holds what could not even be read, by field.
    """

    description: str
    action: str
    expires_at: datetime | None
    max_uses: int | None
    username_prefix: str = ""
    user_id: int | None = None
    device_id: int | None = None
    not_before: datetime | None = None
    requires_approval: bool = False
    allowed_networks: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    defaults: dict[str, str] = field(default_factory=dict)
    is_fleet: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)


def usual_uses(action: str) -> int:
    """How many uses a new code begins with: a device that is there already is installed once (facts: devices, 5)."""
    return 1 if action == USE_EXISTING_DEVICE else CODE_USES


def columns(draft: Draft) -> dict[str, object]:
    """The values by column of a grant; what the action does not need is emptied."""
    has_prefix, has_user, has_device = (draft.action == one for one in ACTIONS)
    return {
        "description": draft.description,
        "action": draft.action,
        "expires_at": draft.expires_at,
        "max_uses": draft.max_uses,
        "username_prefix": draft.username_prefix if has_prefix else "",
        "user_id": draft.user_id if has_user else None,
        "device_id": draft.device_id if has_device else None,
        "not_before": draft.not_before,
        "requires_approval": draft.requires_approval,
        "allowed_networks": draft.allowed_networks,
        "tags": draft.tags,
        "defaults": draft.defaults,
    }


def check(draft: Draft, now: datetime, *, kept_expiry: datetime | None = None, use_count: int = 0) -> dict[str, str]:
    """One sentence by field; empty when all is well.

    ``kept_expiry``: what stands already and may stay, though past. ``use_count``: uses that are spent already.
    """
    errors = dict(draft.errors)
    for name, sentence in (
        ("description", _check_description(draft.description)),
        ("action", "" if draft.action in ACTIONS else "Choose what the code does."),
        ("expires_at", _check_expiry(draft.expires_at, now, kept_expiry)),
        ("not_before", _check_start(draft)),
        ("max_uses", _check_uses(draft.max_uses, use_count)),
        *_check_action(draft),
    ):
        if sentence:
            errors.setdefault(name, sentence)
    return errors


def read_networks(texts: Iterable[str]) -> tuple[list[str], str]:
    """Networks in CIDR notation (RFC 4632, RFC 4291 section 2.3), normalised and each once; or the first fault.

    One address is a network of its own; host bits that somebody left in are cleared.
    """
    found: list[str] = []
    for text in _parts(texts):
        try:
            found.append(str(ipaddress.ip_network(text, strict=False)))
        except ValueError:
            return [], f"{text[:60]} is not a network. Write it like 203.0.113.0/24 or 2001:db8::/32."
    networks = list(dict.fromkeys(found))
    return (networks, "") if len(networks) <= MOST_NETWORKS else ([], f"Use at most {MOST_NETWORKS} networks.")


def read_tags(texts: Iterable[str]) -> tuple[list[str], str]:
    """Tags without blank ends, each once; or the fault."""
    tags = list(dict.fromkeys(" ".join(text.split()) for text in texts if text.strip()))
    if len(tags) > MOST_TAGS:
        return [], f"Use at most {MOST_TAGS} tags."
    if any(len(tag) > LONGEST_TAG for tag in tags):
        return [], f"A tag has at most {LONGEST_TAG} characters."
    if any("," in tag for tag in tags):
        return [], "A tag holds no comma: commas stand between tags."
    return tags, ""


def read_defaults(pairs: Iterable[tuple[str, str]]) -> tuple[dict[str, str], str]:
    """What each device gets to begin with, by key; or the fault. Keys are words of letters, digits and ``_ . -``."""
    found: dict[str, str] = {}
    for key, value in pairs:
        if not _KEY.fullmatch(key):
            rule = f"Use 1 to {LONGEST_KEY} letters, digits, points, hyphens or underscores."
            return {}, f"\u201c{key[:LONGEST_KEY]}\u201d is no key. {rule}"
        if key in found:
            return {}, f"{key} stands there twice."
        if len(value) > LONGEST_VALUE:
            return {}, f"The value of {key} has more than {LONGEST_VALUE} characters."
        found[key] = value
    return (found, "") if len(found) <= MOST_DEFAULTS else ({}, f"Use at most {MOST_DEFAULTS} defaults.")


def read_default_lines(text: str) -> tuple[dict[str, str], str]:
    """The same from lines of ``key=value``."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in lines:
        if "=" not in line:
            return {}, f"Write each default as key=value: \u201c{line[:60]}\u201d has no =."
    return read_defaults((key.strip(), value.strip()) for key, _, value in (line.partition("=") for line in lines))


def _parts(texts: Iterable[str]) -> list[str]:
    return [part for text in texts for part in re.split(r"[\s,;]+", text) if part]


def _check_description(text: str) -> str:
    if not text:
        return "Describe the code, so that you know it again in the list."
    return "" if len(text) <= LONGEST_DESCRIPTION else f"Use at most {LONGEST_DESCRIPTION} characters."


def _check_expiry(expires_at: datetime | None, now: datetime, kept: datetime | None) -> str:
    if expires_at is None:
        return "Choose when it expires."
    if expires_at == kept:
        return ""
    if expires_at <= now:
        return "Choose a moment that is still to come."
    return "" if expires_at <= now + LONGEST_LIFE else f"Choose a moment within {LONGEST_LIFE.days} days."


def _check_start(draft: Draft) -> str:
    if draft.not_before is not None and draft.not_before < EARLIEST:
        return f"Choose a moment from {EARLIEST.year} on."
    if draft.not_before is None or draft.expires_at is None or draft.not_before < draft.expires_at:
        return ""
    return "It would begin after it has expired. Choose an earlier moment."


def _check_uses(uses: int | None, use_count: int) -> str:
    if uses is None or not 1 <= uses <= MOST_USES:
        return f"Type a number from 1 to {MOST_USES:,}."
    if uses >= use_count:
        return ""
    return f"It was used {use_count:,} times already. Type {use_count:,} to allow no more uses, or a larger number."


def _check_action(draft: Draft) -> tuple[tuple[str, str], ...]:
    """What the chosen action cannot do without."""
    if draft.action == CREATE_ACCOUNT_AND_DEVICE and draft.username_prefix:
        rule = "Use at most 20 letters, digits and hyphens, for example crew-."
        return () if _PREFIX.fullmatch(draft.username_prefix) else (("username_prefix", rule),)
    if draft.action == CREATE_DEVICE and draft.user_id is None and not draft.is_fleet:
        return (("user_id", "Choose the account that the devices are registered to."),)
    if draft.action == USE_EXISTING_DEVICE and draft.device_id is None:
        return (("device_id", "Choose the device that is to be installed."),)
    return ()
