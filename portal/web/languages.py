"""The reader's language: from the cookie of the switch, else from what the browser asks for, else English.

Pages of people who sign in are English; public pages, errors and mails are said in the reader's words.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Flask, Response, has_request_context, redirect, request
from flask_babel import Babel, force_locale, get_locale, get_translations
from werkzeug.wrappers import Response as AnyResponse

from portal.lib.words import LANGUAGES, Words, best_language
from portal.web.context import portal

PARAMETER = "lang"
YEAR = 31_536_000

babel = Babel()


@dataclass(frozen=True)
class Switch:
    """One link of the switch."""

    language: str
    name: str
    href: str
    is_current: bool


def bind(app: Flask) -> None:
    """Gives templates ``_`` and ``ngettext``, and lets ``?lang=`` be chosen."""
    babel.init_app(app, default_locale="en", locale_selector=_choose)
    app.before_request(follow_switch)


def words() -> Words:
    """The words for whoever reads the page or mail that is being written."""
    return Words(str(get_locale() or "en"), get_translations())


@contextmanager
def speaking(language: str) -> Iterator[Words]:
    """Writes in another language for a while, with or without a request."""
    with force_locale(language):
        yield words()


def switches() -> list[Switch]:
    """Links to the same page in every language; the rest of its query stays."""
    current = words().language
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != PARAMETER]
    return [
        Switch(code, name, f"?{urlencode([*kept, (PARAMETER, code)])}", code == current)
        for code, name in LANGUAGES.items()
    ]


def has_switch() -> bool:
    """Whether the language of this request's page can be chosen: on public pages and where no page is."""
    return "public" in request.blueprints or not request.endpoint


def follow_switch() -> AnyResponse | None:
    """Keeps the chosen language in a cookie, the only state of it, and leads back to the page without the choice."""
    chosen = request.args.get(PARAMETER, "")
    if request.method not in ("GET", "HEAD") or chosen not in LANGUAGES or not has_switch():
        return None
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != PARAMETER]
    answer = redirect("/" + request.path.lstrip("/") + (f"?{urlencode(kept)}" if kept else ""), 303)
    answer.set_cookie(
        _cookie(), chosen, max_age=YEAR, path="/", secure=portal().settings.is_https, httponly=True, samesite="Lax"
    )
    return answer


def mark(answer: Response) -> None:
    """Says in which language a page is, and what decided it."""
    answer.content_language.add(words().language)
    answer.vary.update(("Accept-Language", "Cookie"))


def _choose() -> str:
    if not has_request_context():
        return "en"
    kept = request.cookies.get(_cookie(), "")
    return kept if kept in LANGUAGES else best_language(request.accept_languages)


def _cookie() -> str:
    return "__Host-lang" if portal().settings.is_https else "lang"
