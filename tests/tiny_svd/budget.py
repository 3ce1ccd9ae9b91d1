"""Time to train in, as a loop."""

from __future__ import annotations

import time
from collections.abc import Iterator

import torch


class Budget:
    """Iterates over the progress, 0..1, until so many seconds of work are spent.

    Counted is processor time per thread, so that a process that is paused, or that shares its
    cores, trains as long as one that runs alone.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __iter__(self) -> Iterator[float]:
        start = time.process_time()
        while (spent := (time.process_time() - start) / torch.get_num_threads()) < self.seconds:
            yield spent / self.seconds
