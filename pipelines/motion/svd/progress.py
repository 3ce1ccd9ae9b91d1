"""One count over all that a generation does, so that its progress only rises."""

from __future__ import annotations

from pipelines.context import Context

STAGE = "animate"


class Progress:
    """Counts pieces of work and stops where the job is cancelled.

    Args:
        context: the job.
        total: pieces in all: guide frames encoded, steps, decoded chunks, pairs of frames.
    """

    def __init__(self, context: Context, total: int) -> None:
        self._context = context
        self._total = total
        self._done = 0
        context.step(STAGE, 0, total)

    def advance(self) -> None:
        """Say that one piece is done.

        Raises:
            Cancelled: the job was cancelled.
        """
        self._done += 1
        self._context.step(STAGE, self._done, self._total)
