"""The words of a mail: ``templates/emails/<room>/<name>.txt`` and ``.html`` on one plain layout. Nothing is sent here.

A mail's templates extend ``emails/layout.txt`` and ``emails/layout.html`` and fill ``content``; ``why`` may say why
the reader gets it. Values every mail may give: ``account_name`` (whom it comes from); ``words`` are the
language's.
"""

from typing import Any

from flask import current_app

from portal.web import languages


def render(template: str, *, language: str = "en", **values: Any) -> tuple[str, str]:
    """The text and the HTML of a mail, for ``jobs.mails.post``. ``template`` is ``<room>/<name>``.

    English unless the reader's language is known, which it is of visitors who were answered.

    Needs an app context, not a request, so that the worker can write mails: templates get the given values alone.
    """
    templates = [current_app.jinja_env.get_template(f"emails/{template}.{ending}") for ending in ("txt", "html")]
    with languages.speaking(language) as words:
        text, html = (one.render({"account_name": "", "words": words} | values) for one in templates)
    return _plain_lines(text), html.strip() + "\n"


def _plain_lines(text: str) -> str:
    """Lines without spaces at their ends (but a signature's mark: RFC 3676, section 4.3), no two empty in a row."""
    lines: list[str] = []
    for line in map(str.rstrip, text.strip().splitlines()):
        if line or (lines and lines[-1]):
            lines.append("-- " if line == "--" else line)
    return "\n".join(lines) + "\n"
