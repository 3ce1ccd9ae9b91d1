"""How many steps run: strength cuts the front off a schedule, and must leave at least one step."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """What a pipeline is told.

    Attributes:
        num_inference_steps: of the full schedule.
        strength: share of it that runs.
        note: a sentence where that is not what was asked for, else empty.
    """

    num_inference_steps: int
    strength: float
    note: str = ""


def cut_schedule(steps: int, strength: float, longest: int) -> Schedule:
    """Return a schedule of which at least one step runs.

    A strength so small that no step would be left takes a longer schedule, whose last step begins
    at the very noise that was asked for.

    Args:
        steps: of the full schedule, as asked for.
        strength: above 0, to 1.
        longest: schedule that the scheduler can make.

    >>> cut_schedule(30, 0.5, 1000)
    Schedule(num_inference_steps=30, strength=0.5, note='')
    >>> cut_schedule(30, 0.02, 1000).num_inference_steps
    50
    """
    if _run(steps, strength):
        return Schedule(steps, strength)
    longer = math.ceil(min(longest, 1 / strength))
    while longer < longest and not _run(longer, strength):
        longer += 1
    least = strength if _run(longer, strength) else _just_one(longer)
    note = (
        f"Strength {strength:g} of {steps} steps is less than one step: the end of a schedule of "
        f"{longer} steps was run."
    )
    return Schedule(longer, least, note)


def cut_consistency_schedule(steps: int, strength: float, original: int) -> Schedule:
    """Return a schedule for a family that runs all its steps within the share that strength leaves.

    Args:
        steps: as asked for.
        strength: above 0, to 1.
        original: steps that the model was distilled from; none can be shorter than one of them.

    >>> cut_consistency_schedule(8, 0.1, 50).num_inference_steps
    5
    """
    room = _run(original, strength)
    fewer = min(steps, max(1, room))
    least = strength if room else _just_one(original)
    note = (
        f"Strength {strength:g} leaves room for {fewer} of the {steps} steps."
        if fewer < steps or not room
        else ""
    )
    return Schedule(fewer, least, note)


def _run(steps: int, strength: float) -> int:
    """Return the steps that the library leaves; it rounds down."""
    return int(steps * strength)


def _just_one(steps: int) -> float:
    """Return the smallest strength that leaves one of ``steps``; 1/n × n may be below 1."""
    return math.nextafter(1 / steps, 1.0) if int(steps * (1 / steps)) < 1 else 1 / steps
