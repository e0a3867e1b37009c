"""The QR Code of a record: dialog, clean print page, downloads, revoke and replace."""

from dataclasses import dataclass

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.utils import secure_filename
from werkzeug.wrappers import Response as AnyResponse

from portal.audit.operations import record as audit
from portal.errors import NotFound, Refused
from portal.extensions import db
from portal.labels.layout import Label, Refusal
from portal.labels.pdf import Options, render_single
from portal.records.models import Record
from portal.stickers import drawing, operations, queries, tokens
from portal.stickers.models import Sticker
from portal.stickers.symbols import Symbol, symbol_for
from portal.web.context import now, portal, session
from portal.web.identity import current_identity

stickers = Blueprint("stickers", __name__, url_prefix="/records")


@dataclass(frozen=True)
class Picture:
    """A record's current sticker as everything that can be shown of it."""

    record: Record
    sticker: Sticker
    url: str
    typed: str
    symbol: Symbol


@stickers.get("/<public_id>/qr")
def show(public_id: str) -> str:
    """The QR large, its address in text, the typed code; or what to do when the sticker was revoked."""
    record = get_record(public_id)
    picture = find_picture(record)
    return render_template(
        "stickers/show.html",
        record=record,
        picture=picture,
        svg_href=url_for("admin.stickers.svg", public_id=public_id),
        may_manage=current_identity().may("stickers.manage"),
    )


@stickers.get("/<public_id>/qr/label")
def label(public_id: str) -> str:
    """A clean page with only the label, which opens the browser's print dialog."""
    picture = get_picture(public_id)
    return render_template(
        "stickers/label.html",
        picture=picture,
        record=picture.record,
        svg_href=url_for("admin.stickers.svg", public_id=public_id),
    )


@stickers.get("/<public_id>/qr.png")
def png(public_id: str) -> Response:
    picture = get_picture(public_id)
    return download(drawing.png(picture.symbol), "image/png", picture.record, "png")


@stickers.get("/<public_id>/qr.svg")
def svg(public_id: str) -> Response:
    picture = get_picture(public_id)
    return download(drawing.svg(picture.symbol, picture.record.name).encode(), "image/svg+xml", picture.record, "svg")


@stickers.get("/<public_id>/qr.pdf")
def pdf(public_id: str) -> Response:
    """One label as PDF."""
    picture = get_picture(public_id)
    lines = tuple(line for line in (picture.record.name, picture.record.tag) if line)
    single = Label(lines=lines, url=picture.url, symbol=picture.symbol, typed_code=picture.typed)
    content = render_single(single, cache_dir=portal().settings.font_dir, options=Options(), title=picture.record.name)
    if isinstance(content, Refusal):
        raise Refused(content.reason)
    return download(content, "application/pdf", picture.record, "pdf")


@stickers.get("/<public_id>/qr/<any(revoke, replace):act>")
def ask(public_id: str, act: str) -> str:
    """What revoking or replacing does, in exact words, before it is done."""
    record = get_record(public_id)
    picture = find_picture(record)
    return render_template(
        "stickers/ask.html",
        record=record,
        picture=picture,
        act=act,
        back=url_for("admin.stickers.show", public_id=public_id),
    )


@stickers.post("/<public_id>/qr/revoke")
def revoke(public_id: str) -> AnyResponse:
    """The current sticker stops working; the record has none until a new one is made."""
    record = get_record(public_id)
    picture = find_picture(record)
    if picture is not None:
        operations.revoke(session(), picture.sticker, now=now())
        write_audit(record, "sticker.revoke", picture.typed)
        session().commit()
        flash(f"The sticker of {record.name} was revoked: whoever scans it is told so.", "success")
    return redirect(url_for("admin.stickers.show", public_id=public_id), 303)


@stickers.post("/<public_id>/qr/replace")
def replace(public_id: str) -> AnyResponse:
    """A new sticker; the one before, if it still works, is revoked."""
    record = get_record(public_id)
    operations.replace(session(), account_id=record.account_id, record_id=record.id, now=now())
    write_audit(record, "sticker.replace", "")
    session().commit()
    flash(f"{record.name} has a new sticker. Print it and replace the old one.", "success")
    return redirect(url_for("admin.stickers.show", public_id=public_id), 303)


def get_record(public_id: str) -> Record:
    """The record of the person's own account. Raises NotFound for anything else."""
    found = session().scalar(
        select(Record).where(Record.account_id == current_identity().account_id, Record.public_id == public_id)
    )
    if found is None:
        raise NotFound(public_id)
    return found


def find_picture(record: Record) -> Picture | None:
    """The record's current sticker, drawn; None when it was revoked and not replaced."""
    sticker = queries.find_current_sticker(session(), record.account_id, record.id)
    if sticker is None:
        return None
    passphrase = queries.get_passphrase(session(), portal().key_ring, record.account_id)
    token = tokens.make_token(sticker.code, passphrase)
    url = tokens.scan_url(portal().settings.public_url, token)
    return Picture(record, sticker, url, tokens.typed_form(token), symbol_for(url))


def get_picture(public_id: str) -> Picture:
    """As find_picture; a revoked sticker cannot be downloaded."""
    picture = find_picture(get_record(public_id))
    if picture is None:
        raise NotFound("revoked")
    return picture


def download(content: bytes, mimetype: str, record: Record, suffix: str) -> Response:
    """A file named after the record in ASCII; header injection has no way in."""
    name = secure_filename(f"{record.tag or record.name}-qr.{suffix}") or f"qr.{suffix}"
    answer = Response(content, mimetype=mimetype)
    disposition = "inline" if suffix == "svg" else "attachment"
    answer.headers["Content-Disposition"] = f'{disposition}; filename="{name}"'
    return answer


def write_audit(record: Record, action: str, typed: str) -> None:
    """An event without the code itself: only its first group, enough to find the paper it is on."""
    identity = current_identity()
    audit(
        db.session(),
        account_id=identity.account_id,
        actor=identity.actor,
        action=action,
        now=now(),
        target_kind=record.kind,
        target_public_id=record.public_id,
        target_name=record.name,
        before={"sticker": typed[:4]} if typed else {},
    )
