"""Labels: choose paper and text, look at the very PDF, download it."""

from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, send_file, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from portal.accounts.models import Account
from portal.errors import NotFound
from portal.jobs.models import DEAD, DONE, Job
from portal.jobs.operations import enqueue
from portal.jobs.queries import get_job
from portal.labels import fonts, operations, queries
from portal.labels.composing import LabelRow
from portal.labels.forms import LabelsForm
from portal.labels.jobs import PRINT_JOB, read_logo
from portal.labels.layout import Box, Refusal, plan, sheets_needed
from portal.labels.operations import Choice
from portal.labels.text import missing_glyphs
from portal.lib.clock import today_in
from portal.records.filters import RecordFilter
from portal.records.lists import list_ids
from portal.stickers.symbols import SymbolEncoder, encoder_for
from portal.web.context import now, portal, session
from portal.web.headers import csp_nonce
from portal.web.identity import current_identity

labels = Blueprint("labels", __name__)

MOST_AT_ONCE = 5_000  # labels in one answer: about half a second; more become a job with progress
MOST_RECORDS = 200_000
MOST_NAMED = 2_000  # names whose glyphs are looked up on the page


@dataclass(frozen=True)
class Selection:
    """What is to be printed: ticked records or a list's filter, and the rows that can be."""

    public_ids: tuple[str, ...]
    filter: str | None
    record_count: int
    rows: list[LabelRow]

    @property
    def left_out_count(self) -> int:
        """Records without a working sticker: archived, or revoked and not replaced."""
        return self.record_count - len(self.rows)


@labels.route("/labels", methods=["GET", "POST"])
def choose() -> str:
    """How the chosen records are to be printed."""
    form = LabelsForm(MultiDict(typed_values(request.values)), meta={"csrf": False})
    return choose_page(form, read_selection())


@labels.post("/labels.pdf")
def pdf() -> AnyResponse | tuple[str, int]:
    """The PDF: as a preview in the page, or for download, which counts as printed."""
    is_preview = request.form.get("preview") == "1"
    form = LabelsForm(MultiDict(typed_values(request.form)), meta={"csrf": False})
    selection = read_selection()
    is_valid = form.validate()
    if not is_valid or form.refuse_stock(encoder().size) or not selection.rows:
        return refusal(form, selection, is_preview)
    choice = make_choice(form)
    if is_preview:
        selection.rows[MOST_AT_ONCE:] = []
        return answer(render(selection.rows, choice), choice, is_preview=True)
    if len(selection.rows) * choice.copies > MOST_AT_ONCE:
        return start_job(selection, form)
    content = render(selection.rows, choice)
    if not isinstance(content, Refusal):
        identity = current_identity()
        operations.remember_run(
            session(), account=get_account(), actor=identity.actor, rows=selection.rows, choice=choice, now=now()
        )
        session().commit()
    return answer(content, choice, is_preview=False)


@labels.get("/labels/runs/<public_id>")
def run(public_id: str) -> str:
    """A large run on its way, or ready to download."""
    job = get_own_job(public_id)
    return render_template(
        "labels/run.html",
        job=job,
        is_done=job.state == DONE,
        is_dead=job.state == DEAD,
        progress_href=url_for("admin.labels.run_progress", public_id=public_id),
        pdf_href=url_for("admin.labels.run_pdf", public_id=public_id),
    )


@labels.get("/labels/runs/<public_id>/progress")
def run_progress(public_id: str) -> Response:
    """The state of a large run, for the page's script."""
    job = get_own_job(public_id)
    is_over = job.state in (DONE, DEAD)
    return jsonify(
        state=job.state,
        percent=job.percent,
        text=f"{job.percent} % of the labels are drawn",
        href=url_for("admin.labels.run", public_id=public_id) if is_over else None,
    )


@labels.get("/labels/runs/<public_id>/labels.pdf")
def run_pdf(public_id: str) -> Response:
    """The finished file of a large run. It stays for seven days."""
    job = get_own_job(public_id)
    path: Path = portal().settings.job_dir / f"{job.public_id}.pdf"
    if job.state != DONE or not path.is_file():
        raise NotFound(public_id)
    return send_file(path, mimetype="application/pdf", as_attachment=True, download_name="labels.pdf", conditional=True)


def typed_values(given: MultiDict[str, str]) -> list[tuple[str, str]]:
    """The form's values. Only a form that says ``chosen`` means its empty checkboxes: a program may leave them out."""
    values = [(key, value) for key, value in given.items(multi=True)]
    keys = {key for key, _ in values}
    if "stock" not in keys:
        values.append(("stock", queries.usual_stock(session(), get_account()).number))
    values += [(key, "1") for key in ("first_slot", "copies") if key not in keys]
    if "chosen" not in keys:
        defaults = LabelsForm(formdata=None, meta={"csrf": False})
        values += [("line", line) for line in defaults.line.data] if "line" not in keys else []
        values += [("typed_code", "y")] if "typed_code" not in keys else []
    return values


def read_selection() -> Selection:
    """Ticked records, or every record of a filter; a record of another account is a 404, never left out silently."""
    account_id = current_identity().account_id
    given: MultiDict[str, str] = request.form if request.method == "POST" else request.args
    if "filter" in given:
        wanted = RecordFilter.from_query_string(given["filter"])
        ids = list_ids(session(), account_id, wanted, today=today_in(get_account().timezone, now()), limit=MOST_RECORDS)
        return Selection((), given["filter"], len(ids), queries.list_label_rows(session(), account_id, ids))
    public_ids = tuple(dict.fromkeys(given.getlist("record")))
    ids = queries.list_record_ids(session(), account_id, public_ids)
    return Selection(public_ids, None, len(ids), queries.list_label_rows(session(), account_id, ids))


def choose_page(form: LabelsForm, selection: Selection) -> str:
    """The page with what this choice means: sheets, warnings, glyphs that no installed font has."""
    stock = form.chosen_stock() or queries.usual_stock(session(), get_account())
    form.stock.data = stock.number  # an alias is no option of the list
    slot = form.first_slot.data if form.first_slot.data in range(1, stock.slots + 1) else 1
    copies = form.copies.data if form.copies.data in range(1, 101) else 1
    verdict = plan(stock, encoder().size, logo=bool(form.logo.data))
    return render_template(
        "labels/choose.html",
        form=form,
        selection=selection,
        stock=stock,
        first_slot=slot,
        sheet_count=sheets_needed(len(selection.rows), stock, slot, copies) if selection.rows else 0,
        refusal=verdict.reason if isinstance(verdict, Refusal) else "",
        warnings=verdict.warnings if isinstance(verdict, Box) else (),
        missing=missing_characters(selection.rows),
        has_logo=bool(get_account().logo_key),
        kinds=("vehicle", "equipment", "location", "contact"),
    )


def missing_characters(rows: list[LabelRow]) -> str:
    """Characters of these labels that no font on this machine can draw, for the warning before printing."""
    texts = [
        text for row in rows[:MOST_NAMED] for text in (row.name, row.tag, row.owner, row.location) if not text.isascii()
    ]
    return " ".join(sorted(missing_glyphs(texts, fonts.library(portal().settings.font_dir)))) if texts else ""


def refusal(form: LabelsForm, selection: Selection, is_preview: bool) -> AnyResponse | tuple[str, int]:
    """The page again with the reason at its field; inside the preview frame only the sentences."""
    if not selection.rows:
        form.form_errors.append("Choose at least one record that has a working sticker.")
    if not is_preview:
        return choose_page(form, selection), 422
    sentences = [*form.form_errors, *(error for field in form for error in field.errors)]
    answer = Response(render_template("labels/no_preview.html", sentences=sentences), 422, mimetype="text/html")
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{csp_nonce()}'; frame-ancestors 'self'"
    )
    return answer


def make_choice(form: LabelsForm) -> Choice:
    stock = form.chosen_stock()
    if stock is None:
        abort(422)
    return Choice(
        stock=stock,
        first_slot=form.first_slot.data,
        copies=form.copies.data,
        lines=tuple(form.line.data or ()),
        typed_code=bool(form.typed_code.data),
        scan_me=(form.scan_me.data or "").strip(),
        logo=read_logo(portal().photos, get_account()) if form.logo.data else None,
    )


def render(rows: list[LabelRow], choice: Choice) -> bytes | Refusal:
    return operations.render(
        session(),
        portal().key_ring,
        account=get_account(),
        rows=rows,
        choice=choice,
        public_url=portal().settings.public_url,
        font_dir=portal().settings.font_dir,
    )


def answer(content: bytes | Refusal, choice: Choice, *, is_preview: bool) -> Response:
    """The file. A refusal that only rendering could find is a sentence on the error page."""
    if isinstance(content, Refusal):
        abort(422, content.reason)
    disposition = "inline" if is_preview else "attachment"
    name = f"labels-{choice.stock.number}.pdf"
    return Response(
        content, mimetype="application/pdf", headers={"Content-Disposition": f'{disposition}; filename="{name}"'}
    )


def start_job(selection: Selection, form: LabelsForm) -> AnyResponse:
    """A large run becomes a job; its page follows it."""
    identity = current_identity()
    job = enqueue(
        session(),
        kind=PRINT_JOB,
        account_id=identity.account_id,
        user_id=identity.user_id,
        payload={
            "actor_name": identity.name,
            "record_ids": [row.record_id for row in selection.rows],
            "stock": make_choice(form).stock.number,
            "first_slot": form.first_slot.data,
            "copies": form.copies.data,
            "lines": form.line.data,
            "typed_code": bool(form.typed_code.data),
            "scan_me": (form.scan_me.data or "").strip(),
            "logo": bool(form.logo.data),
        },
        now=now(),
    )
    session().commit()
    return redirect(url_for("admin.labels.run", public_id=job.public_id), 303)


def get_own_job(public_id: str) -> Job:
    """A label job of this account. Raises NotFound."""
    return get_job(session(), current_identity().account_id, PRINT_JOB, public_id)


def get_account() -> Account:
    """The account being worked in."""
    account = session().get(Account, current_identity().account_id)
    if account is None:
        raise NotFound("account")
    return account


def encoder() -> SymbolEncoder:
    """The encoder of the configured address: its symbols' size decides what fits."""
    return encoder_for(portal().settings.public_url)
