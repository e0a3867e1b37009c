"""Reads of print runs, always within one account."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.labels.models import PrintRun
from portal.labels.stock import Stock, find_stock

# Countries that print on US Letter (CLDR territory data, paper size); everybody else has A4.
LETTER_COUNTRIES = frozenset(("US", "CA", "MX", "PH", "CL", "CO", "VE", "GT", "CR", "NI", "SV", "PA", "PR", "DO", "BO", "BZ"))


def usual_stock(session: Session, account: Account) -> Stock:
    """The stock of the account's last print run, else the commonest one for its country's paper."""
    last = session.scalar(select(PrintRun.stock).where(PrintRun.account_id == account.id).order_by(PrintRun.id.desc()).limit(1))
    stock = find_stock(last) if last else None
    return stock or default_stock(account.country)


def default_stock(country: str) -> Stock:
    """Avery 5160 on Letter, L7160 on A4."""
    stock = find_stock("5160" if country in LETTER_COUNTRIES else "L7160")
    if stock is None:
        raise LookupError("the table of stocks lost its two commonest sheets")
    return stock
