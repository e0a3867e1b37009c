"""Counts, numbers, days and moments as each language writes them."""

from datetime import UTC, date, datetime

import pytest
from babel.support import Translations

from portal.lib.words import ENGLISH, Words, best_language
from portal.records.expirations import when
from tests.conventions.tree import ROOT


def words(language):
    return Words(language, Translations.load(str(ROOT / "translations"), [language]))


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ([], "en"),
        ([("es-MX", 1.0), ("en", 0.5)], "es"),
        ([("ja", 1.0), ("pl", 0.9)], "pl"),
        ([("DE_at", 1.0)], "de"),
        ([("ar-EG", 1.0)], "ar"),
        ([("fr", 0.0), ("ja", 1.0)], "en"),
        ([("*", 1.0)], "en"),
        ([("en-GB", 1.0), ("de", 0.9)], "en"),
    ],
)
def test_the_first_language_that_we_have(wanted, language):
    assert best_language(wanted) == language


@pytest.mark.parametrize(
    ("language", "number", "day", "moment"),
    [
        ("en", "12,345", "3 March 2026", "3 Mar 2026, 15:05"),
        ("es", "12.345", "3 de marzo de 2026", "3 mar 2026, 15:05"),
        ("fr", "12\u202f345", "3 mars 2026", "3 mars 2026, 15:05"),
        ("de", "12.345", "3. März 2026", "03.03.2026, 15:05"),
        ("pl", "12\xa0345", "3 marca 2026", "3 mar 2026, 15:05"),
        ("ar", "12,345", "3 مارس 2026", "03\u200f/03\u200f/2026، 3:05 م"),
    ],
)
def test_figures_and_days(language, number, day, moment):
    said = words(language)
    at = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
    assert (said.number(12_345), said.day(date(2026, 3, 3)), said.moment(at, "Europe/Warsaw")) == (number, day, moment)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["in 1 day", "in 2 days", "in 5 days", "in 22 days", "5 days ago", "today"]),
        ("pl", ["za 1 dzień", "za 2 dni", "za 5 dni", "za 22 dni", "5 dni temu", "dziś"]),
        ("de", ["in 1 Tag", "in 2 Tagen", "in 5 Tagen", "in 22 Tagen", "vor 5 Tagen", "heute"]),
        ("ar", ["بعد يوم واحد", "بعد يومين", "بعد 5 أيام", "بعد 22 يومًا", "قبل 5 أيام", "اليوم"]),
    ],
)
def test_distances_take_the_form_of_their_number(language, said):
    today = date(2026, 3, 10)
    days = [date(2026, 3, day) for day in (11, 12, 15)] + [date(2026, 4, 1), date(2026, 3, 5), today]
    assert [when(day, today, words(language)) for day in days] == said


@pytest.mark.parametrize(
    ("seconds", "english", "polish"),
    [
        (1, "1 second", "1 sekundę"),
        (119, "119 seconds", "119 sekund"),
        (120, "2 minutes", "2 minuty"),
        (301, "6 minutes", "6 minut"),
        (7_200, "2 hours", "2 godziny"),
        (18_001, "6 hours", "6 godzin"),
    ],
)
def test_waits_are_rounded_up(seconds, english, polish):
    assert (ENGLISH.wait(seconds), words("pl").wait(seconds)) == (english, polish)


def test_a_latin_name_does_not_turn_arabic_words_over():
    said = words("ar").say("Your message goes to %(company)s and to nobody else.", company="Acme (UK)")
    assert "\u2068Acme (UK)\u2069" in said
    assert "\u2068" not in words("de").say("Call %(phone)s", phone="1")


def test_a_text_without_values_keeps_its_percent_sign():
    assert ENGLISH.say("100 %") == "100 %"
