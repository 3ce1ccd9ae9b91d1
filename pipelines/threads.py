"""Who works in parallel, and who goes first."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import cv2

FEEDING, LEISURE = 5, 10
"""Niceness of threads that are some frames ahead of a codec, and of those whose work can wait."""


@contextmanager
def one_thread_a_picture() -> Iterator[None]:
    """Keep OpenCV to the calling thread, while pictures are worked on side by side.

    Its own pool would fight with ours for the same cores: measured on two of them, a frame then
    costs half as much again. The setting is the whole process's: it holds until the last who asked
    for it is done.
    """
    _alone.enter()
    try:
        yield
    finally:
        _alone.leave()


class _Alone:
    """Counts who wants one thread a picture, and knows how many there were before the first."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._count = 0
        self._before = 0

    def enter(self) -> None:
        with self._turn:
            if self._count == 0:
                self._before = cv2.getNumThreads()
                cv2.setNumThreads(1)
            self._count += 1

    def leave(self) -> None:
        with self._turn:
            self._count -= 1
            if self._count == 0:
                cv2.setNumThreads(self._before)


_alone = _Alone()


def step_back(niceness: int = LEISURE) -> None:
    """Let the calling thread take only the time that others leave over.

    Linux gives every thread a niceness of its own; elsewhere it is the whole process's and is
    left alone.
    """
    if sys.platform == "linux":
        os.nice(niceness)
