"""One job from order to files, as if it had been done here."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from pipelines.context import Context, ProgressListener
from pipelines.errors import Cancelled
from pipelines.files import publish_folder
from service.client.connection import Connection, Job, Parts
from service.jobs.nouns import Kind
from service.problems import error_told

DOWNLOAD = "download"

MANIFESTS: Mapping[Kind, str] = {"render": "report.json", "exploration": "explore.json"}
"""The file that says what was made, and stands for the whole."""

LOOK_SECONDS = 0.05
"""Between two looks whether this end was cancelled."""


def deliver(
    connection: Connection,
    kind: Kind,
    order: tuple[Mapping[str, Any], Parts],
    out: Path,
    context: Context,
) -> str:
    """Have a job done and bring its files home; return its report's text.

    Args:
        connection: to the service.
        kind: of the job.
        order: what it is, and the files of its form.
        out: receives the files, all together or none.
        context: of this end: its progress is the service's, and its cancel is passed on.

    Raises:
        Cancelled: at either end.
        StillwaveError: the error that the job failed with, or the service refuses with.
    """
    job = connection.create(kind, *order, uuid.uuid4().hex)
    with _cancelled_together(connection, job, context.cancel):
        job = connection.follow(job, context.step)
    require_success(job)
    bring_home(connection, job, out, context.step)
    return (out / MANIFESTS[kind]).read_text("utf-8")


def require_success(job: Job) -> None:
    """Raise what a job that has ended came to, if that is not success.

    Raises:
        Cancelled: it was.
        StillwaveError: the error that it failed with.
    """
    if job["state"] == "canceled":
        raise Cancelled
    if job["error"] is not None:
        raise error_told(job["error"])


def bring_home(connection: Connection, job: Job, out: Path, heard: ProgressListener) -> list[Path]:
    """Bring every file of a job that succeeded into ``out``; ``heard`` is told the bytes of all.

    Raises:
        OutputRefused: the folder cannot be written.
        NoSpace: the disk is full.
        RemoteFailed: the service does not deliver.
    """
    files = [(file, _place(connection, str(file["name"]))) for file in job["artifacts"]]
    total, before = sum(int(file["bytes"]) for file, _ in files), 0
    with publish_folder(out, last=MANIFESTS[job["object"]]) as folder:
        for file, place in files:
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            start = before

            def count(got: int, _: int, start: int = start) -> None:
                heard(DOWNLOAD, start + got, total)

            connection.fetch(file, folder / place, count)
            before += int(file["bytes"])
    return [out / place for _, place in files]


def _place(connection: Connection, name: str) -> PurePosixPath:
    """Return where a file goes below the folder; a name must not lead out of it."""
    place = PurePosixPath(name)
    if not name or place.is_absolute() or any(part.startswith(".") for part in place.parts):
        raise connection.failure(f"names a file {name[:60]!r}", "do not trust it")
    return place


@contextmanager
def _cancelled_together(
    connection: Connection, job: Job, cancel: threading.Event
) -> Iterator[None]:
    """Cancel the job at the service as soon as this end is cancelled."""
    over = threading.Event()

    def mind() -> None:
        while not over.wait(LOOK_SECONDS):
            if cancel.is_set():
                break
        if cancel.is_set():
            connection.cancel(job)

    minder = threading.Thread(target=mind, daemon=True)
    minder.start()
    try:
        yield
    finally:
        over.set()
        minder.join()
