"""Imports as jobs: a file waits in the jobs' folder under the job's public id, the rest is in the job's row."""

from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from portal.audit.operations import Actor
from portal.jobs import operations
from portal.jobs.models import Job

IMPORT = "records.import"
CHECK = "dry-run"
APPLY = "apply"
MODES = (CHECK, APPLY)
LONGEST_FILE_NAME = 100


def enqueue_import(
    session: Session,
    job_dir: Path,
    *,
    account_id: int,
    actor: Actor,
    kind: str,
    mode: str,
    file_name: str,
    data: bytes,
    now: datetime,
) -> Job:
    """Leaves the file for the worker, in the caller's transaction: a rollback leaves at most a file nobody reads."""
    payload = {"kind": kind, "mode": mode, "file_name": file_name[-LONGEST_FILE_NAME:], "actor": actor.name}
    job = operations.enqueue(
        session, kind=IMPORT, account_id=account_id, user_id=actor.user_id, payload=payload, now=now
    )
    path = import_path(job_dir, job.public_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return job


def import_path(job_dir: Path, public_id: str) -> Path:
    """Where the file of an import lies."""
    return job_dir / f"{public_id}.csv"
