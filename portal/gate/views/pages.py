"""The public pages as answers: templates, statuses and words. One round trip each: the stylesheet stands inside."""

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from flask import Response, current_app, render_template, request, url_for
from markupsafe import Markup
from werkzeug.exceptions import NotFound

from portal.gate.queries import Look, ShownExpiration, Thing
from portal.gate.record_page import card_of, record_page
from portal.gate.throttle import ACCOUNT, STICKER, Refusal
from portal.gate.views.member import Member
from portal.lib.clock import local, today_in
from portal.lib.images import card_jpeg
from portal.lib.phones import show_phone, tel_link
from portal.lib.vcard import vcard
from portal.lib.words import Words
from portal.stickers import tokens
from portal.web import languages
from portal.web.context import now, portal
from portal.web.headers import csp_nonce

_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_ACCENT = re.compile("#[0-9a-fA-F]{6}")


def public_page(template: str, status: int, *, accent: str = "", **values: object) -> Response:
    """A page of its own small stylesheet under the strictest policy that shows it."""
    page = render_template(
        template,
        stylesheet=stylesheet(),
        accent=accent if _ACCENT.fullmatch(accent) else "",
        words=languages.words(),
        switches=languages.switches(),
        **values,
    )
    answer = Response(page, status, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = _POLICY.format(nonce=csp_nonce())
    languages.mark(answer)
    return answer


def stylesheet() -> Markup:
    """The public stylesheet, as it goes into the head."""
    return _read_stylesheet(Path(current_app.static_folder or "static") / "css" / "public.css")


def show_home(typed: str) -> Response:
    """The form for a typed code; what could not be read is kept in it."""
    return public_page("gate/home.html", 400 if typed else 200, typed=typed[:60])


def show_unknown() -> Response:
    """One page for unknown codes, forged seals, seals of other companies and plain nonsense."""
    words = languages.words()
    return public_page(
        "gate/closed.html",
        404,
        company=None,
        logo_href="",
        title=words.say("This code is not known here"),
        message=words.say(
            "It may have been mistyped, or the sticker is damaged or from somewhere else. "
            "Compare it with the sticker and type it again."
        ),
        action_href=url_for("public.gate.home"),
        action_label=words.say("Type the code"),
    )


def show_closed(look: Look, outcome: str, member: Member | None) -> Response:
    """The pages of stickers that show nothing: whose it is, what happened to it, what to do. Never of which record."""
    words = languages.words()
    status, title, message = _closed_words(look, outcome, words)
    may_set = outcome == "no-passcode" and member is not None and member.may_open("settings.view")
    return public_page(
        "gate/closed.html",
        status,
        accent=look.company.accent,
        company=look.company,
        logo_href=logo_address(look),
        title=title,
        message=message,
        action_href=url_for("admin.qr_portal.edit") if may_set else "",
        action_label=words.say("Set the passcode"),
    )


def _closed_words(look: Look, outcome: str, words: Words) -> tuple[int, str, str]:
    """Status, title and message."""
    company = look.company.name
    if outcome == "no-passcode":
        message = words.say(
            "%(company)s has not set a passcode yet, so nothing can be shown. "
            "Tell them that you scanned a sticker and saw this page.",
            company=company,
        )
        return 503, words.say("You must assign passcode."), message
    if outcome == "retired":
        message = words.say(
            "This sticker was retired on %(day)s, ask for a new one. "
            "%(company)s has replaced its stickers: tell them that this one is still out.",
            day=words.day(local(look.retired_at or now(), look.company.timezone).date()),
            company=company,
        )
        return 410, words.say("This sticker was retired"), message
    if outcome == "revoked":
        message = words.say(
            "It opens nothing any more. Ask %(company)s for a new one, and take this one off.", company=company
        )
        return 410, words.say("This sticker was revoked"), message
    message = words.say(
        "%(company)s no longer uses what this sticker was on. Ask them if you still see it in use.", company=company
    )
    return 410, words.say("This record is archived"), message


def show_gate(look: Look, refusal: Refusal | None = None, *, is_wrong: bool = False) -> Response:
    """The page that asks for the passcode: the company and nothing of the record."""
    seconds = math.ceil(refusal.wait.total_seconds()) if refusal else 0
    answer = public_page(
        "gate/gate.html",
        429 if refusal else 403 if is_wrong else 200,
        accent=look.company.accent,
        company=look.company,
        logo_href=logo_address(look),
        action=request.path,
        is_wrong=is_wrong,
        wait_seconds=seconds,
        wait_text=languages.words().wait(seconds),
        closed=refusal.scope if refusal and refusal.scope in (STICKER.scope, ACCOUNT.scope) else "",
        phone=show_phone(look.company.contact_phone, look.company.country) if look.company.contact_phone else "",
        tel_href=tel_link(look.company.contact_phone) if look.company.contact_phone else "",
    )
    if refusal:
        answer.headers["Retry-After"] = str(seconds)
    return answer


def show_record(look: Look, expirations: Sequence[ShownExpiration], member: Member | None) -> Response:
    """The record's page for an admitted visitor or a member of the company."""
    thing = _thing(look)
    may_edit = member is not None and member.may_open("records.edit")
    return public_page(
        "gate/record.html",
        200,
        accent=look.company.accent,
        company=look.company,
        logo_href=logo_address(look),
        page=record_page(
            look,
            thing,
            expirations,
            today_in(look.company.timezone, now()),
            is_member=member is not None,
            words=languages.words(),
        ),
        base=request.path,
        home_href=member.home if member is not None else "",
        edit_href=f"/admin/records/{thing.public_id}/edit" if may_edit else "",
    )


def send_card(look: Look, of: str, member: Member | None) -> Response:
    """A contact card as a file to save. Of a person who is reached by message only: name, title, organisation."""
    thing = _thing(look)
    today, words = today_in(look.company.timezone, now()), languages.words()
    page = record_page(look, thing, (), today, is_member=member is not None, words=words)
    person = card_of(page, of)
    if person is None:
        raise NotFound
    about = f"{page.kind}: {page.name}" + (f" ({page.tag})" if page.tag else "")
    photo = None if person.is_relayed else portal().photos.path(person.photo_key, "thumb")
    card = vcard(
        name=person.name,
        organisation=person.organisation,
        title=person.title,
        email=person.email,
        phones=person.phones,
        photo=card_jpeg(photo.read_bytes()) if photo else None,
        note="" if page.is_contact or person.is_relayed else about,
    )
    answer = Response(card, mimetype="text/vcard")
    answer.headers.set("Content-Disposition", "attachment", filename="contact.vcf")
    return answer


def scan_address(text: str) -> str:
    """The page of a token that was parsed before, in its one spelling."""
    token = tokens.parse_token(text)
    return url_for("public.gate.scan", token=token.code + token.seal) if token else url_for("public.gate.home")


def logo_address(look: Look) -> str:
    """Where the company's logo is, '' when it has none. Built from the path that was asked for, so below any prefix."""
    return f"{request.path}/logo" if look.company.logo_key else ""


def _thing(look: Look) -> Thing:
    if look.thing is None:
        raise NotFound
    return look.thing


@lru_cache(maxsize=1)
def _read_stylesheet(path: Path) -> Markup:
    """Our own file, so it may stand in the page as it is; without comments and indentation."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return Markup("".join(line.strip() for line in text.splitlines()))  # noqa: S704  our own file, not a visitor's text
