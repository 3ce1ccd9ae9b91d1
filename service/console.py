"""Words and progress for people, on stderr: bars on a terminal, plain lines otherwise."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.context import ProgressListener


def say(text: str) -> None:
    """Write one line for people to stderr."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


@contextmanager
def progress() -> Iterator[ProgressListener]:
    """Yield a listener that shows a job's progress, from any thread."""
    if sys.stderr.isatty():
        with _bars() as listener:
            yield listener
    else:
        yield PlainLines()


class PlainLines:
    """One line when a stage starts, and one at each quarter of a counted stage."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reached: dict[str, int] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Listen to one step; a stage that is back at its start runs again."""
        quarter = 4 * done // total if total else 0
        with self._lock:
            before = self._reached.get(stage, -1)
            if quarter > before or (total and quarter == 0 < before):
                self._reached[stage] = quarter
                say(f"{stage} {done}/{total}" if quarter else stage)


@contextmanager
def _bars() -> Iterator[ProgressListener]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn())
    bars = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)
    tasks: dict[str, TaskID] = {}
    lock = threading.Lock()

    def listen(stage: str, done: int, total: int) -> None:
        with lock:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total or None)
            bars.update(tasks[stage], completed=done, total=total or None)

    with bars:
        yield listen
