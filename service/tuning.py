"""Fits a process to what it does: one job on a few large pictures, or service for days."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Mapping
from threading import Thread

TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD, ARENA_MAX = -1, -2, -3, -8
"""Parameters of ``mallopt(3)``; bytes, but for the number of arenas."""

KEEP = {ARENA_MAX: 1, MMAP_THRESHOLD: 1 << 30, TRIM_THRESHOLD: 2**31 - 1, TOP_PAD: 64 << 20}
"""Freed pages are used again. By default each picture is mapped afresh and given back at once, and
the kernel clears every page of the next one."""

GIVE_BACK = {ARENA_MAX: 2, MMAP_THRESHOLD: 128 << 10, TRIM_THRESHOLD: 128 << 10, TOP_PAD: 0}
"""A picture's memory goes back at once. By default the threshold for that grows with each picture,
and what one upload took stays with the process."""

OBJECTS = 200_000
"""New objects between two collections of cycles: importing libraries makes most of them."""

REQUESTS_OBJECTS = 10_000
"""As many for a service: some tens of requests make them, and hardly any in cycles."""

SWITCH_SECONDS = 0.0001
"""Longest that one thread keeps the interpreter while another wants it. By default fifty times as
long: so long would a thread that cuts layers in OpenCV wait, after every call, for one that
imports."""


def fit_to_one_job() -> None:
    """Keep freed memory for reuse, look for garbage rarely, hand the interpreter over often.

    OpenBLAS, which comes with NumPy, gets one thread: it is asked for small products only, and its
    others would spin for work after each (measured: a twelfth of a render's processor time).
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(OBJECTS)
    _tell_allocator(KEEP)


def warm_memory(size: int) -> None:
    """Have the kernel clear ``size`` bytes for this process, beside what it does meanwhile.

    They are freed at once, for whoever asks next: see `KEEP`.
    """
    libc = _glibc()
    if libc is not None:
        Thread(target=_touch, args=(libc, size), name="memory", daemon=True).start()


def fit_to_service() -> None:
    """Give freed memory back, and look for garbage now and then."""
    gc.set_threshold(REQUESTS_OBJECTS)
    _tell_allocator(GIVE_BACK)


def settle() -> None:
    """Have what was loaded by now, and stays, never looked through for garbage again.

    A full look takes a tenth of a second, in which nobody is answered.
    """
    gc.collect()
    gc.freeze()


def leave_memory_to_the_system() -> None:
    """Spare the search for garbage at the end: what goes away with the process needs none."""
    gc.freeze()


def _tell_allocator(parameters: Mapping[int, int]) -> None:
    """Set what glibc's allocator does, where that is the one."""
    libc = _glibc()
    if libc is not None:
        for parameter, value in parameters.items():
            libc.mallopt(parameter, value)


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallopt"):
        return None
    libc.malloc.argtypes, libc.malloc.restype = [ctypes.c_size_t], ctypes.c_void_p
    libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
    libc.free.argtypes, libc.free.restype = [ctypes.c_void_p], None
    return libc


def _touch(libc: ctypes.CDLL, size: int) -> None:
    memory = libc.malloc(size)
    if memory:
        libc.memset(memory, 0, size)
        libc.free(memory)
