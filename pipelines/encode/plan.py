"""What exactly is made for a format: size, rate, length, repeats."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipelines.encode.format import Format
from pipelines.errors import require_range

DRAFT_SIDE = 360
"""Short side of a draft, in pixels."""

LENGTHS = (0.2, 60.0)
"""Shortest and longest loop we make, in seconds."""

RATES = (1.0, 60.0)
"""Lowest and highest rate a person may ask for, in frames per second."""


@dataclass(frozen=True)
class OutputPlan:
    """What is made for one format.

    Attributes:
        width, height: even numbers of pixels.
        fps: frames per second, exact in the container.
        count: frames of one loop.
        repeats: how often the loop is played in the file.
    """

    width: int
    height: int
    fps: float
    count: int
    repeats: int

    @property
    def seconds(self) -> float:
        """Length of the file."""
        return self.count * self.repeats / self.fps


def plan_output(
    format: Format,
    still_size: tuple[int, int],
    seconds: float,
    fps: float | None = None,
    draft: bool = False,
) -> OutputPlan:
    """Plan one output of a still of ``still_size`` (width, height).

    A loop shorter than the platform's minimum is repeated whole; the rate is clamped into the
    platform's limits; a draft is scaled down to a short side of `DRAFT_SIDE`.

    Raises:
        OutOfRange: ``seconds`` or ``fps`` lies outside `LENGTHS` or `RATES`.
    """
    require_range("seconds", seconds, *LENGTHS, "s")
    rate = _rate(format, format.fps if fps is None else require_range("fps", fps, *RATES))
    count = max(2, round(seconds * rate))
    shortest = format.limits.seconds[0] or 0.0
    repeats = max(1, math.ceil(shortest * rate / count - 1e-9))
    width, height = _size(format, still_size)
    if draft:
        width, height = _scaled((width, height), min(1.0, DRAFT_SIDE / min(width, height)))
    return OutputPlan(width, height, rate, count, repeats)


def _rate(format: Format, fps: float) -> float:
    low, high = format.limits.fps
    clamped = min(max(fps, low or 0.0), high or math.inf)
    return 100.0 / max(2, round(100.0 / clamped)) if format.container == "gif" else clamped


def _size(format: Format, still_size: tuple[int, int]) -> tuple[int, int]:
    if format.size is not None:
        return format.size
    return _scaled(still_size, min(1.0, format.longest / max(still_size)))


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """Scale and round to even numbers, at least 2."""
    width, height = (max(2, 2 * round(side * scale / 2)) for side in size)
    return width, height
