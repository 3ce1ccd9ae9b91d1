"""The long-lived process that does the heavy work of a worker: one stage at a time.

It keeps models warm. When it dies, of whatever, the job is tried again in a fresh one and nothing
else is lost. It ends by itself when its worker does.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import shutil
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from pipelines.context import Context
from pipelines.errors import Cancelled, NoSpace, RemoteFailed, StillwaveError
from pipelines.files import output_errors
from service.errors import TryLater
from service.jobs.scratch import scratch
from service.jobs.task import Task
from service.logs import about_render, log_json
from service.problems import public_sentence
from service.settings import Settings

if TYPE_CHECKING:
    from service.jobs.stages import Workshop

WORTH_ANOTHER_TRY = (NoSpace, RemoteFailed, TryLater)
"""Errors that may pass by themselves; another error of ours is the request's, and final."""

PROGRESS_SECONDS = 0.1
"""Between two steps of one stage that are told."""

NICENESS = 5
"""The heavy work steps back a little, so that requests are answered while it runs."""

LOG = logging.getLogger("stillwave.hand")


def serve(connection: Connection) -> None:
    """Do what comes down the line until it closes."""
    settings = Settings.model_validate(json.loads(connection.recv_bytes()))
    with suppress(OSError):  # when memory runs out, this process goes, not the worker
        Path("/proc/self/oom_score_adj").write_text("500")
    os.nice(NICENESS)
    from service.jobs.stages import Workshop
    from service.storage.store import open_storage

    workshop = Workshop(open_storage(settings))
    line = _Line(connection)
    line.say({"ready": True})
    with scratch(settings.require_data_dir()) as own:
        while True:
            task = Task(**line.tasks.get())
            context = Context(
                settings.data_dir,
                progress=line.progress,
                cancel=line.cancel,
                machine=settings.machine(),
            )
            about_render(task.render_id)
            line.say(_answer(workshop, task, own, context))


class _Line:
    """The connection to the worker: tasks and cancellation come in, progress goes out."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._told = ("", 0.0)
        self.tasks: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.cancel = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def say(self, message: Mapping[str, object]) -> None:
        with self._lock:
            self._connection.send_bytes(json.dumps(message).encode())

    def progress(self, stage: str, done: int, total: int) -> None:
        """Pass on a stage's start, and now and then a step: telling of each would cost time."""
        now = time.monotonic()
        if stage != self._told[0] or now - self._told[1] > PROGRESS_SECONDS:
            self._told = stage, now
            self.say({"progress": [stage, done, total]})

    def _listen(self) -> None:
        while True:
            try:
                message = json.loads(self._connection.recv_bytes())
            except (EOFError, OSError):
                os._exit(0)  # the worker is gone: nobody wants the result
            if "task" in message:
                self.cancel.clear()
                self.tasks.put(message["task"])
            else:
                self.cancel.set()


def _answer(workshop: Workshop, task: Task, own: Path, context: Context) -> dict[str, object]:
    folder = Path(mkdtemp(dir=own))
    try:
        with output_errors(folder):
            return {"done": workshop.do(task, folder, context)}
    except Cancelled:
        return {"canceled": True}
    except StillwaveError as error:
        LOG.warning("stage %s of %s: %s", task.stage, task.render_id, error)
        return {"failed": told(error), "again": isinstance(error, WORTH_ANOTHER_TRY)}
    except Exception as error:
        LOG.exception("stage %s of %s broke", task.stage, task.render_id)
        return {"failed": _unforeseen(error), "again": True}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def told(error: StillwaveError) -> dict[str, object]:
    """Return an error as the document that a job keeps; the machine's own affairs are left out."""
    detail = public_sentence(error)
    if detail != str(error):
        title = detail.partition(";")[0].rstrip(".")
        return {"type": type(error).__name__, "title": title, "detail": detail}
    return {
        "type": type(error).__name__,
        "title": error.problem,
        "detail": detail,
        "actual": None if error.actual is None else str(error.actual),
        "allowed": error.allowed,
        "fix": error.fix,
    }


def _unforeseen(error: Exception) -> dict[str, object]:
    name = type(error).__name__
    return {"type": "JobFailed", "title": "the work broke", "detail": f"the work broke ({name})."}


if __name__ == "__main__":
    log_json()
    serve(Connection(int(sys.argv[1])))
