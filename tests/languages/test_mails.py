"""Every mail in all six languages, in text and in HTML."""

import re
from datetime import date
from types import SimpleNamespace

import pytest

from portal.accounts.models import Account
from portal.enrollment import pauses, replacements, replays
from portal.extensions import db
from portal.gate.views import alerts
from portal.jobs.models import Mail
from portal.lib.words import LANGUAGES
from portal.records import reminders
from portal.records.expirations import when
from portal.records.reminders import Item
from portal.visits import messages, sightings
from portal.visits.messages import REASONS
from portal.visits.models import Message
from portal.web import languages, mailer
from tests.conventions.tree import ROOT
from tests.factories.people import PASSCODE, make_account, make_member
from tests.factories.things import make_record, scan_path

TODAY = date(2026, 3, 10)
NAME = "Truck <7>"


def values(words):
    """What each mail is given, by template."""
    days = {"overdue": date(2026, 3, 8), "today": TODAY, "soon": date(2026, 3, 15)}
    items = [
        Item(NAME, "V-7", "insurance", day, when(day, TODAY, words), "Olga", state, "https://qr.example.com/r")
        for state, day in days.items()
    ]
    message = SimpleNamespace(text="Hi", sender_name="Vera", sender_contact="v@example.com", photo_key="k")
    attack = {"budget": 100, "thing_name": NAME, "thing_tag": "V-7", "page_href": "https://qr.example.com/g"}
    reason = words.say(REASONS["blocking"])
    seen = {"name": NAME, "tag": "V-7", "state": words.say("lost"), "at": "x", "browser": "Unknown browser"}
    install = {"device_name": NAME, "link": "https://qr.example.com/app#v=1", "code": "BCDF-GHJK-LMNP"}
    pairing = {
        "name": NAME,
        "href": "https://qr.example.com/app#v=1",
        "public_url": "https://qr.example.com",
        "sender": "7",
    }
    again = {"device_name": NAME, "browser": "Unknown browser", "at": "x", "page_href": "https://qr.example.com/d"}
    return {
        "devices/reuse": [{"device_name": NAME, "page_href": "https://qr.example.com/d"}],
        "enrollment/replay": [again],
        "enrollment/replaced": [again],
        "enrollment/pause": [{"host": NAME, "count": 60, "until": "x", "page_href": "https://qr.example.com/d"}],
        "enrollment/installation_code": [install | {"host": "qr.example.com", "expires": "29 Nov"}],
        "enrollment/pairing_qr": [pairing | {"username": username} for username in ("", "olga@example.com")],
        "gate/attack": [attack | {"percent": percent, "spent": percent} for percent in (0, 25, 100)],
        "records/reminders": [{"subject": reminders.headline(items, words), "items": items}],
        "visits/answer": [{"text": "Yes", "record": NAME, "reason": reason, "said": "Hi"}],
        "visits/message": [
            {"record": NAME, "reason": reason, "message": message, "can_reply": can, "place": "1, 2", "href": "h"}
            | {"is_last": can}
            for can in (True, False)
        ],
        "visits/sighting": [
            seen | {"is_admitted": is_in, "record_url": "u", "is_last": is_in} for is_in in (True, False)
        ],
    }


def subjects(words):
    return {
        alerts.subject("Acme", NAME, 0, words),
        alerts.subject("Acme", NAME, 25, words),
        alerts.subject("Acme", NAME, 100, words),
        replays.subject("Acme", words),
        replacements.subject(NAME, words),
        pauses.subject("qr.example.com", words),
        sightings.subject(NAME, "stolen", words),
        messages.subject(NAME, "damaged", words),
    }


def all_mails(language):
    with languages.speaking(language) as words:
        given = values(words)
        said = subjects(words)
    return given, said


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_is_written(app, language):
    with app.app_context():
        given, _ = all_mails(language)
        for template, cases in given.items():
            for case in cases:
                text, html = mailer.render(template, language=language, account_name="Acme", **case)
                assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in html
                assert "Truck &lt;7&gt;" in html and NAME in text and "<bdi>" not in text
                assert "%(" not in text + html and not re.search(r"[^ %]%%", text + html)
    folder = ROOT / "templates" / "emails"
    names = {str(path.relative_to(folder).with_suffix("")) for path in folder.glob("*/*.txt")}
    assert names == set(given), "a mail is not among those that this test writes"


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_nothing_of_a_mail_stays_english(app, language):
    with app.app_context():
        english, english_subjects = all_mails("en")
        given, said = all_mails(language)
        assert not english_subjects & (said - {messages.subject(NAME, "damaged")})
        for template, cases in given.items():
            for case, same in zip(cases, english[template], strict=True):
                ours = mailer.render(template, language=language, **case)[0].splitlines()
                theirs = mailer.render(template, **same)[0].splitlines()
                kept = {line for line in ours if line in theirs and re.search(r"[a-z]{3} [a-z]", line)}
                assert kept == set()


def test_a_request_in_one_language_writes_mails_in_another(app):
    with app.test_request_context(headers={"Accept-Language": "pl"}):
        assert languages.words().language == "pl"
        assert "You wrote about" in mailer.render("visits/answer", text="", record="", reason="", said="")[0]
        assert languages.words().language == "pl"


def test_an_answer_is_written_in_the_visitors_language(app, client):
    with app.app_context():
        account = make_account("Haulage", contact_email="office@example.com")
        make_member(account, email="ann@example.com")
        path = scan_path(make_record(account, name="Truck 7"))
        account_id = account.id
    client.post(path, data={"passcode": PASSCODE})
    typed = {"reason": "blocking", "contact": "vera@example.com"}
    assert client.post(f"{path}/message", data=typed, headers={"Accept-Language": "de"}).status_code == 303
    with app.app_context():
        message = db.session.query(Message).one()
        assert (message.language, db.session.query(Mail).one().subject) == ("de", "Truck 7: Blocking the way")
        public_id, seen = message.public_id, message.changed_at.isoformat()
        assert db.session.get(Account, account_id)
    client.sign_in("ann@example.com")
    client.submit(f"/admin/messages/{public_id}/answer", {"text": "Danke!", "seen": seen})
    with app.app_context():
        answer = db.session.query(Mail).filter(Mail.recipient == "vera@example.com").one()
        assert answer.subject == "Re: Truck 7: Versperrt den Weg"
        assert "Sie haben zu Truck 7 geschrieben: Versperrt den Weg" in answer.text_body
        assert '<html lang="de"' in answer.html_body
