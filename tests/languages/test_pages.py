"""The public pages in the reader's language, and how it is chosen."""

import gzip
import io
from datetime import timedelta

import pytest

from portal.extensions import db
from portal.lib.clock import utc_now
from portal.lib.words import LANGUAGES
from portal.visits.models import Scan
from tests.client import PortalClient
from tests.factories.people import PASSCODE, make_account
from tests.factories.things import make_expiration, make_record, scan_path

ENTER = {
    "en": "Enter the passcode",
    "es": "Introduzca el código de acceso",
    "fr": "Saisissez le code d’accès",
    "de": "Zugangscode eingeben",
    "pl": "Podaj kod dostępu",
    "ar": "أدخل رمز الدخول",
}
ROUND_TRIP = 14 * 1024  # bytes: ten segments of a new connection (RFC 6928)


@pytest.fixture
def path(app):
    with app.app_context():
        account = make_account("Haulage & Sons", country="PL", contact_email="o@example.com")
        boss = make_record(account, "contact", "Bea", email="b@example.com", phone="+48221234567")
        owner = make_record(account, "contact", "Olga", mobile="+48601234567", supervisor_id=boss.id)
        record = make_record(account, name="Truck 7", owner_id=owner.id, odometer=12_345, make="MAN", plate="WX 1")
        make_expiration(record, "insurance", utc_now().date() + timedelta(days=200))
        return scan_path(record)


def body(client, path, language, **kwargs):
    answer = client.get(path, headers={"Accept-Language": language}, **kwargs)
    return answer, answer.get_data(as_text=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_gate_speaks_the_readers_language(client, path, language):
    answer, page = body(client, path, f"{language}-XX,en;q=0.5")
    direction = "rtl" if language == "ar" else "ltr"
    assert f'<html lang="{language}" dir="{direction}">' in page and f"<h1>{ENTER[language]}</h1>" in page
    assert answer.headers["Content-Language"] == language
    assert {"Accept-Language", "Cookie"} <= set(answer.vary)
    assert all(f'hreflang="{code}" lang="{code}"' in page and name in page for code, name in LANGUAGES.items())
    assert f'lang="{language}" aria-current="true"' in page


def test_the_words_of_the_source_are_exact_in_english(app, client, path):
    assert "<strong>Invalid passcode</strong>" in client.post(path, data={"passcode": "0001"}).get_data(as_text=True)
    with app.app_context():
        closed = scan_path(make_record(make_account("Cranes", passcode="")))
    assert "<h1>You must assign passcode.</h1>" in client.get(closed).get_data(as_text=True)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", ["Versicherung", "in 200 Tagen", "Alle Papiere gültig", "Bescheid geben", "601 234 567"]),
        ("pl", ["Ubezpieczenie", "za 200 dni", "Wszystkie dokumenty ważne", "601 234 567"]),
        ("ar", ["التأمين", "بعد 200 يوم", "جميع الوثائق سارية", "601 234 567"]),
        ("fr", ["Assurance", "dans 200 jours", "Responsable", "Prévenir le propriétaire"]),
    ],
)
def test_the_record_speaks_the_readers_language(client, path, language, words):
    client.post(path, data={"passcode": PASSCODE})
    _, page = body(client, path, language)
    assert [word for word in words if word not in page] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_whole_in_one_round_trip(client, path, language):
    client.post(path, data={"passcode": PASSCODE})
    for place in (path, f"{path}/message", "/"):
        answer = client.get(place, headers={"Accept-Language": language, "Accept-Encoding": "gzip"})
        head = sum(len(name) + len(value) + 4 for name, value in answer.headers)
        assert answer.headers["Content-Encoding"] == "gzip" and gzip.decompress(answer.data)
        assert len(answer.data) + head < ROUND_TRIP


def test_the_switch_counts_more_than_the_browser_and_is_kept(client, path):
    answer = client.get(f"{path}?lang=pl", headers={"Accept-Language": "de"})
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    assert "Secure; HttpOnly; Path=/; SameSite=Lax" in answer.headers["Set-Cookie"]
    _, page = body(client, path, "de")
    assert ENTER["pl"] in page
    client.get(f"{path}?lang=en")
    assert ENTER["en"] in body(client, path, "de")[1]


def test_the_switch_keeps_the_rest_of_the_address_and_its_links_too(client):
    answer = client.get("/?code=K7%262&lang=fr&lang=de")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?code=K7%262")
    assert 'href="?code=K7%262&amp;lang=es"' in client.get("/?code=K7%262").get_data(as_text=True)


@pytest.mark.parametrize("place", ["//evil.example/?lang=pl", "/\\evil.example?lang=pl", "/%2F/evil.example?lang=pl"])
def test_the_switch_leads_to_no_other_site(client, place):
    answer = client.get(place)
    location = answer.headers.get("Location", "/")
    assert location.startswith("/") and not location.startswith(("//", "/\\"))


@pytest.mark.parametrize("place", ["/?lang=xx", "/?lang=", "/sign-in?lang=pl", "/healthz?lang=pl"])
def test_only_public_pages_and_known_languages_are_switched(client, place):
    answer = client.get(place)
    assert answer.status_code == 200 and "lang=" not in answer.headers.get("Set-Cookie", "")


def test_switching_logs_no_scan(app, client, path):
    client.get(f"{path}?lang=pl")
    log = app.extensions["scan_log"]
    log.flush()
    with app.app_context():
        assert db.session.query(Scan).count() == 0


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "There is nothing here"), ("pl", "Tu niczego nie ma"), ("ar", "لا يوجد شيء هنا")],
)
def test_errors_speak_the_readers_language(client, language, title):
    answer, page = body(client, "/nowhere", language)
    assert answer.status_code == 404 and f"<h1>{title}</h1>" in page
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in page
    assert answer.headers["Content-Language"] == language and "Accept-Language" in answer.vary
    assert client.get("/nowhere?lang=fr").status_code == 303
    assert "Il n’y a rien ici" in body(client, "/nowhere", language)[1]


def test_programs_read_english(client):
    assert client.get("/api/nothing", headers={"Accept-Language": "pl"}).json["title"] == "There is nothing here"


def test_pages_for_people_who_sign_in_are_english(client):
    answer = client.get("/sign-in", headers={"Accept-Language": "pl"})
    assert '<html lang="en">' in answer.get_data(as_text=True)


def test_a_form_with_faults_names_them_in_the_readers_language(client, path):
    client.post(path, data={"passcode": PASSCODE})
    typed = {"reason": "", "contact": "12", "text": "x" * 2001}
    answer = client.post(f"{path}/message", data=typed, headers={"Accept-Language": "de"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for sentence in ("Wählen Sie, worum es geht.", "Höchstens 2.000 Zeichen; dies sind 2.001.", "zum Beispiel +48"):
        assert sentence in page
    photo = {"reason": "found", "photo": (io.BytesIO(b"<svg></svg>"), "a.svg")}
    refused = client.post(f"{path}/message", data=photo, headers={"Accept-Language": "pl"})
    assert "Rysunki SVG nie są przyjmowane" in refused.get_data(as_text=True)


def test_two_readers_at_once_keep_their_languages(app, path):
    one, other = PortalClient(app), PortalClient(app)
    pages = [body(client, path, language)[1] for _ in range(3) for client, language in ((one, "pl"), (other, "ar"))]
    assert [ENTER["pl"] in page for page in pages] == [True, False] * 3
