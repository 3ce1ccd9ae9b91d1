"""Runs a job so that Ctrl-C and a polite kill stop it within a second."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

from pipelines.context import Context, PreviewListener
from pipelines.errors import Cancelled
from service.console import progress
from service.settings import read_settings

T = TypeVar("T")

PATIENCE = 0.8
"""Seconds a cancelled job gets to tidy up; a library call in C may take longer than that."""


def run(
    work: Callable[[Context], T],
    patience: float = PATIENCE,
    preview: PreviewListener | None = None,
) -> T:
    """Do ``work`` in a thread with a context of its own; the main thread minds the signals.

    Args:
        work: what to do.
        patience: seconds that it gets to tidy up when it is cancelled.
        preview: who sees unfinished work.

    Raises:
        Cancelled: SIGINT or SIGTERM came.
        StillwaveError: whatever the work raised.
    """
    with progress() as listener:
        settings = read_settings()
        folder, machine = settings.require_data_dir(), settings.machine()
        context = Context(folder, progress=listener, machine=machine, preview=preview)
        results: list[T] = []
        failures: list[BaseException] = []

        def job() -> None:
            try:
                results.append(work(context))
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=job, daemon=True)
        with _cancelling(context.cancel):
            thread.start()
            _wait(thread, context.cancel, patience)
    if failures:
        raise failures[0]
    if not results:
        raise Cancelled
    return results[0]


def _wait(thread: threading.Thread, cancel: threading.Event, patience: float) -> None:
    while thread.is_alive() and not cancel.is_set():
        thread.join(0.05)
    thread.join(patience)


@contextmanager
def _cancelling(cancel: threading.Event) -> Iterator[None]:
    def handle(number: int, frame: FrameType | None) -> None:
        cancel.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
