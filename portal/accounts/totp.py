"""One-time codes of an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds) and recovery codes. Pure."""

from datetime import datetime

import pyotp

from portal.lib import crockford

STEP_SECONDS = 30
# The window of now, the one before and the one after: phones' clocks and slow thumbs (RFC 6238, 5.2).
_WINDOWS = (-1, 0, 1)
RECOVERY_CODES = 10
_RECOVERY_LENGTH = 16  # 80 bits: a plain digest is kept, so guessing must be hopeless for whoever reads it too


def make_secret() -> str:
    """160 random bits in base 32, as apps take them (RFC 4226, section 4)."""
    return pyotp.random_base32()


def address(secret: str, email: str, issuer: str) -> str:
    """The otpauth address that an app reads from the QR."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer))


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The 30-second step whose code this is, or None. The caller refuses steps that were used."""
    typed = "".join(code.split())
    if not (typed.isascii() and typed.isdigit() and len(typed) == 6):
        return None
    current, codes = int(now.timestamp()) // STEP_SECONDS, pyotp.TOTP(secret)
    found = None
    for offset in _WINDOWS:
        # All are compared, each in constant time: how long it takes tells nothing.
        if pyotp.utils.strings_equal(typed, codes.generate_otp(current + offset)):
            found = current + offset
    return found


def make_recovery_codes() -> list[str]:
    """Ten codes as they are shown: 'K7Q2-M4XJ-9R3T-5V8W'."""
    return [grouped(crockford.random_code(_RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]


def recovery_key(text: str) -> str:
    """A typed recovery code in the form whose digest is kept; "" when it cannot be one."""
    typed = crockford.normalise(text)
    return typed if len(typed) == _RECOVERY_LENGTH else ""


def grouped(text: str, size: int = 4, mark: str = "-") -> str:
    """The text in groups, so that it can be read aloud and typed."""
    return mark.join(text[at : at + size] for at in range(0, len(text), size))
