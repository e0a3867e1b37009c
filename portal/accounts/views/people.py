"""Settings, People: who is in the company, what they may do, and the links that let others in."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from portal.accounts import operations, queries, staffing
from portal.accounts.forms import InviteForm, RightsForm
from portal.accounts.models import ADMIN, Invitation, Membership
from portal.accounts.names import has_email, shown
from portal.accounts.permissions import BY_NAME
from portal.devices.queries import count_signed_in
from portal.devices.wording import many
from portal.enrollment.onboarding import sign_out_everywhere, sign_out_of_company
from portal.lib.clock import show_moment
from portal.lib.passwords import hash_password
from portal.lib.typed_codes import grouped, make_code
from portal.web.context import now, portal, session
from portal.web.identity import Identity, current_identity

people = Blueprint("people", __name__, url_prefix="/settings/people")

# The new link waits here for the one page that shows it: the browser that made it is the only place it goes to.
NEW_LINK = "invitation_link"
NEW_PASSWORD = "new_password"  # noqa: S105  the name of a place in the cookie
PASSWORD_LENGTH = 16  # characters of the typed-code alphabet: 69 bits


@dataclass(frozen=True)
class MemberLine:
    """A person as the list shows them."""

    public_id: str
    name: str
    known_as: str
    role: str
    rights: str
    is_me: bool
    may_edit: bool


@dataclass(frozen=True)
class InvitationLine:
    """An open invitation as the list shows it."""

    public_id: str
    email: str
    role: str
    rights: str
    expires: str
    may_revoke: bool


@people.get("")
def index() -> ResponseReturnValue:
    """Members, open invitations, and the form for a new one."""
    me = current_identity()
    return _page(me, InviteForm(**_grantable(me)))


@people.post("/invite")
def invite() -> ResponseReturnValue:
    """Makes a link, to be shown once on the next page."""
    me = current_identity()
    form = InviteForm(**_grantable(me))
    if not form.validate():
        return _page(me, form), 422
    made = staffing.invite(
        session(),
        account_id=me.account_id,
        actor=me.actor,
        email=form.email.data,
        role=form.role.data,
        permissions=form.permissions.data or [],
        now=now(),
    )
    if isinstance(made, staffing.Refusal):
        form.form_errors.append(made.sentence)
        return _page(me, form), _status(made)
    session().commit()
    invitation, secret = made
    path = url_for("sign_in.sessions.accept_invitation", secret=secret)
    cookie[NEW_LINK] = {"email": invitation.email, "link": portal().settings.public_url + path}
    return redirect("/admin/settings/people", 303)


@people.post("/invitations/<public_id>/revoke")
def revoke_invitation(public_id: str) -> ResponseReturnValue:
    """Takes a link back."""
    me = current_identity()
    revoked = staffing.revoke_invitation(
        session(), account_id=me.account_id, actor=me.actor, public_id=public_id, now=now()
    )
    if isinstance(revoked, staffing.Refusal):
        return _refused(revoked)
    session().commit()
    cookie.pop(NEW_LINK, None)
    flash(f"The invitation for {revoked.email} is taken back. Its link no longer works.", "success")
    return redirect("/admin/settings/people", 303)


@people.route("/<public_id>", methods=["GET", "POST"])
def edit_member(public_id: str) -> ResponseReturnValue:
    """Role and permissions of one person."""
    me = current_identity()
    if request.method != "POST":
        target, refusal = _target(me, public_id)
        data = {"role": target.role, "permissions": target.permissions}
        return _refused(refusal) if refusal else _member_page(me, target, RightsForm(data=data, **_grantable(me)))
    form = RightsForm(**_grantable(me))
    edited = staffing.edit_member(
        session(),
        account_id=me.account_id,
        actor=me.actor,
        public_id=public_id,
        role=form.role.data or "",
        permissions=form.permissions.data or [],
        now=now(),
    )
    if isinstance(edited, staffing.Refusal):
        return _refused(edited)
    session().commit()
    flash(f"The permissions of {edited.user.name} are saved. They count from the next click on.", "success")
    return redirect("/admin/settings/people", 303)


@people.post("/<public_id>/password")
def set_password(public_id: str) -> ResponseReturnValue:
    """A new password for a person without an e-mail, to be shown once on the next page. The old one's sign-ins end."""
    me = current_identity()
    password = grouped(make_code(PASSWORD_LENGTH)).lower()
    changed = staffing.set_password(
        session(),
        account_id=me.account_id,
        actor=me.actor,
        public_id=public_id,
        new_hash=hash_password(password),
        now=now(),
    )
    if isinstance(changed, staffing.Refusal):
        return _refused(changed)
    operations.end_all_sessions(session(), user_id=changed.user_id)
    sign_out_everywhere(session(), changed.user_id, now())
    session().commit()
    cookie[NEW_PASSWORD] = {"name": changed.user.name, "sign_in_name": changed.sign_in_name, "password": password}
    return redirect("/admin/settings/people", 303)


@people.route("/<public_id>/remove", methods=["GET", "POST"])
def remove_member(public_id: str) -> ResponseReturnValue:
    """Asks, then takes the person out of the company."""
    me = current_identity()
    if request.method != "POST":
        target, refusal = _target(me, public_id)
        return _refused(refusal) if refusal else _removal_page(target)
    removed = staffing.remove_member(
        session(), account_id=me.account_id, actor=me.actor, public_id=public_id, now=now()
    )
    if isinstance(removed, staffing.Refusal):
        return _refused(removed)
    sign_out_of_company(session(), account_id=me.account_id, user_id=removed.user_id, now=now())
    session().commit()
    flash(f"{removed.user.name} is no longer in {me.account_name}.", "success")
    return redirect("/admin/settings/people", 303)


def _grantable(me: Identity) -> dict[str, Any]:
    return {"is_admin": me.role == ADMIN, "grantable": me.permissions}


def _status(refusal: staffing.Refusal) -> int:
    return 403 if refusal.is_forbidden else 422


def _refused(refusal: staffing.Refusal) -> ResponseReturnValue:
    """The page that says why nothing was changed."""
    values = {"status": _status(refusal), "title": "Nothing was changed", "message": refusal.sentence}
    page = render_template(
        "errors/stopped.html", **values, action_href="/admin/settings/people", action_label="Back to the list"
    )
    return page, _status(refusal)


def _target(me: Identity, public_id: str) -> tuple[Membership, staffing.Refusal | None]:
    """The person, and why the signed-in one may not change them."""
    target = queries.get_member(session(), me.account_id, public_id)
    own = queries.find_membership(session(), me.account_id, me.user_id)
    return target, staffing.why_untouchable(own, target) if own else None


def _page(me: Identity, form: InviteForm) -> str:
    timezone = queries.get_account(session(), me.account_id).timezone
    members = [_member_line(me, one) for one in queries.list_members(session(), me.account_id)]
    invitations = [
        _invitation_line(me, one, timezone) for one in queries.list_open_invitations(session(), me.account_id, now())
    ]
    return render_template(
        "accounts/people.html",
        form=form,
        company=me.account_name,
        members=members,
        invitations=invitations,
        new_link=cookie.pop(NEW_LINK, None),
        new_password=cookie.pop(NEW_PASSWORD, None),
    )


def _member_line(me: Identity, one: Membership) -> MemberLine:
    return MemberLine(
        public_id=one.public_id,
        name=one.user.name,
        known_as=shown(one.user.email, one.sign_in_name),
        role=one.role,
        rights=_rights(one.role, one.permissions),
        is_me=one.user_id == me.user_id,
        may_edit=one.user_id != me.user_id and (me.role == ADMIN or one.role != ADMIN),
    )


def _invitation_line(me: Identity, one: Invitation, timezone: str) -> InvitationLine:
    return InvitationLine(
        public_id=one.public_id,
        email=one.email,
        role=one.role,
        rights=_rights(one.role, one.permissions),
        expires=show_moment(one.expires_at, timezone),
        may_revoke=me.role == ADMIN or one.role != ADMIN,
    )


def _rights(role: str, permissions: list[str]) -> str:
    """What somebody may do, in the words of the permission table."""
    if role == ADMIN:
        return "Everything"
    return ", ".join(BY_NAME[name].label for name in permissions if name in BY_NAME) or "Sees records, prints labels"


def _member_page(me: Identity, target: Membership, form: RightsForm) -> str:
    beyond = [BY_NAME[name].label for name in target.permissions if name not in me.permissions]
    return render_template(
        "accounts/member.html",
        form=form,
        member=target,
        known_as=shown(target.user.email, target.sign_in_name),
        may_set_password=not has_email(target.user.email),
        company=me.account_name,
        beyond=beyond,
    )


def _removal_page(target: Membership) -> str:
    name = target.user.name
    made = len(queries.list_invitations_by(session(), target.account_id, target.user_id, now()))
    consequences = [
        f"{name} can no longer see or change anything of {target.account.name}, from the next click on.",
        "What they recorded stays.",
    ]
    if made:
        consequences.insert(1, f"{made} open invitation{'s' if made > 1 else ''} that they made no longer work.")
    phones = count_signed_in(session(), target.account_id, target.user_id)
    if phones:
        consequences.insert(1, f"They are signed out on {many(phones, 'phone')}, for good.")
    return render_template("accounts/remove_member.html", member=target, consequences=consequences)
