"""The contract of the throttle under load: of all that arrives at once, exactly the limit is looked at."""

import http.client
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import urlencode

from sqlalchemy import func, select

from portal.extensions import db
from portal.gate.models import Attempt, AttemptCounter
from tests.factories.people import make_account
from tests.factories.things import make_record, scan_path

GUESSES = 200


def guess(host: str, port: int, path: str, source: str, code: str) -> tuple[int, str]:
    """One wrong code from one loopback address, as a browser without cookies."""
    connection = http.client.HTTPConnection(host, port, timeout=120, source_address=(source, 0))
    body = urlencode({"passcode": code})
    connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    page = answer.read().decode()
    connection.close()
    return answer.status, page


def test_200_parallel_guesses_from_200_addresses_evaluate_exactly_20(live, live_app):
    with live_app.app_context():
        path = scan_path(make_record(make_account()))
    together = Barrier(GUESSES)

    def one(number: int) -> tuple[int, str]:
        together.wait()
        return guess("127.0.0.1", live.port, path, f"127.0.1.{number + 1}", f"{5000 + number}")

    with ThreadPoolExecutor(GUESSES) as crowd:
        answers = list(crowd.map(one, range(GUESSES)))
    assert Counter(status for status, _ in answers) == {403: 20, 429: 180}
    assert sum("Invalid passcode" in page for _, page in answers) == 20
    with live_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Attempt)) == 20
        counts = dict(
            db.session.execute(
                select(AttemptCounter.scope, func.sum(AttemptCounter.count)).group_by(AttemptCounter.scope)
            ).all()
        )
    assert counts == {"sticker": 20, "account": 20, "client-burst": 20, "client-day": 20}
