"""A company's logo by the company's public id, for doors that stand open to anyone."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Account


def find_logo_key(session: Session, public_id: str) -> str:
    """The key in the photo store; '' when the company has no logo, or there is no such company."""
    return session.scalar(select(Account.logo_key).where(Account.public_id == public_id)) or ""
