"""The inbox: what visitors told, who looks after it, and the answer by mail."""

from dataclasses import dataclass

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.models import Account, Membership
from portal.accounts.names import shown
from portal.accounts.permissions import MESSAGES_ANSWER, granted
from portal.accounts.queries import find_membership, get_account, get_member, list_members
from portal.jobs import mails
from portal.lib.clock import show_moment
from portal.lib.phones import show_phone, tel_link
from portal.records.queries import find_links
from portal.visits import message_lists, messaging
from portal.visits.forms import AnswerForm, AssignForm
from portal.visits.message_lists import EVERY, MINE, NOBODYS, MessageFilter
from portal.visits.messages import ANSWERED, REASONS, STATES, is_email, place_link, show_place, subject
from portal.visits.messaging import Conflict
from portal.visits.models import Message
from portal.web import languages, mailer
from portal.web.context import now, portal, session
from portal.web.identity import current_identity

messages = Blueprint("messages", __name__, url_prefix="/messages")

HOUR = 3600
SUMMARY = 160  # characters of a message that its line in the list shows


@dataclass(frozen=True)
class Pages:
    """The way to older messages, for the pages macro. Newer ones are the browser's way back, or the first page."""

    previous_href: str | None
    next_href: str | None
    count_text: str


@messages.get("")
def index() -> str:
    """The list: open ones first asked for, by state, by whose they are, and by words."""
    me, filter = current_identity(), MessageFilter.from_args(request.args)
    account = get_account(session(), me.account_id)
    before = request.args.get("before", "")
    start = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    lines, has_more = message_lists.list_page(session(), account.id, filter, me.user_id, before=start)
    total = message_lists.count(session(), account.id, filter, me.user_id)
    return render_template(
        "visits/messages.html",
        filter=filter,
        states=STATES | {EVERY: "All"},
        whose={"": "Anybody", MINE: "Me", NOBODYS: "Nobody"},
        rows=[_row(line, account) for line in lines],
        pages=Pages(
            _href(filter) if start is not None else None,
            _href(filter, before=str(lines[-1].message.id)) if has_more else None,
            _total(total),
        ),
    )


@messages.get("/<public_id>")
def show(public_id: str) -> str:
    """One message with everything that came with it."""
    message = _own_message(public_id)
    return _page(message, AnswerForm(data={"seen": messaging.seen_state(message)}))


@messages.get("/<public_id>/photo")
def photo(public_id: str) -> Response:
    """The photo as WebP, ``?size=thumb`` the small one."""
    message = _own_message(public_id)
    place = portal().photos.path(message.photo_key, "thumb" if request.args.get("size") == "thumb" else "full")
    if place is None:
        abort(404)
    answer = send_file(place, mimetype="image/webp", conditional=True, etag=message.photo_key)
    answer.headers["Cache-Control"] = f"private, max-age={HOUR}"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@messages.post("/<public_id>/answer")
def answer(public_id: str) -> ResponseReturnValue:
    """Mails the answer to a visitor who left an address; without one, notes what was answered."""
    message, form, me = _own_message(public_id), AnswerForm(request.form), current_identity()
    text = form.cleaned()
    if not text:
        return _page(message, form), 422
    outcome = messaging.answer(session(), message, text, seen=form.seen.data or "", actor=me.actor, now=now())
    if isinstance(outcome, Conflict):
        return _conflict(message, form, outcome)
    if is_email(outcome.sender_contact):
        _post_answer(outcome, get_account(session(), me.account_id))
    sentence = f"Your answer goes to {outcome.sender_contact}." if is_email(outcome.sender_contact) else "Noted."
    session().commit()
    flash(sentence, "success")
    return redirect(url_for("admin.messages.show", public_id=public_id), 303)


@messages.post("/<public_id>/assign")
def assign(public_id: str) -> ResponseReturnValue:
    """Gives the message to one of those who may answer it."""
    message, me = _own_message(public_id), current_identity()
    chosen = request.form.get("member", "")
    member = get_member(session(), me.account_id, chosen) if chosen else None
    if member is not None and not _may_answer(member):
        abort(404)
    user_id, name = (member.user_id, _name(member)) if member else (None, "")
    outcome = messaging.assign(
        session(), message, user_id, name, seen=request.form.get("seen", ""), actor=me.actor, now=now()
    )
    if isinstance(outcome, Conflict):
        return _conflict(message, None, outcome)
    session().commit()
    flash(f"Assigned to {name}." if name else "Assigned to nobody.", "success")
    return redirect(url_for("admin.messages.show", public_id=public_id), 303)


@messages.post("/<public_id>/close")
def close(public_id: str) -> ResponseReturnValue:
    """Puts the message away."""
    message = _own_message(public_id)
    outcome = messaging.close(
        session(), message, seen=request.form.get("seen", ""), actor=current_identity().actor, now=now()
    )
    if isinstance(outcome, Conflict):
        return _conflict(message, None, outcome)
    session().commit()
    flash("The message is closed.", "success")
    return redirect(url_for("admin.messages.index"), 303)


@messages.post("/<public_id>/reopen")
def reopen(public_id: str) -> ResponseReturnValue:
    """Puts the message back among the open ones."""
    message = _own_message(public_id)
    outcome = messaging.reopen(
        session(), message, seen=request.form.get("seen", ""), actor=current_identity().actor, now=now()
    )
    if isinstance(outcome, Conflict):
        return _conflict(message, None, outcome)
    session().commit()
    flash("The message is open again.", "success")
    return redirect(url_for("admin.messages.show", public_id=public_id), 303)


def _own_message(public_id: str) -> Message:
    return message_lists.get_message(session(), current_identity().account_id, public_id)


def _may_answer(member: Membership) -> bool:
    return MESSAGES_ANSWER.name in granted(member.role, member.permissions)


def _name(member: Membership) -> str:
    return member.user.name or shown(member.user.email, member.sign_in_name)


def _conflict(message: Message, form: AnswerForm | None, conflict: Conflict) -> tuple[str, int]:
    """The page as it stands now, with what was typed: sending it again is then done knowingly."""
    typed = form.text.data if form else ""
    fresh = AnswerForm(data={"seen": messaging.seen_state(message), "text": typed})
    return _page(message, fresh, conflict.who), 409


def _page(message: Message, form: AnswerForm, conflict_with: str = "") -> str:
    me = current_identity()
    account = get_account(session(), me.account_id)
    members = [member for member in list_members(session(), account.id) if _may_answer(member)]
    assigned = find_membership(session(), account.id, message.assigned_to_id) if message.assigned_to_id else None
    choices = [(member.public_id, _name(member)) for member in members]
    has_place = message.latitude is not None and message.longitude is not None
    place = (message.latitude or 0.0, message.longitude or 0.0)
    link = find_links(session(), account.id, (message.record_id,)).get(message.record_id or 0)
    contact = message.sender_contact
    is_phone = bool(contact) and not is_email(contact)
    return render_template(
        "visits/message.html",
        message=message,
        reason=REASONS[message.reason],
        state=STATES[message.state],
        is_answered=message.state == ANSWERED or bool(message.answer),
        record_href=url_for("admin.records.show", public_id=link.public_id) if link else "",
        received=show_moment(message.created_at, account.timezone),
        changed=show_moment(message.changed_at, account.timezone),
        contact=show_phone(contact, account.country) if is_phone else contact,
        contact_href=tel_link(contact) if is_phone else f"mailto:{contact}" if contact else "",
        is_mailed=is_email(contact),
        place=show_place(*place) if has_place else "",
        place_href=place_link(*place) if has_place else "",
        photo_href=url_for("admin.messages.photo", public_id=message.public_id) if message.photo_key else "",
        form=form,
        assign_form=AssignForm(members=choices, data={"member": assigned.public_id if assigned else ""}),
        seen=messaging.seen_state(message),
        conflict_with=conflict_with,
    )


def _post_answer(message: Message, account: Account) -> None:
    """The answer comes from the company: nobody's own address is in it."""
    with languages.speaking(message.language) as words:
        reason = words.say(REASONS[message.reason])
        title = f"Re: {subject(message.record_name, message.reason, words)}"
    text, html = mailer.render(
        "visits/answer",
        language=message.language,
        account_name=account.name,
        text=message.answer,
        record=message.record_name,
        reason=reason,
        said=message.text,
    )
    mails.post(
        session(),
        account_id=account.id,
        kind="visits.answer",
        recipient=message.sender_contact,
        subject=title,
        text_body=text,
        html_body=html,
        now=now(),
        sender_name=account.name,
        reply_to=account.contact_email,
    )


def _row(line: message_lists.Line, account: Account) -> dict[str, str]:
    message = line.message
    text = " ".join(message.text.split())
    return {
        "href": url_for("admin.messages.show", public_id=message.public_id),
        "reason": REASONS[message.reason],
        "record": message.record_name,
        "text": text if len(text) <= SUMMARY else f"{text[:SUMMARY]}…",
        "sender": message.sender_name or message.sender_contact,
        "at": show_moment(message.created_at, account.timezone),
        "state": STATES[message.state],
        "assigned_to": line.assigned_to,
        "extras": ", ".join(
            word
            for word, is_there in (("photo", message.photo_key), ("place", message.latitude is not None))
            if is_there
        ),
    }


def _href(filter: MessageFilter, before: str | None = None) -> str:
    return url_for(
        "admin.messages.index", state=filter.state, assigned=filter.assigned or None, q=filter.q or None, before=before
    )


def _total(count: int) -> str:
    shown = f"{message_lists.COUNTED}+" if count > message_lists.COUNTED else str(count)
    return f"{shown} {'message' if count == 1 else 'messages'}"
