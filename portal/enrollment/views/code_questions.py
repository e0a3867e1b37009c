"""What is asked before a code or token is removed, or all its devices are suspended or revoked, with exact numbers."""

from flask import render_template

from portal.devices.models import REVOKED
from portal.devices.wording import many
from portal.enrollment import enrolled, grants, queries
from portal.enrollment.models import CREATE_ACCOUNT_AND_DEVICE, Grant
from portal.enrollment.views.code_pages import Kind
from portal.web.context import now, session


def ask_removal(kind: Kind, grant: Grant) -> str:
    """The page before a removal."""
    return render_template(
        "enrollment/code_confirm.html",
        title=f"Remove {grant.description}?",
        consequences=_removal_consequences(grant),
        action=kind.href("delete", public_id=grant.public_id),
        button="Remove",
        cancel_href=kind.href("index"),
    )


def ask_act(kind: Kind, grant: Grant, act: str) -> str:
    """The page before all devices are suspended or revoked."""
    return render_template(
        "enrollment/code_confirm.html",
        title=f"{act.capitalize()} all devices of {grant.description}?",
        consequences=_act_consequences(grant, act),
        action=kind.href("act_on_devices", public_id=grant.public_id, act=act),
        button=f"{act.capitalize()} all",
        cancel_href=kind.href("show", public_id=grant.public_id),
    )


def _removal_consequences(grant: Grant) -> list[str]:
    """What follows from removing it, in sentences with numbers."""
    held = [one for one in queries.devices_of(session(), grant.account_id, grant.id) if one.status != REVOKED]
    left = (grant.max_uses or 0) - grant.use_count
    is_one = len(held) == 1
    return [
        f"{many(len(held))} it enrolled {'stays' if is_one else 'stay'} connected."
        if held
        else "No device is connected by it.",
        f"Nobody can join with it any more: {many(left, 'use')} {'is' if left == 1 else 'are'} not used yet."
        if grants.standing(session(), grant, now()) in (grants.ACTIVE, grants.SCHEDULED)
        else "Nobody can join with it now, and that stays so.",
        "It leaves the list. Its devices and tries stay on its page, among the removed ones.",
    ]


def _act_consequences(grant: Grant, act: str) -> list[str]:
    """What follows for the devices, in sentences with numbers."""
    held = queries.devices_of(session(), grant.account_id, grant.id)
    touched = [one for one in held if enrolled.is_touched(one, act)]
    count, rest = len(touched), len(held) - len(touched)
    sentences = [
        _act_consequence(count, act),
        *(f"{one.name}{f' ({one.platform})' if one.platform else ''}" for one in touched[:10]),
    ]
    if count > 10:
        sentences.append(f"and {many(count - 10, 'more device')}.")
    if rest:
        sentences.append(f"{many(rest, 'other device')} it enrolled {'stays' if rest == 1 else 'stay'} as before.")
    if grant.action == CREATE_ACCOUNT_AND_DEVICE:
        sentences += _registered({one.user_id for one in touched if one.user_id})
    if grants.standing(session(), grant, now()) in (grants.ACTIVE, grants.SCHEDULED):
        sentences.append("It still lets new devices in. Delete it too if it has fallen into the wrong hands.")
    return sentences


def _act_consequence(count: int, act: str) -> str:
    """What follows for so many devices."""
    if count == 0:
        return f"No device that it enrolled is left to {act}."
    is_one = count == 1
    are = f"{many(count)} {'is' if is_one else 'are'}"
    if act == enrolled.SUSPEND:
        them = "it" if is_one else "them"
        return f"{are} refused from the next request on, until you resume {them} under Devices."
    them = "it needs" if is_one else "each needs"
    return f"{are} signed out for good, from the next request on. To come back, {them} a new code."


def _registered(people: set[int]) -> list[str]:
    """What becomes of the people who registered with the code: nothing, and where to end that."""
    if not people:
        return []
    where = "Remove them under Settings, People, if they should not."
    if len(people) == 1:
        return [f"The person who registered with it stays a member. {where}"]
    return [f"The {len(people)} people who registered with it stay members. {where}"]
