"""The configuration file of a provisioning token, for mass rollout (docs/operating.md). Plain values in and out."""

from typing import Any

from portal.enrollment.models import Grant
from portal.enrollment.payloads import api_address

VERSION = 1


def describe(
    grant: Grant, *, public_url: str, company: str, account_public_id: str, token: str | None
) -> dict[str, Any]:
    """The file as a document. ``token`` None: it cannot be shown again, and ``hint`` tells which one belongs here."""
    return {
        "version": VERSION,
        "api_url": api_address(public_url),
        "token": token,
        "hint": grant.hint,
        "company": company,
        "account_id": account_public_id,
        "tags": grant.tags,
        "defaults": grant.defaults,
        "expires_at": grant.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ") if grant.expires_at else None,
    }
