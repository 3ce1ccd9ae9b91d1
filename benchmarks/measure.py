"""Whole processes by the clock: interleaved repeats after a warm-up, medians with their ranges."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from statistics import median
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Sample:
    """One run of a process.

    Attributes:
        wall: seconds from before the start to after the end.
        cpu: seconds of user and system time, of the process and its children.
        peak: largest resident set of any one of them, bytes. The kernel also counts what the
            launching process held, so that one imports nothing heavy.
    """

    wall: float
    cpu: float
    peak: int


@dataclass(frozen=True)
class Job:
    """A command to be measured.

    Attributes:
        name: its row in the table.
        command: the program and its arguments.
        environment: variables laid over this process's own.
        before: runs ahead of every start, outside the measured time.
        after: runs after every measured end, outside the measured time.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None


Samples = dict[str, list[Sample]]
"""Job → its samples, one a round."""


def run_job(job: Job) -> Sample:
    """Run a job once.

    Raises:
        subprocess.CalledProcessError: it ended with another code than 0.
    """
    job.before()
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(
            job.command,
            env=os.environ | job.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            print(said.read().decode(errors="replace"), file=sys.stderr)
            raise subprocess.CalledProcessError(process.returncode, job.command)
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def interleaved(jobs: Sequence[Job], repeats: int) -> Samples:
    """Run every job once unmeasured, then all of them in turn, ``repeats`` times over.

    Every other round runs backwards, so that no job always follows the same one.
    """
    for job in jobs:
        progress(f"warm-up: {job.name}")
        run_job(job)
    samples: Samples = {job.name: [] for job in jobs}
    for turn in range(repeats):
        for job in jobs if turn % 2 == 0 else reversed(jobs):
            sample = run_job(job)
            progress(f"{turn + 1}/{repeats}: {job.name}: {sample.wall:.2f} s")
            samples[job.name].append(sample)
            job.after()
    return samples


def ratios(samples: Samples, name: str, base: str) -> list[float]:
    """Return a job's wall time over ``base``'s, round by round: noise of a round cancels."""
    return [one.wall / other.wall for one, other in zip(samples[name], samples[base], strict=True)]


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Write a median and its range.

    >>> spread([3.0, 1.0, 2.0], 1)
    '2.0 (1.0–3.0)'
    """
    low, high = min(values), max(values)
    return f"{median(values):.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def apart(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call ``function`` in a fresh process, so that this one stays small."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(function, *args, **kwargs).result()


def progress(line: str) -> None:
    """Tell the person who waits."""
    print(line, file=sys.stderr, flush=True)
