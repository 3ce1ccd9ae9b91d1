"""A folder of its own for each process that works on files, gone with the process."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from pipelines.files import sweep

SCRATCH = "scratch"
"""Folder of the data folder where files are worked on."""


@contextmanager
def scratch(data_dir: Path) -> Iterator[Path]:
    """Yield a folder for this process; sweep away those of dead ones: nobody holds their lock."""
    folder = data_dir / SCRATCH
    folder.mkdir(parents=True, exist_ok=True)
    door = os.open(folder, os.O_RDONLY)
    fcntl.flock(door, fcntl.LOCK_EX)  # nobody sweeps a folder that is not locked yet
    own = Path(mkdtemp(dir=folder))
    lock = os.open(own, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    sweep(folder.iterdir())
    os.close(door)
    try:
        yield own
    finally:
        os.close(lock)
        shutil.rmtree(own, ignore_errors=True)
