"""What a phone scans: an https address whose fragment holds the secret, so that no server, log or preview sees it.

Everything in it comes from the configured public URL, never from a request. Plain values in and out.
"""

from urllib.parse import quote, urlencode

from portal.enrollment.models import INSTALLATION_CODE, INSTALLATION_KEY, ONBOARDING, PROVISIONING

VERSION = "1"
LONGEST_NAME = 40  # the symbol stays coarse enough for 4 cm; the whole name comes with the answer
# How the fragment names the kinds of grants.
KINDS = {INSTALLATION_KEY: "pair", ONBOARDING: "join", INSTALLATION_CODE: "code", PROVISIONING: "fleet"}


def api_address(public_url: str) -> str:
    """Where the API of this portal begins."""
    return f"{public_url}/api/v1"


def logo_address(public_url: str, account_public_id: str) -> str:
    """The company's logo, for whoever is not in yet; the product's mark where it has none."""
    return f"{public_url}/app/logo/{account_public_id}"


def link(
    public_url: str,
    *,
    kind: str,
    secret: str,
    account_name: str,
    account_public_id: str,
    username: str = "",
) -> str:
    """The scanned link. ``kind``: one of the values of KINDS. ``username`` prefills the sign-in and proves nothing."""
    fields = {
        "v": VERSION,
        "k": kind,
        "t": secret,
        "a": api_address(public_url),
        "n": account_name[:LONGEST_NAME].strip(),
        "l": logo_address(public_url, account_public_id),
        "c": account_public_id,
    }
    if username:
        fields["u"] = username
    # "%20" and not "+": a fragment is no form, and decoders differ about "+". Colons and slashes are at home there.
    return f"{public_url}/app#{urlencode(fields, quote_via=quote, safe=':/')}"
