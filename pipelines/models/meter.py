"""Progress of large files, in megabytes."""

from __future__ import annotations

from pipelines.context import ProgressListener

MEGABYTE = 1_000_000


def silent(stage: str, done: int, total: int) -> None:
    """Listen to nothing."""


class Meter:
    """Adds up bytes over several files and tells them in megabytes, each number once.

    Args:
        stage: what the listener is told is going on.
        total: bytes to come.
        progress: told ``(stage, megabytes, all megabytes)``; may raise to end the work.
    """

    def __init__(self, stage: str, total: int, progress: ProgressListener) -> None:
        self._stage, self._total, self._progress = stage, max(1, total // MEGABYTE), progress
        self._bytes = 0
        self._told = -1

    def add(self, count: int) -> None:
        """Count ``count`` more bytes; less than zero where a file starts anew."""
        self._bytes += count
        done = min(self._bytes // MEGABYTE, self._total)
        if done != self._told:
            self._told = done
            self._progress(self._stage, done, self._total)

    def finish(self) -> None:
        """Tell that everything came."""
        self._progress(self._stage, self._total, self._total)
