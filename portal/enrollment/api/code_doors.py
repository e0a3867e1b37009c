"""The doors for programs that installation codes and provisioning tokens share: change, removal, tries, devices."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, update_wrapper
from typing import Any

from flask import Response

from portal.api.blueprints import ApiBlueprint
from portal.api.callers import caller
from portal.api.problems import problem
from portal.api.schemas import ApiSchema
from portal.enrollment import enrolled, grants
from portal.enrollment.api import code_documents
from portal.enrollment.api.code_documents import CountSchema, RedemptionsSchema, get_former, get_own
from portal.enrollment.code_drafts import Draft
from portal.enrollment.models import Grant
from portal.web.context import now, session


@dataclass(frozen=True)
class Kind:
    """Codes or tokens: their name, where they stand, and what is theirs alone.

    ``changes`` comes in to change one, ``schema`` goes out. ``document`` makes that of a grant and its
    state, ``draft`` lays what was given over a draft.
    """

    name: str
    noun: str
    base: str
    changes: type[ApiSchema]
    schema: type[ApiSchema]
    document: Callable[[Grant, str], dict[str, Any]]
    draft: Callable[[Draft, dict[str, Any]], Draft]


def add_doors(blueprint: ApiBlueprint, kind: Kind) -> None:
    """Adds them to the blueprint of a kind, each under the name of its view."""

    def door(view: Callable[..., Any], ending: str = "", method: str = "GET", *said: Callable[..., Any]) -> None:
        bound: Callable[..., Any] = update_wrapper(partial(view, kind), view)
        for mark in said:
            bound = mark(bound)
        blueprint.route(f"{kind.base}/<public_id>{ending}", methods=[method])(bound)

    answer, count = blueprint.response(200, kind.schema), blueprint.response(200, CountSchema)
    summary = f"Removes a {kind.noun}. The devices that it enrolled stay connected."
    door(edit, "", "PATCH", blueprint.alt_response(409), answer, blueprint.arguments(kind.changes))
    door(remove, "", "DELETE", blueprint.response(204), blueprint.doc(summary=summary))
    door(redemptions, "/redemptions", "GET", blueprint.response(200, RedemptionsSchema))
    door(suspend_devices, "/suspend-devices", "POST", count)
    door(revoke_devices, "/revoke-devices", "POST", count)


def edit(kind: Kind, given: dict[str, Any], public_id: str) -> dict[str, Any] | Response:
    """Changes what is given."""
    me, grant = caller(), get_own(kind.name, public_id)
    version = given.pop("version", grant.version)
    saved = grants.edit_installation_code(
        session(), account_id=me.account_id, public_id=public_id, version=version,
        draft=kind.draft(code_documents.draft_of(grant), given), actor=me.actor, now=now(),
    )  # fmt: skip
    if isinstance(saved, grants.Conflict):
        return problem(409, "Somebody changed it since you read it.", reason="changed", version=saved.version)
    if isinstance(saved, grants.Faults):
        raise code_documents.refuse(saved)
    answer = kind.document(saved, code_documents.state_of(saved))
    session().commit()
    return answer


def remove(kind: Kind, public_id: str) -> None:
    """Removes one. The devices that it enrolled stay connected."""
    me, grant = caller(), get_own(kind.name, public_id)
    grants.revoke(session(), account_id=me.account_id, public_id=grant.public_id, actor=me.actor, now=now())
    session().commit()


def redemptions(kind: Kind, public_id: str) -> dict[str, Any]:
    """The tries to use it, refused ones too; of a removed one as well."""
    return code_documents.list_tries(get_former(kind.name, public_id))


def suspend_devices(kind: Kind, public_id: str) -> dict[str, int]:
    """Suspends every active device that it enrolled, removed though it may be."""
    grant = get_former(kind.name, public_id)
    count = enrolled.act_on_devices(session(), grant, enrolled.SUSPEND, actor=caller().actor, now=now())
    session().commit()
    return {"count": count}


def revoke_devices(kind: Kind, public_id: str) -> dict[str, int]:
    """Revokes every device that it enrolled, removed though it may be, from its next request on."""
    grant = get_former(kind.name, public_id)
    count = enrolled.act_on_devices(session(), grant, enrolled.REVOKE, actor=caller().actor, now=now())
    session().commit()
    return {"count": count}
