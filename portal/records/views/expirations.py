"""The expirations of a record."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal.records import expiring, queries
from portal.records.expirations import WARN_DAYS, WORDS, Paper, check
from portal.records.forms import ExpirationForm, refuse
from portal.records.models import Expiration, Record
from portal.records.views.records import own_record, records
from portal.web.context import now, session
from portal.web.identity import current_identity


@records.route("/<public_id>/expirations/new", methods=["GET", "POST"])
def add_expiration(public_id: str) -> ResponseReturnValue:
    """A new paper of the record."""
    record = own_record(public_id)
    if request.method != "POST":
        return _page(record, ExpirationForm(data={"warn_days": str(WARN_DAYS)}), "Add expiration")
    form, paper = _read()
    if not isinstance(paper, Paper):
        return _page(record, form, "Add expiration"), 422
    expiring.add_expiration(session(), record, paper, now=now(), actor=current_identity().actor)
    session().commit()
    return _done(record, f"The {paper.what} is added.")


@records.route("/<public_id>/expirations/<expiration_id>/renew", methods=["GET", "POST"])
def renew_expiration(public_id: str, expiration_id: str) -> ResponseReturnValue:
    """A later day for the same paper; the old one stays as history."""
    record, expiration = _own(public_id, expiration_id)
    title = f"Renew {expiration.what}"
    if request.method != "POST":
        form = ExpirationForm(data=_typed(expiration) | {"expires_on": ""})
        return _page(record, form, title, renewed=expiration)
    typed = _typed(expiration) | {"expires_on": request.form.get("expires_on", "")}
    form, paper = ExpirationForm(data=typed), check(typed)
    if isinstance(paper, Paper) and paper.expires_on <= expiration.expires_on:
        paper = {
            "expires_on": f"Type a day after {expiration.expires_on.isoformat()}, or correct the expiration instead."
        }
    if not isinstance(paper, Paper):
        refuse(form, paper)
        return _page(record, form, title, renewed=expiration), 422
    renewed = expiring.renew_expiration(
        session(), expiration, paper.expires_on, now=now(), actor=current_identity().actor
    )
    session().commit()
    if renewed is None:
        flash("Somebody renewed it already: see the new day below.", "info")
        return redirect(url_for("admin.records.show", public_id=public_id), 303)
    return _done(record, f"The {renewed.what} is renewed.")


@records.route("/<public_id>/expirations/<expiration_id>/edit", methods=["GET", "POST"])
def edit_expiration(public_id: str, expiration_id: str) -> ResponseReturnValue:
    """Corrects a paper."""
    record, expiration = _own(public_id, expiration_id)
    if request.method != "POST":
        return _page(record, ExpirationForm(data=_typed(expiration)), "Correct expiration")
    form, paper = _read()
    if not isinstance(paper, Paper):
        return _page(record, form, "Correct expiration"), 422
    expiring.edit_expiration(session(), expiration, paper, now=now(), actor=current_identity().actor)
    session().commit()
    return _done(record, f"The {paper.what} is saved.")


@records.post("/<public_id>/expirations/<expiration_id>/delete")
def delete_expiration(public_id: str, expiration_id: str) -> Response:
    """Removes a paper."""
    record, expiration = _own(public_id, expiration_id)
    what = expiration.what
    expiring.delete_expiration(session(), expiration, now=now(), actor=current_identity().actor)
    session().commit()
    return _done(record, f"The {what} is deleted.")


def _own(public_id: str, expiration_id: str) -> tuple[Record, Expiration]:
    record = own_record(public_id)
    return record, queries.get_expiration(session(), record.account_id, record.id, expiration_id)


def _read() -> tuple[ExpirationForm, Paper | dict[str, str]]:
    form = ExpirationForm(request.form)
    paper = check(request.form)
    if not isinstance(paper, Paper):
        refuse(form, paper)
    return form, paper


def _typed(expiration: Expiration) -> dict[str, str]:
    return {
        "what": expiration.what,
        "expires_on": expiration.expires_on.isoformat(),
        "warn_days": str(expiration.warn_days),
    }


def _page(record: Record, form: ExpirationForm, title: str, renewed: Expiration | None = None) -> str:
    return render_template(
        "records/expiration.html", record=record, form=form, title=title, renewed=renewed, words=WORDS
    )


def _done(record: Record, sentence: str) -> Response:
    flash(sentence, "success")
    return redirect(url_for("admin.records.show", public_id=record.public_id), 303)
