"""The rule of sign-in limits: what a try spends, and how long to wait. No database, no clock.

Three layers (facts: security, section 1): the client's address, the person, the whole site. A try is spent in all its
counters before the password is looked at, and comes back when it was right. A browser that signed this person in before
is *familiar*: it has a counter of its own instead of the three, so that nobody who knows an e-mail can keep its owner
out (ASVS 5.0, 6.1.1).
"""

from datetime import timedelta

from portal.accounts.counting import Limit

_WINDOW = timedelta(minutes=5)
_LONGEST = timedelta(hours=1)  # NIST SP 800-63B, 5.2.2: rising waits of up to an hour

CLIENT = Limit("client", 10, _WINDOW)
SITE = Limit("site", 1_000, _WINDOW)
PERSON = Limit("person", 10, _WINDOW, longest=_LONGEST, forgets=timedelta(hours=2))
FAMILIAR = Limit("familiar", 10, _WINDOW, longest=_LONGEST, forgets=timedelta(hours=2))
# Only a right code forgets: 100 wrong ones in three windows of six digits are found once in 3,333 (facts, section 2.6).
CODE = Limit("code", 10, _WINDOW, longest=_LONGEST)
MOST_CODES = 100  # in a row; from then on only a recovery code is looked at
