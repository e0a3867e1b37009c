"""How many messages are taken: per client and per account. Shares the counters and the arithmetic of the gate."""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.database import current_time
from portal.gate.models import AttemptCounter
from portal.gate.throttle import Counter, Limit, Refusal, spend

ACCOUNT = Limit("message-account", 100, window=timedelta(days=1))
CLIENT = Limit("message-client", 5, window=timedelta(hours=1))
# Beyond so many of the account in its day, messages are kept and not mailed: a mailbox is not to be flooded through us.
MOST_MAILED = 30


def take(session: Session, account_id: int, client: str, now: datetime) -> int | Refusal:
    """Spends one message of both, or of neither. Returns the how-manieth message of the account's day it is.

    ``client`` is ``throttle.client_of`` an address. The account's row stays locked until the commit, so the messages of
    an account are written one after the other.
    """
    now = current_time(session, now)
    results = {
        (limit.scope, subject): spend(limit, _lock(session, limit, subject, now), now)
        for limit, subject in ((ACCOUNT, str(account_id)), (CLIENT, client))
    }
    refusals = [result for result in results.values() if isinstance(result, Refusal)]
    if refusals:
        return max(refusals, key=lambda refusal: refusal.wait)
    counters = {key: result for key, result in results.items() if isinstance(result, Counter)}
    for (scope, subject), counter in counters.items():
        session.execute(
            update(AttemptCounter)
            .where(AttemptCounter.scope == scope, AttemptCounter.subject == subject)
            .values(count=counter.count, since_at=counter.since_at)
        )
    return counters[ACCOUNT.scope, str(account_id)].count


def _lock(session: Session, limit: Limit, subject: str, now: datetime) -> Counter:
    """The counter, made where missing, its row locked until the commit."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(AttemptCounter).values(scope=limit.scope, subject=subject, count=0, since_at=now)
    # An update that changes nothing still locks the row and returns it.
    locked = statement.on_conflict_do_update(
        index_elements=["scope", "subject"], set_={"count": AttemptCounter.count}
    ).returning(AttemptCounter.count, AttemptCounter.since_at)
    return Counter(*session.execute(locked).one())
