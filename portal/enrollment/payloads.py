"""What a phone scans: an https address whose fragment holds the secret, so that no server, log or preview sees it.

Everything in it comes from the configured public URL, never from a request. Plain values in and out.
"""

from urllib.parse import quote, urlencode, urlsplit

from portal.enrollment.models import INSTALLATION_CODE, INSTALLATION_KEY, ONBOARDING, PROVISIONING

VERSION = "1"
LONGEST_NAME = 40  # characters; the symbol stays coarse enough for 4 cm; the whole name comes with the answer
# As it is written in the fragment, where an Arabic letter takes 6 and a lorry 12 characters: 40 of those would make a
# symbol of version 19, whose modules are too small for a phone's camera.
LONGEST_WRITTEN_NAME = 120
# How the fragment names the kinds of grants.
KINDS = {INSTALLATION_KEY: "pair", ONBOARDING: "join", INSTALLATION_CODE: "code", PROVISIONING: "fleet"}


def api_address(public_url: str) -> str:
    """Where the API of this portal begins."""
    return f"{public_url}/api/v1"


def host(public_url: str) -> str:
    """Where codes are typed, as people read it."""
    return urlsplit(public_url).netloc


def logo_address(public_url: str, account_public_id: str) -> str:
    """The company's logo, for whoever is not in yet; the product's mark where it has none."""
    return f"{public_url}/app/logo/{account_public_id}"


def short_name(name: str) -> str:
    """As much of a name as the symbol has room for."""
    name = name[:LONGEST_NAME]
    while len(quote(name, safe=":/")) > LONGEST_WRITTEN_NAME:
        name = name[:-1]
    return name.strip().rstrip("\u200d")  # a joiner that joins nothing any more


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
        "n": short_name(account_name),
        "l": logo_address(public_url, account_public_id),
        "c": account_public_id,
    }
    if username:
        fields["u"] = username
    # "%20" and not "+": a fragment is no form, and decoders differ about "+". Colons and slashes are at home there.
    return f"{public_url}/app#{urlencode(fields, quote_via=quote, safe=':/')}"
