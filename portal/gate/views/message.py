"""The public door to the owner: a visitor who was let in leaves a message, with or without scripts."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from flask import redirect, request
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from portal.gate import queries, visibility
from portal.gate.queries import Look
from portal.gate.throttle import Refusal, client_of
from portal.gate.views import pages
from portal.gate.views.gate import Visit, gate, read_visit
from portal.jobs import mails
from portal.lib.clock import today_in
from portal.lib.images import ImageRefused, Photo, reencode
from portal.lib.secrets import digest, make_public_id
from portal.lib.words import marked
from portal.records.expirations import EXPIRED, state
from portal.visits import message_limits, messages, messaging
from portal.visits.messages import PAPERS_EXPIRED, REASONS, Told
from portal.visits.messaging import Left
from portal.visits.models import Message
from portal.web import languages, mailer
from portal.web.context import now, portal, session, short_read

SUPERVISOR = "supervisor"
TRAP = "website"  # a field that people do not see: who fills it in is a program
FIELDS = ("reason", "text", "name", "contact", "latitude", "longitude", "exact", "to", "form_key")


@dataclass(frozen=True)
class Upload:
    """The photo of a message, or why it was refused, or neither."""

    photo: Photo | None = None
    error: str = ""


@gate.get("/Q/<token>/message")
@gate.get("/q/<token>/message")
def message(token: str) -> Response:
    """The form, or with ``?sent`` the thanks. The gate comes first."""
    visit = read_visit(token)
    if visit is None or visit.outcome != "record":
        return _turn_away(token, visit)
    if "sent" in request.args:
        return _show_page("gate/message_thanks.html", visit.look, token, 200)
    sees_papers = visit.member is not None or visibility.shows_expirations(visit.look)
    expired = sees_papers and _has_expired(visit.look)
    typed = {
        "reason": PAPERS_EXPIRED if expired else "",
        "form_key": make_public_id(),
        "to": request.args.get("to", ""),
    }
    return _show_form(token, visit.look, typed)


@gate.post("/Q/<token>/message")
@gate.post("/q/<token>/message")
def leave_message(token: str) -> Response:
    """Keeps the message and posts its mail, in one transaction."""
    visit = read_visit(token)
    if visit is None or visit.outcome != "record":
        return _turn_away(token, visit)
    thanks = redirect(f"{request.path}?sent=1", 303)
    if request.form.get(TRAP):
        return thanks
    look, upload = visit.look, _read_upload()
    told = messages.check(request.form, look.company.country, languages.words())
    if isinstance(told, dict) or upload.error:
        errors = (told if isinstance(told, dict) else {}) | ({"photo": upload.error} if upload.error else {})
        return _show_form(token, look, request.form, errors=errors, status=422)
    left = _leave(visit.whole, told, upload.photo)
    if isinstance(left, Refusal) or not left.is_new:
        session().rollback()  # nothing was spent, and nothing is kept twice
        return _refuse(token, look, left) if isinstance(left, Refusal) else thanks
    _keep(left, visit.whole, upload.photo)
    session().commit()
    return thanks


def _turn_away(token: str, visit: Visit | None) -> Response:
    """Who may not write is led to the sticker's page: the gate, or why it opens nothing."""
    return redirect(pages.scan_address(token), 303) if visit else pages.show_unknown()


def _show_page(template: str, look: Look, token: str, status: int, **values: object) -> Response:
    base = pages.scan_address(token)
    return pages.public_page(
        template,
        status,
        accent=look.company.accent,
        company=look.company,
        logo_href=f"{base}/logo" if look.company.logo_key else "",
        base=base,
        **values,
    )


def _show_form(
    token: str,
    look: Look,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, str] = MappingProxyType({}),
    status: int = 200,
    refusal: str = "",
) -> Response:
    thing, to_supervisor = look.thing, typed.get("to") == SUPERVISOR
    answer = _show_page(
        "gate/message.html",
        look,
        token,
        status,
        thing=thing,
        is_person=to_supervisor or (thing is not None and thing.kind == "contact"),
        reasons={value: languages.words().say(label) for value, label in REASONS.items()},
        values={name: typed.get(name, "") for name in FIELDS},
        errors=errors,
        refusal=refusal,
        trap=TRAP,
    )
    # Only here, and only after a tap, does a page ask where the visitor is.
    answer.headers["Permissions-Policy"] = "camera=(), geolocation=(self), microphone=()"
    return answer


def _refuse(token: str, look: Look, refusal: Refusal) -> Response:
    """429 with everything that was typed; the photo has to be chosen again."""
    seconds = max(1, int(refusal.wait.total_seconds()))
    words = languages.words()
    text = (
        marked("This company has many messages already. This one was not sent: try again in %(wait)s.")
        if refusal.scope == message_limits.ACCOUNT.scope
        else marked(
            "You have sent, or your network has, many messages already. This one was not sent: try again in %(wait)s."
        )
    )
    sentence = words.say(text, wait=words.wait(seconds))
    answer = _show_form(token, look, request.form, status=429, refusal=sentence)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _has_expired(look: Look) -> bool:
    """Whether any paper of the thing is out of date by the account's own day."""
    if look.thing is None:
        return False
    today = today_in(look.company.timezone, now())
    with short_read() as read:
        papers = queries.list_expirations(read.connection(), look.company.id, look.thing.id)
    return any(state(paper.expires_on, paper.warn_days, today) == EXPIRED for paper in papers)


def _read_upload() -> Upload:
    """The photo, written anew. Slow (up to a second), so it comes before the transaction begins."""
    file: FileStorage | None = request.files.get("photo")
    if file is None or not file.filename:
        return Upload()
    try:
        return Upload(reencode(file.read()))
    except ImageRefused as refusal:
        return Upload(error=languages.words().say(refusal.sentence))


def _leave(look: Look, told: Told, photo: Photo | None) -> Left | Refusal:
    thing = look.thing
    if thing is None:
        raise ValueError("a sticker without a record shows no form")
    key = request.form.get("form_key", "")[:100]
    return messaging.leave(
        session(),
        account_id=look.company.id,
        record_id=thing.id,
        record_name=thing.name,
        told=told,
        photo_key=photo.key if photo else "",
        recipient=messaging.find_recipient(session(), look.company.id, _addresses(look)),
        client=client_of(request.remote_addr or ""),
        now=now(),
        public_id=digest(f"{look.company.id}:{thing.id}:{key}")[:16] if key else "",
    )


def _addresses(look: Look) -> list[str]:
    """The e-mail addresses of owner and supervisor, the one that the visitor turned to first."""
    owner = look.thing if look.thing and look.thing.kind == "contact" else look.owner
    people = [owner, look.supervisor]
    if request.form.get("to") == SUPERVISOR:
        people.reverse()
    return [person.email for person in people if person]


def _keep(left: Left, look: Look, photo: Photo | None) -> None:
    """What goes with a new message: its photo's files and its mail."""
    if photo:
        portal().photos.save(photo)
    if left.is_mailed:
        _post_mail(left.message, look, is_last=left.day_count == message_limits.MOST_MAILED)


def _post_mail(message: Message, look: Look, *, is_last: bool) -> None:
    reply_to = message.sender_contact if messages.is_email(message.sender_contact) else ""
    has_place = message.latitude is not None and message.longitude is not None
    tag = f" ({look.thing.tag})" if look.thing and look.thing.tag else ""
    text, html = mailer.render(
        "visits/message",
        account_name=look.company.name,
        record=f"{message.record_name}{tag}",
        reason=REASONS[message.reason],
        message=message,
        can_reply=bool(reply_to),
        place=messages.show_place(message.latitude or 0, message.longitude or 0) if has_place else "",
        href=f"{portal().settings.public_url}/admin/messages/{message.public_id}",
        is_last=is_last,
    )
    mails.post(
        session(),
        account_id=look.company.id,
        kind="visits.message",
        recipient=message.recipient,
        subject=messages.subject(f"{message.record_name}{tag}", message.reason),
        text_body=text,
        html_body=html,
        now=now(),
        sender_name=look.company.name,
        reply_to=reply_to,
        key=f"message:{message.public_id}",
    )
