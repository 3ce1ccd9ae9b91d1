"""What a job carries with it: progress, cancellation, named seed streams, folders.

Passed in, never global: two jobs in one process do not see each other.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from pipelines.arrays import Image
from pipelines.errors import Cancelled
from pipelines.machine import Machine

ProgressListener = Callable[[str, int, int], None]
"""Called as ``listener(stage, done, total)``; ``total`` 0 means "not known yet"."""

PreviewListener = Callable[[Image], None]
"""Called with (height, width, 3) uint8 sRGB pictures, from any thread."""


def _silent(stage: str, done: int, total: int) -> None:
    """Listen to nothing."""


@dataclass(frozen=True)
class Context:
    """One job's surroundings.

    Attributes:
        data_dir: holds ``models/`` and ``cache/``; made on first use.
        seed: the recipe's seed; every random stream derives from it.
        progress: told about each step, from any thread.
        cancel: set it from anywhere to stop the job at its next step.
        timings: seconds spent in each stage, filled by :meth:`stage`.
        machine: what this machine decides for generative engines.
        preview: shown a rough (height, width, 3) uint8 picture now and then while one works.
        files: what a recipe calls a file → where it lies, unless it names files by their paths.
    """

    data_dir: Path
    seed: int = 0
    progress: ProgressListener = _silent
    cancel: threading.Event = field(default_factory=threading.Event)
    timings: dict[str, float] = field(default_factory=dict)
    machine: Machine = field(default_factory=Machine)
    preview: PreviewListener | None = None
    files: Mapping[str, Path] = field(default_factory=dict)

    @property
    def models_dir(self) -> Path:
        """Where model weights are kept."""
        return self.data_dir / "models"

    @property
    def cache_dir(self) -> Path:
        """Where masks and depth maps are kept by their source's hash."""
        return self.data_dir / "cache"

    def file(self, name: str) -> Path:
        """Return where the file that a recipe names lies."""
        return self.files.get(name, Path(name))

    def step(self, stage: str, done: int, total: int = 0) -> None:
        """Report progress; the place where a cancelled job stops.

        Raises:
            Cancelled: when `cancel` is set.
        """
        if self.cancel.is_set():
            raise Cancelled
        self.progress(stage, done, total)

    def aside(self) -> Context:
        """Return the same job for work beside the stage that is told: its progress is not."""
        return replace(self, progress=_silent)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage (seconds add up when it runs again) and check for cancellation."""
        self.step(name, 0)
        start = time.perf_counter()
        try:
            yield
        finally:
            self.timings[name] = self.timings.get(name, 0.0) + time.perf_counter() - start

    def rng(self, name: str) -> np.random.Generator:
        """Return the random stream called ``name``: the same for the same seed and name.

        Streams are independent, so adding one consumer never changes another's numbers.

        >>> first, second = (Context(Path("."), seed=7).rng("grain") for _ in range(2))
        >>> bool(first.integers(100) == second.integers(100))
        True
        """
        digest = hashlib.blake2b(name.encode(), digest_size=8, key=str(self.seed).encode())
        return np.random.default_rng(int.from_bytes(digest.digest(), "big"))
