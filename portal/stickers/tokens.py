"""Scan tokens: what a sticker says, how it is sealed, and how it is read back from a scan or from typing.

A scan token is 16 characters of Crockford base 32: 8 of the sticker's random code (40 bits) and 8 of its seal, the
first 40 bits of HMAC-SHA-256 (RFC 2104) of the code under the account's passphrase.
"""

import hmac
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from portal.lib import crockford

CODE_LENGTH = 8
SEAL_LENGTH = 8
TOKEN_LENGTH = CODE_LENGTH + SEAL_LENGTH
_SEAL_BYTES = SEAL_LENGTH * crockford.BITS_PER_CHARACTER // 8

# 26 characters of 5 bits are 130 bits: out of reach of guessing even for one who holds codes with their seals.
PASSPHRASE_CHARACTERS = 26
PASSPHRASE_MINIMUM = 20
PASSPHRASE_MAXIMUM = 64
# Also fits the pattern attribute of an HTML input, which is matched against the whole value.
PASSPHRASE_PATTERN = rf"[A-Za-z0-9\-]{{{PASSPHRASE_MINIMUM},{PASSPHRASE_MAXIMUM}}}"

_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?")


@dataclass(frozen=True, slots=True)
class ScanToken:
    """The two halves of a scan token, 8 characters each. Well-formed only: whether the seal is right is `matches`."""

    code: str
    seal: str


def make_code() -> str:
    """Return a new sticker code: 8 characters, 40 random bits."""
    return crockford.random_code(CODE_LENGTH)


def seal(code: str, passphrase: str) -> str:
    """Return the 8 characters that tie the code to the passphrase, which counts exactly as spelled, letter case too."""
    digest = hmac.digest(passphrase.encode(), code.encode(), "sha256")
    return crockford.encode_bits(int.from_bytes(digest[:_SEAL_BYTES], "big"), SEAL_LENGTH)


def make_token(code: str, passphrase: str) -> str:
    """Return the 16 characters that the sticker of this code bears under this passphrase."""
    return code + seal(code, passphrase)


def parse_token(text: str) -> ScanToken | None:
    """Read a scanned or typed token in any letter case, with hyphens and look-alikes; None if not 16 characters."""
    token = crockford.normalise(text)
    if len(token) != TOKEN_LENGTH:
        return None
    return ScanToken(token[:CODE_LENGTH], token[CODE_LENGTH:])


def matches(token: ScanToken, passphrase: str) -> bool:
    """Whether the token's seal was made with this passphrase; takes the same time for right and wrong seals."""
    return hmac.compare_digest(token.seal, seal(token.code, passphrase))


def typed_form(token: str) -> str:
    """Return the token as it is printed for typing: K7Q2-M4XJ-9R3T-5V8W."""
    return crockford.group(token, 4)


def scan_prefix(public_url: str) -> str:
    """Return 'HTTPS://HOST[:PORT]/Q/', upper case so that a symbol can hold it in alphanumeric mode.

    ValueError unless the public URL is http or https and has nothing beside a host of ASCII letters, digits, dots and
    hyphens and perhaps a port: a path would lengthen every symbol, other characters cannot be said in that mode.
    """
    parts = urlsplit(public_url)
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"The public URL must begin with https:// or http://, not {public_url!r}.")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(f"The public URL must end after its host and port, not {public_url!r}.")
    if not _HOST.fullmatch(parts.netloc):
        raise ValueError(
            "The host of the public URL may hold only the letters A to Z, digits, dots and hyphens, and may be "
            f"followed by a port, not {parts.netloc!r}."
        )
    if parts.port == 0:  # reading the port raises ValueError by itself when it is above 65535
        raise ValueError(f"The public URL has no usable port: {public_url!r}.")
    return f"{parts.scheme}://{parts.netloc}/q/".upper()


def scan_url(public_url: str, token: str) -> str:
    """Return the URL that a sticker's symbol says, all upper case; see `scan_prefix` for what is refused."""
    return scan_prefix(public_url) + token


def make_passphrase() -> str:
    """Return a new passphrase: 26 random characters (130 bits) in groups of five, 31 characters with its hyphens."""
    return crockford.group(crockford.random_code(PASSPHRASE_CHARACTERS), 5)


def check_passphrase(text: str) -> str | None:
    """Return what is wrong with a passphrase that someone chose, as a sentence for them, or None."""
    if not PASSPHRASE_MINIMUM <= len(text) <= PASSPHRASE_MAXIMUM:
        return f"A passphrase has {PASSPHRASE_MINIMUM} to {PASSPHRASE_MAXIMUM} characters."
    if not re.fullmatch(PASSPHRASE_PATTERN, text):
        return "A passphrase holds only the letters A to Z, digits and hyphens."
    return None
