"""E-mail addresses: checked by form (RFC 5321, 5322, 6531), never by asking the network."""

import email_validator

# Names that RFC 6761 and 6762 keep for private networks and trials: a self-hosted product is used inside both. The list
# is the library's documented way to allow them.
for _private in ("local", "test"):
    if _private in email_validator.SPECIAL_USE_DOMAIN_NAMES:
        email_validator.SPECIAL_USE_DOMAIN_NAMES.remove(_private)


class EmailRefused(ValueError):
    """A text that is not one e-mail address; `sentence` says what to type instead."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def parse_email(text: str) -> str:
    """The address in its normal form (Unicode NFC, domain in small letters; the part before @ as it was typed).

    International names are allowed on both sides. Raises EmailRefused.
    """
    typed = text.strip()
    try:
        return email_validator.validate_email(typed, check_deliverability=False, strict=True).normalized
    except email_validator.EmailNotValidError:
        pass
    if "@" in typed and typed.count("@") > 1:
        raise EmailRefused("Type one e-mail address only, for example name@example.com.")
    raise EmailRefused("Type the e-mail address in full, for example name@example.com.")


def email_key(address: str) -> str:
    """What two spellings of one address have in common: for looking up and for uniqueness, never for sending.

    RFC 5321 lets the part before @ differ by case; no mailbox provider in use makes a difference, and people do not.
    """
    return address.strip().casefold()


def mailbox(address: str) -> str:
    """The address as servers know it: its domain in ASCII (RFC 5890), the rest as it is. Raises EmailRefused."""
    local, _, domain = parse_email(address).rpartition("@")
    return f"{local}@{email_validator.validate_email(f'x@{domain}', check_deliverability=False).ascii_domain}"
