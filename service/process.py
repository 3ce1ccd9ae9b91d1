"""Fits the process to what this program is: one short job on a few large pictures."""

from __future__ import annotations

import ctypes
import gc
import sys

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -2, -3, -8
"""Parameters of ``mallopt(3)``."""

LARGEST = 1 << 30
"""Bytes: only larger requests are mapped by themselves."""

STEP = 64 << 20
"""Bytes by which the heap grows."""


OBJECTS = 200_000
"""New objects between two collections of cycles: importing libraries makes most of them."""


def fit_to_one_job() -> None:
    """Keep freed memory for reuse, and look for garbage rarely."""
    gc.set_threshold(OBJECTS)
    _keep_freed_memory()


def leave_memory_to_the_system() -> None:
    """Spare the search for garbage at the end: what goes away with the process needs none."""
    gc.freeze()


def _keep_freed_memory() -> None:
    """Tell glibc's allocator, where that is the one, to reuse freed pages.

    By default each picture is mapped afresh and given back at once, and the kernel clears every
    page of the next one again.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    for parameter, value in (
        (M_ARENA_MAX, 1),
        (M_MMAP_THRESHOLD, LARGEST),
        (M_TRIM_THRESHOLD, 2**31 - 1),
        (M_TOP_PAD, STEP),
    ):
        mallopt(parameter, value)
