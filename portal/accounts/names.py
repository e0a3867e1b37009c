"""Names that people without an e-mail sign in by, such as "crew-014", inside the company that gave them.

Every person has one address, by which the database tells people apart. Whoever has no mailbox gets one below
``.invalid``, a domain that never exists (RFC 2606, section 2): it is shown nowhere and nothing is sent to it.
"""

from portal.lib.emails import email_key

_NOWHERE = ".invalid"


def has_email(email: str) -> bool:
    """Whether somebody reads what is sent to this address, as far as its form tells."""
    return not email_key(email).endswith(_NOWHERE)


def shown(email: str, sign_in_name: str | None) -> str:
    """What stands for a person where an e-mail would: it, or the sign-in name of whoever has none."""
    return email if has_email(email) else sign_in_name or ""


def name_key(typed: str) -> str:
    """A sign-in name in the letters that it is stored and looked up in."""
    return typed.strip().lower()


def address_of(sign_in_name: str, account_public_id: str) -> str:
    """The address that stands for the e-mail of a person without one. It is unique, as the name is in its company."""
    return email_key(f"{name_key(sign_in_name)}@{account_public_id}{_NOWHERE}")
