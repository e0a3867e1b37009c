"""Records in from a CSV file and out to one. An import is always a job: its page follows it and shows its report."""

from io import BytesIO
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import CombinedMultiDict
from wtforms import FileField, Form, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from portal.accounts.queries import get_account
from portal.jobs.models import DEAD, DONE, Job
from portal.jobs.queries import get_job, list_jobs
from portal.lib.clock import local, today_in
from portal.lib.sheets import write_table
from portal.records.days import month_comes_first
from portal.records.exporting import Export, make_template
from portal.records.filters import RecordFilter
from portal.records.jobs import APPLY, CHECK, IMPORT, enqueue_import, import_path
from portal.records.kinds import BY_NAME, KINDS
from portal.records.lists import list_ids
from portal.records.paging import Slice, cut
from portal.web.context import now, portal, session
from portal.web.identity import current_identity

transfer = Blueprint("transfer", __name__, url_prefix="")

LARGEST_FILE = 20_000_000  # bytes, as the page and the answer 413 say
LISTED_IMPORTS = 10
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
STAGES = ((80, "Writing the changes"), (70, "Comparing with your records"), (1, "Reading the rows"))


class ImportForm(Form):  # type: ignore[misc]  # the library carries no types
    """A file, what is in it, and whether to look or to act."""

    kind = SelectField("What is in the file", choices=[SelectChoice(kind.name, kind.plural) for kind in KINDS])
    file = FileField("CSV file", description="At most 20 MB and 50,000 rows.")
    mode = RadioField(
        "What to do",
        choices=[
            SelectChoice(CHECK, "Dry run: show what would change, and change nothing"),
            SelectChoice(APPLY, "Import at once, unless a row is refused"),
        ],
        default=CHECK,
    )

    def validate_file(self, field: Any) -> None:
        """Takes the bytes, so that an empty or oversized file is told beside its field."""
        self.data_bytes: bytes = field.data.read(LARGEST_FILE + 1) if hasattr(field.data, "read") else b""
        if not self.data_bytes:
            raise ValidationError("Choose a CSV file that is not empty.")
        if len(self.data_bytes) > LARGEST_FILE:
            raise ValidationError("This file has more than 20 MB. Split it into smaller ones.")


@transfer.route("/import", methods=["GET", "POST"])
def import_start() -> ResponseReturnValue:
    """Takes a file and leaves it for the worker."""
    if request.method != "POST":
        return _start_page(ImportForm(kind=request.args.get("kind", "")))
    form = ImportForm(CombinedMultiDict((request.files, request.form)))
    if not form.validate():
        return _start_page(form), 422
    me = current_identity()
    job = enqueue_import(
        session(),
        portal().settings.job_dir,
        account_id=me.account_id,
        actor=me.actor,
        kind=form.kind.data,
        mode=form.mode.data,
        file_name=form.file.data.filename or "file.csv",
        data=form.data_bytes,
        now=now(),
    )
    session().commit()
    return redirect(url_for(".import_show", public_id=job.public_id), 303)


@transfer.get("/import/<public_id>")
def import_show(public_id: str) -> ResponseReturnValue:
    """How far an import is, then what it did or would do."""
    job = get_job(session(), current_identity().account_id, IMPORT, public_id)
    kind = BY_NAME[job.payload["kind"]]
    if job.state == DONE:
        return render_template("transfer/report.html", job=job, kind=kind, **_report_values(job))
    progress_href = url_for(".import_progress", public_id=public_id)
    return render_template(
        "transfer/progress.html",
        job=job,
        kind=kind,
        text=_stage(job),
        is_dead=job.state == DEAD,
        progress_href=progress_href,
    )


@transfer.get("/import/<public_id>/progress")
def import_progress(public_id: str) -> ResponseReturnValue:
    """The same as values, for the page's script: an ``href`` says that the import has ended."""
    job = get_job(session(), current_identity().account_id, IMPORT, public_id)
    href = url_for(".import_show", public_id=public_id) if job.state in (DONE, DEAD) else None
    return {"state": job.state, "percent": job.percent, "text": _stage(job), "href": href}


@transfer.post("/import/<public_id>/apply")
def import_apply(public_id: str) -> ResponseReturnValue:
    """Imports the file of a clean dry run. Sent twice, it is done once: the second answer leads to the first's job."""
    me, job_dir = current_identity(), portal().settings.job_dir
    job = get_job(session(), me.account_id, IMPORT, public_id)
    session().refresh(job, with_for_update=True)
    path = import_path(job_dir, public_id)
    if job.state != DONE or job.payload["mode"] != CHECK or job.result["refused"] or not path.exists():
        abort(409, "This dry run cannot be applied. Choose the file again under Import.")
    if "applied_as" not in job.payload:
        applied = enqueue_import(
            session(), job_dir, account_id=me.account_id, actor=me.actor, kind=job.payload["kind"], mode=APPLY,
            file_name=job.payload["file_name"], data=path.read_bytes(), now=now(),
        )  # fmt: skip
        job.payload = {**job.payload, "applied_as": applied.public_id}
    session().commit()
    return redirect(url_for(".import_show", public_id=job.payload["applied_as"]), 303)


@transfer.get("/import/template/<kind>.csv")
def import_template(kind: str) -> ResponseReturnValue:
    """An example file: the headings of a kind and one row."""
    if kind not in BY_NAME:
        abort(404)
    headings, rows = make_template(kind)
    file = BytesIO(b"".join(write_table(headings, rows)))
    return send_file(file, mimetype="text/csv", as_attachment=True, download_name=f"{kind}-template.csv")


@transfer.get("/export")
def export() -> ResponseReturnValue:
    """The records of a list's filter, of one kind, as a file that import reads back."""
    me, chosen = current_identity(), RecordFilter.from_args(request.args)
    if chosen.kind not in BY_NAME:
        abort(400, "Choose one kind of records to export: each has its own columns.")
    today = today_in(get_account(session(), me.account_id).timezone, now())
    ids = list_ids(session(), me.account_id, chosen, None, today=today)
    table = Export(session(), me.account_id, chosen.kind, ids)
    name = f"{BY_NAME[chosen.kind].plural.lower()}-{today.isoformat()}.csv"
    # Not streamed from the database: a slow phone must not hold a transaction open for as long as it downloads.
    file = BytesIO(b"".join(write_table(table.headings, table.rows())))
    return send_file(file, mimetype="text/csv", as_attachment=True, download_name=name)


def _start_page(form: ImportForm) -> str:
    me = current_identity()
    account = get_account(session(), me.account_id)
    jobs = [
        (job, BY_NAME[job.payload["kind"]].plural, local(job.created_at, account.timezone).strftime("%Y-%m-%d %H:%M"))
        for job in list_jobs(session(), me.account_id, IMPORT, LISTED_IMPORTS)
    ]
    example = "1 March 2027" if month_comes_first(account.country) else "3 January 2027"
    return render_template("transfer/start.html", form=form, kinds=KINDS, jobs=jobs, example=example, apply=APPLY)


def _stage(job: Job) -> str:
    return next((text for percent, text in STAGES if job.percent >= percent), "Waiting for the worker")


def _report_values(job: Job) -> dict[str, Any]:
    report = job.result
    counts = report["counts"]
    can_apply = job.payload["mode"] == CHECK and not report["refused"] and counts["created"] + counts["updated"] > 0
    return {
        "report": report,
        "counts": counts,
        "delimiter": DELIMITERS[report["delimiter"]],
        "refused": _cut(report["refused"], "refused"),
        "changes": _cut(report["changes"], "changes"),
        "can_apply": can_apply and "applied_as" not in job.payload,
        "applied_as": job.payload.get("applied_as", ""),
    }


def _cut(items: list[Any], name: str) -> Slice:
    return cut(items, request.args.get(name, ""), lambda number: "?" + _query(name, number) + f"#{name}")


def _query(name: str, number: int) -> str:
    return "&".join(f"{key}={value}" for key, value in ({**_pages(), name: number}).items())


def _pages() -> dict[str, int]:
    return {name: int(request.args[name]) for name in ("refused", "changes") if request.args.get(name, "").isdecimal()}
