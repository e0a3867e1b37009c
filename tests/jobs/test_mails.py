"""Mails from the outbox to a real mail server: what arrives, what is tried again, what is given up."""

import threading
from datetime import datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import compat32

import pytest

from portal import postman
from portal.extensions import db
from portal.jobs import outbox
from portal.jobs.mails import post
from portal.jobs.models import BY_MAIL, DEAD, DONE, QUEUED, RUNNING, Mail
from portal.lib.clock import utc_now
from portal.lib.mailserver import read_mail_server
from tests.factories.people import make_account
from tests.smtp import SmtpServer


@pytest.fixture(autouse=True)
def _context(app):
    with app.app_context():
        yield


@pytest.fixture
def parts(app):
    return app.extensions["portal"]


@pytest.fixture
def smtp():
    with SmtpServer() as server:
        yield server


def write(
    recipient: str = "olga@example.com", subject: str = "Truck 7", *, now: datetime | None = None, **values
) -> str:
    values = {"account_id": None, "kind": "test", "text_body": "Hello.\n.\n..dots\n", "html_body": ""} | values
    mail = post(db.session(), recipient=recipient, subject=subject, now=now or utc_now(), **values)
    db.session.commit()
    return mail.public_id


def stored(public_id: str) -> Mail:
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(Mail).filter_by(public_id=public_id).one()


def send(parts, smtp) -> float:
    db.session.rollback()
    return postman.send_once(parts, read_mail_server(smtp.url))


def test_a_mail_arrives_as_text_and_html_from_the_company(parts, smtp):
    account = make_account("Müller & Söhne, Spedition")
    public_id = write(
        "olga@bücher.example",
        "Lkw 7: TÜV läuft ab",
        account_id=account.id,
        html_body="<p>Grüße " + "x" * 2000 + "</p>",
        reply_to="office@example.com",
    )
    send(parts, smtp)
    (got,) = smtp.received
    message = got.message
    assert (got.sender, got.recipient) == ("portal@example.com", "olga@xn--bcher-kva.example")
    assert message["From"].addresses[0].display_name == "Müller & Söhne, Spedition"
    assert message["From"].addresses[0].addr_spec == "portal@example.com"
    assert (message["Reply-To"], message["Subject"]) == ("office@example.com", "Lkw 7: TÜV läuft ab")
    assert message["Message-ID"] == f"<{public_id}@example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    text, html = message.iter_parts()
    assert text.get_content().replace("\r\n", "\n") == "Hello.\n.\n..dots\n"
    assert html.get_content_type() == "text/html" and "Grüße" in html.get_content()
    mail = stored(public_id)
    assert (mail.state, mail.fault) == (DONE, "")
    assert mail.handed_at <= mail.sent_at


@pytest.mark.parametrize(
    "name",
    [
        "Nord 道路株式会社 Sp. i — Zażółć o.o. GmbH Przedsiębiorstwo Budowy Oddział Dróg o.o.",
        'Straßenbau Nord-Ouest & — Mostów "X" Gęślą Dróg Południe Gęślą',
        "Przedsiębiorstwo Budowy Dróg i Mostów Zażółć Gęślą Sp. z o.o. — Oddział Śródmieście Południe",
    ],
)
def test_long_names_keep_their_blanks_in_the_headers(parts, smtp, name):
    write(subject=f"Connect your phone to {name}", sender_name=name)
    send(parts, smtp)
    raw = message_from_bytes(smtp.received[0].message.as_bytes(), policy=compat32)
    unfolded = ("".join(raw[header].splitlines()) for header in ("Subject", "From"))
    subject, sender = (str(make_header(decode_header(header))) for header in unfolded)
    assert (subject, sender) == (f"Connect your phone to {name}", f"{name} <portal@example.com>")


@pytest.mark.parametrize(
    "evil", ["a\r\nBcc: all@example.com", "a\nBcc: all@example.com", "a\u2028Bcc: x@example.com\x00"]
)
def test_nothing_that_is_typed_becomes_a_header(parts, smtp, evil):
    write(subject=evil, sender_name=evil, reply_to=f"x@example.com{evil[1:]}")
    send(parts, smtp)
    message = smtp.received[0].message
    assert set(message.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
        "Content-Transfer-Encoding",
    }  # fmt: skip
    assert "Bcc: " in message["Subject"] and "\n" not in message["Subject"]


@pytest.mark.parametrize(
    "recipient", ["", "olga", "a@example.com, b@example.com", "a@example.com\r\nRCPT TO:<b@example.com>"]
)
def test_what_is_no_address_is_given_up_at_once_and_says_so(parts, smtp, recipient):
    mail = stored(write(recipient))
    assert mail.state == DEAD and "not an e-mail address" in mail.fault
    send(parts, smtp)
    assert smtp.talks == 0


def test_a_key_writes_one_mail(parts):
    write(key="once")
    assert post(
        db.session(), account_id=None, kind="test", recipient="olga@example.com", subject="Again", text_body="",
        html_body="", now=utc_now(), key="once",
    ) is None  # fmt: skip


def test_a_refused_recipient_is_final_and_keeps_the_servers_words(parts, smtp):
    smtp.mood.refuse["RCPT"] = "550 5.1.1 nobody here by that name"
    public_id = write()
    assert send(parts, smtp) == 0
    mail = stored(public_id)
    assert (mail.state, mail.fault) == (DEAD, "The mail server said: 550 5.1.1 nobody here by that name")
    assert mail.handed_at is None


@pytest.mark.parametrize(("verb", "answer"), [("RCPT", "451 greylisted"), ("DATA", "452 no room"), ("MAIL", "550 who")])
def test_other_refusals_are_tried_again_later(parts, smtp, verb, answer):
    smtp.mood.refuse[verb] = answer
    public_id = write()
    send(parts, smtp)
    mail = stored(public_id)
    assert mail.state == QUEUED and answer in mail.fault
    assert mail.run_at > utc_now() + timedelta(minutes=1)
    del smtp.mood.refuse[verb]
    mail.run_at = utc_now()
    db.session.commit()
    send(parts, smtp)
    assert stored(public_id).state == DONE


def test_a_dead_server_makes_the_postman_pause_and_loses_nothing(parts):
    with SmtpServer() as gone:
        pass
    public_id = write()
    assert postman.send_once(parts, read_mail_server(gone.url)) == postman.SERVER_PAUSE
    mail = stored(public_id)
    assert mail.state == QUEUED and "did not answer" in mail.fault


def test_a_server_that_hangs_up_after_the_text_gets_the_same_message_again(parts, smtp):
    """It may have kept it or not: only the Message-ID tells its owner that the two are one."""
    smtp.mood.drops_after_text = True
    public_id = write()
    send(parts, smtp)
    mail = stored(public_id)
    assert mail.state == QUEUED and mail.handed_at is not None and mail.sent_at is None
    smtp.mood.drops_after_text = False
    mail.run_at = utc_now()
    db.session.commit()
    send(parts, smtp)
    first, second = smtp.received
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert first.message["Date"] == second.message["Date"]


def test_a_sender_that_lost_its_lease_sends_no_text(app, parts, smtp):
    public_id = write()

    def take_over() -> None:
        with app.app_context():
            assert outbox.take(db.session(), BY_MAIL, utc_now() + outbox.LEASE + timedelta(seconds=1))
            db.session.commit()

    smtp.mood.at_recipient = take_over
    send(parts, smtp)
    assert (smtp.talks, smtp.received, stored(public_id).state) == (1, [], RUNNING)


def test_a_mail_that_waited_for_a_server_for_more_than_a_day_is_not_sent(parts, smtp):
    old, young = write(now=utc_now() - timedelta(hours=25)), write(now=utc_now() - timedelta(hours=23))
    send(parts, smtp)
    assert len(smtp.received) == 1
    assert stored(young).state == DONE
    assert (stored(old).state, stored(old).fault) == (DEAD, outbox.STALE[BY_MAIL])


def test_pauses_grow_and_the_sixth_try_is_the_last():
    public_id, now, pauses = write(), utc_now(), []
    for _ in range(outbox.MAX_TRIES - 1):
        outbox.retry(db.session(), outbox.take(db.session(), BY_MAIL, now), "away", now)
        db.session.commit()
        pauses.append(stored(public_id).run_at - now)
        now = stored(public_id).run_at
    assert pauses == sorted(set(pauses)) and sum(pauses, timedelta()) > timedelta(hours=24)
    outbox.retry(db.session(), outbox.take(db.session(), BY_MAIL, now), "away", now)
    assert stored_state(public_id) == (DEAD, "away")


def stored_state(public_id: str) -> tuple[str, str]:
    db.session.commit()
    mail = stored(public_id)
    return mail.state, mail.fault


def test_two_postmen_send_each_mail_once(app, parts, smtp):
    ids = {write(f"p{number}@example.com") for number in range(20)}
    db.session.remove()
    server = read_mail_server(smtp.url)

    def work() -> None:
        with app.app_context():
            while not postman.send_once(parts, server):
                pass

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.message["Message-ID"] for one in smtp.received) == sorted(f"<{one}@example.com>" for one in ids)


def test_prune_forgets_a_quarter_but_never_a_mail_under_way():
    old, running, young = (write(now=utc_now() - age) for age in (timedelta(91), timedelta(91), timedelta(1)))
    stored(running).state = RUNNING
    outbox.prune(db.session(), utc_now() - outbox.KEPT_FOR)
    db.session.commit()
    assert {mail.public_id for mail in db.session.query(Mail)} == {running, young}
    assert old
