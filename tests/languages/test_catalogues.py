"""Every text that a reader can meet stands in every catalogue, with the same values in it."""

import re
from collections import Counter

import pytest

from portal.lib.words import LANGUAGES
from tests.conventions.tree import ROOT
from tests.languages.reading import bare_texts, script

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
PUBLIC = sorted(
    path
    for pattern in ("gate/*.html", "errors/*.html", "layouts/public.html", "components/languages.html", "emails/**/*.*")
    for path in (ROOT / "templates").glob(pattern)
    if path.name not in ("gate_settings.html", "qr_portal.html")
)


def texts_of(message):
    return message.string if isinstance(message.string, tuple | list) else (message.string,)


@pytest.fixture(scope="module")
def template():
    return script.extract()


def test_the_catalogues_are_those_of_the_switch():
    assert ("en", *script.LANGUAGES) == tuple(LANGUAGES)


@pytest.mark.parametrize("language", script.LANGUAGES)
def test_every_text_is_translated_with_its_values(template, language):
    catalogue = script.read(language)
    missing, other_values = [], []
    for source in filter(lambda message: message.id, template):
        message = catalogue.get(source.id)
        if message is None or message.fuzzy or not all(texts_of(message)):
            missing.append(source.id)
            continue
        ids = source.id if isinstance(source.id, tuple) else (source.id,)
        wanted = set(PLACEHOLDER.findall(ids[-1]))
        for text in texts_of(message):
            found = set(PLACEHOLDER.findall(text))
            # "One day" and "two days" of some languages are words without a figure.
            if found | ({"num"} if len(ids) > 1 else set()) != wanted:
                other_values.append((source.id, text))
    assert len(list(template)) > 200
    assert (missing, other_values) == ([], [])


@pytest.mark.parametrize("language", script.LANGUAGES)
def test_no_text_is_left_over_and_the_compiled_file_is_fresh(template, language):
    catalogue = script.read(language)
    known = {message.id for message in template if message.id}
    assert [message.id for message in catalogue if message.id and message.id not in known] == []
    compiled = script.catalogue_path(language).with_suffix(".mo").read_bytes()
    assert compiled == script.compiled(catalogue), "run script/translations"


@pytest.mark.parametrize("language", script.LANGUAGES)
def test_texts_differ_from_english(language):
    """A catalogue filled with English would pass the tests above."""
    messages = [message for message in script.read(language) if message.id]
    same = [message.id for message in messages if texts_of(message)[0] == message.id]
    assert len(same) < 20, same
    assert Counter(bool(message.string) for message in messages)[True] == len(messages)


@pytest.mark.parametrize("path", PUBLIC, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_public_template_shows_bare_english(path):
    assert bare_texts(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Hello there</p>", ["Hello there"]),
        ("<p>{{ _('Hello there') }}</p>", []),
        ("<p>{{ 'Expired' if over else _('Valid') }}</p>", ["Expired"]),
        ('<img alt="Photo of {{ name }}">', ["Photo of 0"]),
        ("{% set title = 'Tell the owner' %}{{ title }}", ["Tell the owner"]),
        ('<script>show("Looking for it");</script>', ['"Looking for it"']),
        ("<p>{{ _('By %(name)s', name='Some body') }}</p>", ["Some body"]),
        ("<style>p { color: red }</style><p>{{ total }} %</p>", []),
        ("{% if a %}<p>lower case</p>{% endif %}", ["lower case"]),
    ],
)
def test_the_search_for_bare_english_finds_it(source, found):
    assert bare_texts(source) == found
