"""Who works in parallel, and who goes first."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import cv2

PATIENCE = 10
"""Niceness added to threads whose work can wait."""


@contextmanager
def one_thread_a_picture() -> Iterator[None]:
    """Keep OpenCV to the calling thread, while pictures are worked on side by side.

    Its own pool would fight with ours for the same cores: measured on two of them, a frame then
    costs half as much again. The setting is the whole process's; two jobs that end at different
    times disturb each other's speed, never their pixels.
    """
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def step_back() -> None:
    """Let the calling thread take only the time that others leave over.

    Linux gives every thread a niceness of its own; elsewhere it is the whole process's and is
    left alone.
    """
    if sys.platform == "linux":
        os.nice(PATIENCE)
