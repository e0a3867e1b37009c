"""Text messages from the outbox to a real HTTP gateway: what it gets, what is tried again, what is given up."""

import base64
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from portal import postman
from portal.accounts.models import AuthSession
from portal.extensions import db
from portal.jobs import mails, outbox
from portal.jobs.models import BY_SMS, DEAD, DONE, QUEUED, RUNNING, Mail
from portal.lib import sms
from portal.lib.clock import utc_now
from portal.lib.mailserver import read_mail_server
from portal.lib.smsgateway import read_sms_gateway
from tests.decoding import read_png
from tests.factories.people import make_account, make_member
from tests.gateway import SmsServer
from tests.smtp import SmtpServer

TEXT = "Zażółć: your code is BCDF-GHJK-LMNP"


@pytest.fixture
def parts(app):
    with app.app_context():
        yield app.extensions["portal"]


@pytest.fixture
def gateway():
    with SmsServer() as server:
        yield server


def write(number: str = "+48601234567", **values) -> str:
    row = mails.post_sms(
        db.session(), **{"account_id": None, "kind": "test", "number": number, "subject": "Code", "text": TEXT,
        "now": utc_now()} | values,
    )  # fmt: skip
    db.session.commit()
    return row.public_id


def stored(public_id: str) -> Mail:
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(Mail).filter_by(public_id=public_id).one()


def send(parts, url: str, header: str = "") -> float:
    db.session.rollback()
    return postman.send_once(parts, read_sms_gateway(url, header))


def test_the_gateway_gets_number_and_text_as_json(parts, gateway):
    public_id = write()
    assert send(parts, gateway.url + "?token=t0ken") == 0
    (got,) = gateway.received
    assert got.body == {"to": "+48601234567", "text": TEXT}
    assert got.path == "/messages?token=t0ken"
    assert got.headers["Content-Type"] == "application/json" and got.headers["Idempotency-Key"] == public_id
    assert "Authorization" not in got.headers
    mail = stored(public_id)
    assert (mail.state, mail.fault, mail.channel) == (DONE, "", BY_SMS)
    assert mail.handed_at <= mail.sent_at


def test_user_and_password_of_the_address_or_a_header_are_the_authorization(parts, gateway):
    write()
    write()
    send(parts, gateway.url.replace("//", "//ada:p%40ss@"))
    send(parts, gateway.url, "Bearer abc")
    first, second = (got.headers["Authorization"] for got in gateway.received)
    assert base64.b64decode(first.removeprefix("Basic ")) == b"ada:p@ss"
    assert second == "Bearer abc"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 422])
def test_a_refusal_is_final_and_says_what_to_do(parts, gateway, status):
    gateway.mood.status, gateway.mood.body = status, b"the key was s3cret"
    public_id = write()
    assert send(parts, gateway.url) == 0
    mail = stored(public_id)
    assert mail.state == DEAD and f"The SMS gateway answered {status} " in mail.fault
    assert ("PORTAL_SMS_URL" in mail.fault) == (status in sms.SETTING_IS_WRONG)
    assert ("Check the number" in mail.fault) == (status not in sms.SETTING_IS_WRONG)
    assert "s3cret" not in mail.fault


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503, 599])
def test_what_may_pass_is_tried_again_under_the_same_name(parts, gateway, status):
    gateway.mood.status = status
    public_id = write()
    assert send(parts, gateway.url) == postman.SERVER_PAUSE
    mail = stored(public_id)
    assert mail.state == QUEUED and str(status) in mail.fault
    assert mail.run_at > utc_now() + timedelta(minutes=1)
    gateway.mood.status = 200
    mail.run_at = utc_now()
    db.session.commit()
    send(parts, gateway.url)
    assert stored(public_id).state == DONE
    first, second = (got.headers["Idempotency-Key"] for got in gateway.received)
    assert first == second == public_id


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(parts, gateway, status):
    with SmsServer() as elsewhere:
        gateway.mood.status, gateway.mood.headers = status, {"Location": elsewhere.url}
        public_id = write()
        send(parts, gateway.url, "Bearer s3cret")
        assert elsewhere.received == []
    mail = stored(public_id)
    assert mail.state == DEAD and "not followed" in mail.fault


def test_a_slow_gateway_is_left_in_time_and_tried_again(parts, gateway, monkeypatch):
    monkeypatch.setattr(sms, "ANSWER_SECONDS", 0.2)
    gateway.mood.answers.clear()
    public_id = write()
    assert send(parts, gateway.url) == postman.SERVER_PAUSE
    mail = stored(public_id)
    assert (mail.state, mail.fault) == (QUEUED, "The SMS gateway did not answer (no answer in time).")
    assert mail.handed_at is not None and mail.sent_at is None


def test_a_gateway_that_drips_is_left_in_time_too(parts, gateway, monkeypatch):
    monkeypatch.setattr(sms, "TALK_SECONDS", 0.3)
    gateway.mood.drips = True
    public_id = write()
    assert send(parts, gateway.url) == postman.SERVER_PAUSE
    assert stored(public_id).state == QUEUED


def test_a_gateway_that_hangs_up_or_is_gone_loses_nothing(parts, gateway):
    gateway.mood.hangs_up = True
    hung_up = write()
    send(parts, gateway.url)
    with SmsServer() as gone:
        pass
    refused = write()
    assert send(parts, gone.url) == postman.SERVER_PAUSE
    assert stored(hung_up).state == stored(refused).state == QUEUED
    assert stored(refused).handed_at is None and "did not answer" in stored(refused).fault


def test_https_needs_a_certificate_that_holds(parts, gateway):
    public_id = write()
    send(parts, gateway.url.replace("http:", "https:"))
    assert stored(public_id).state == QUEUED and gateway.received == []


@pytest.mark.parametrize("number", ["", "601234567", "+0601", "+48 601", "olga@example.com", "+48601234567,+48600"])
def test_what_is_no_number_is_given_up_at_once_and_says_so(parts, gateway, number):
    mail = stored(write(number))
    assert mail.state == DEAD and "not a phone number" in mail.fault
    send(parts, gateway.url)
    assert gateway.received == []


def test_a_text_too_long_to_travel_is_never_cut():
    with pytest.raises(ValueError, match="1601 characters"):
        mails.post_sms(
            db.session, account_id=None, kind="test", number="+48601234567", subject="", text="x" * 1601, now=utc_now()
        )


def test_a_key_writes_one_message(parts):
    write(key="once")
    values = {"account_id": None, "kind": "test", "number": "+48601234567", "subject": "", "text": "", "now": utc_now()}
    assert mails.post_sms(db.session(), key="once", **values) is None


def test_mails_and_text_messages_keep_to_their_own_servers(parts, gateway):
    message = write()
    mail = mails.post(
        db.session(), account_id=None, kind="test", recipient="olga@example.com", subject="Truck 7", text_body="Hello",
        html_body="", now=utc_now(),
    ).public_id  # fmt: skip
    db.session.commit()
    with SmtpServer() as smtp:
        postman.send_once(parts, read_mail_server(smtp.url))
        assert (stored(mail).state, stored(message).state) == (DONE, QUEUED)
        postman.send_once(parts, read_mail_server(smtp.url))
        assert smtp.talks == 1
    send(parts, gateway.url)
    assert stored(message).state == DONE


def test_a_slow_gateway_keeps_no_mail_waiting(app, settings, gateway):
    """Each server that is set up has a postman of its own."""
    gateway.mood.answers.clear()
    stop = threading.Event()
    with app.app_context(), SmtpServer() as smtp:
        own = replace(settings, sms_gateway=read_sms_gateway(gateway.url), mail_server=read_mail_server(smtp.url))
        write()
        mails.post(
            db.session(), account_id=None, kind="test", recipient="olga@example.com", subject="Truck 7",
            text_body="Hello", html_body="", now=utc_now(),
        )  # fmt: skip
        db.session.commit()
        threads = [threading.Thread(target=postman.run, args=(app, server, stop)) for server in postman.servers(own)]
        assert len(threads) == 2
        for thread in threads:
            thread.start()
        try:
            assert gateway.mood.taken.wait(20) and smtp.mood.text_taken.wait(20)
        finally:
            gateway.mood.answers.set()
            stop.set()
            for thread in threads:
                thread.join()


def test_without_servers_there_is_no_postman(settings):
    assert postman.servers(settings) == ()


def test_a_message_that_waited_for_a_gateway_for_more_than_a_day_is_not_sent(parts, gateway):
    public_id = write(now=utc_now() - timedelta(hours=25))
    send(parts, gateway.url)
    assert (stored(public_id).state, stored(public_id).fault) == (DEAD, outbox.STALE[BY_SMS])
    assert gateway.received == []


def test_a_sender_that_lost_its_lease_sends_nothing(parts, gateway):
    public_id = write()
    taken = outbox.take(db.session(), BY_SMS, utc_now())
    db.session.commit()
    assert outbox.take(db.session(), BY_SMS, utc_now() + outbox.LEASE + timedelta(seconds=1))
    db.session.commit()

    def before_text() -> None:
        outbox.hand_over(db.session(), taken, utc_now())

    with pytest.raises(outbox.LeaseLost):
        sms.deliver(
            read_sms_gateway(gateway.url), number=taken.recipient, text=taken.text_body, name=public_id,
            before_text=before_text,
        )  # fmt: skip
    assert gateway.received == [] and stored(public_id).state == RUNNING


def test_no_secret_stands_in_the_log(parts, gateway):
    gateway.mood.status = 500
    write()
    with capture_logs() as lines:
        send(parts, gateway.url.replace("//", "//ada:s3cret@") + "?token=t0ken")
        gateway.mood.status = 422
        write()
        send(parts, gateway.url, "Bearer s3cret")
    words = repr(lines)
    assert len(lines) >= 2 and not {word for word in ("s3cret", "t0ken", "BCDF", "48601234567") if word in words}


def test_without_a_gateway_the_page_shows_channel_number_and_text(app, client):
    with app.app_context():
        account = make_account()
        make_member(account, "ada@example.com")
        public_id = write(account_id=account.id, subject="Code for <b>Olga</b>")
    client.sign_in("ada@example.com")
    page = client.get("/admin/settings/outgoing-mail").text
    assert "PORTAL_SMS_URL" in page and "kept, not sent" in page
    assert "SMS to +48601234567" in page and "Code for &lt;b&gt;Olga&lt;/b&gt;" in page
    text = client.get(f"/admin/settings/outgoing-mail/{public_id}").text
    assert "BCDF-GHJK-LMNP" in text and "+48601234567" in text and "<dd>SMS</dd>" in text
    assert "Answers go to" not in text


def test_with_a_gateway_the_page_names_its_host_only(app, client):
    with app.app_context():
        account = make_account()
        make_member(account, "ada@example.com")
        write(account_id=account.id)
    own = app.extensions["portal"]
    gateway = read_sms_gateway("https://ada:s3cret@sms.example.com/t0ken-path")
    app.extensions["portal"] = replace(own, settings=replace(own.settings, sms_gateway=gateway))
    client.sign_in("ada@example.com")
    page = client.get("/admin/settings/outgoing-mail").text
    assert "sms.example.com" in page and "waiting" in page and "kept, not sent" not in page
    assert "s3cret" not in page and "t0ken" not in page and "PORTAL_SMS_URL" not in page


def secret_of(app, text: str) -> mails.Secret:
    return mails.Secret(app.extensions["portal"].key_ring, text)


def test_a_secret_is_sealed_until_it_is_sent_and_then_forgotten(app, parts, gateway):
    public_id = write(text=f"Your code: {mails.SECRET_MARK}", secret=secret_of(app, "BCDF-GHJK-LMNP"))
    row = stored(public_id)
    kept = " ".join(str(getattr(row, column.key)) for column in Mail.__table__.columns)
    assert "BCDF" not in kept and "BCDF" not in repr(secret_of(app, "BCDF"))
    send(parts, gateway.url)
    assert gateway.received[0].body["text"] == "Your code: BCDF-GHJK-LMNP"
    row = stored(public_id)
    assert (row.state, row.sealed_secret) == (DONE, "")
    assert mails.opened(parts.key_ring, row).text == f"Your code: {mails.FORGOTTEN}"


def test_a_mail_carries_its_secret_as_text_link_and_symbol(app, parts):
    link = 'https://qr.example.com/app#v=1&k=pair&t="<b>'
    public_id = mails.post(
        db.session(), account_id=None, kind="test", recipient="olga@example.com", subject="Truck 7",
        text_body=f"Open {mails.SECRET_MARK}", html_body=f'<a href="{mails.SECRET_MARK}">Open</a>', now=utc_now(),
        secret=secret_of(app, link), symbol_name="pairing.png",
    ).public_id  # fmt: skip
    db.session.commit()
    with SmtpServer() as smtp:
        postman.send_once(parts, read_mail_server(smtp.url))
        bodies, picture = smtp.received[0].message.iter_parts()
    text, html = bodies.iter_parts()
    assert text.get_content().strip() == f"Open {link}"
    assert html.get_content().strip() == (
        '<a href="https://qr.example.com/app#v=1&amp;k=pair&amp;t=&quot;&lt;b&gt;">Open</a>'
    )
    assert (picture.get_filename(), picture.get_content_type()) == ("pairing.png", "image/png")
    assert read_png(picture.get_content()) == [link]
    assert stored(public_id).sealed_secret == ""


def test_the_page_shows_the_secret_of_a_message_that_waits(app, client):
    with app.app_context():
        account = make_account()
        make_member(account, "ada@example.com")
        public_id = write(
            account_id=account.id, text=f"Code {mails.SECRET_MARK}", secret=secret_of(app, "BCDF-GHJK-LMNP")
        )
    client.sign_in("ada@example.com")
    assert "Code BCDF-GHJK-LMNP" in client.get(f"/admin/settings/outgoing-mail/{public_id}").text
    with app.app_context():
        db.session.query(AuthSession).update({"fresh_at": datetime.now(UTC) - timedelta(minutes=16)})
        db.session.commit()
    late = client.get(f"/admin/settings/outgoing-mail/{public_id}", follow_redirects=True).text
    assert "BCDF" not in late and "Confirm that it is you" in late
