"""A form's photo: re-encoded before the write transaction begins, stored inside it, the old file removed after it."""

from dataclasses import dataclass

from flask import request
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from portal.lib.images import ImageRefused, Photo, reencode
from portal.records.queries import is_photo_used
from portal.visits import message_lists
from portal.web.context import portal


@dataclass(frozen=True)
class Upload:
    """What a form says about the photo: a new one, that it goes, or (neither) that it stays; or why it was refused."""

    photo: Photo | None = None
    is_removed: bool = False
    error: str = ""

    @property
    def key(self) -> str | None:
        """For ``photo_key`` of the operations: None leaves it."""
        return self.photo.key if self.photo else "" if self.is_removed else None


def read_upload() -> Upload:
    """The photo of this request. Slow (up to a second): called before the first query of a writing request."""
    file: FileStorage | None = request.files.get("photo")
    if file is None or not file.filename:
        return Upload(is_removed=bool(request.form.get("remove_photo")))
    try:
        return Upload(reencode(file.read()))
    except ImageRefused as refusal:
        return Upload(error=refusal.sentence)


def store(upload: Upload) -> None:
    """Writes the new photo's files, so that they are there when the row says so."""
    if upload.photo:
        portal().photos.save(upload.photo)


def drop_unused(session: Session, old_key: str, new_key: str) -> None:
    """After the commit: removes the files of a photo that nothing shows any more."""
    if not old_key or old_key == new_key:
        return
    if not is_photo_used(session, old_key) and not message_lists.is_photo_used(session, old_key):
        portal().photos.delete(old_key)
