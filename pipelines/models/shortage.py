"""Out of memory: one more try in a leaner mode, then a sentence that says what would fit."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from pipelines.errors import MissingCapability
from pipelines.machine import MemoryMode
from pipelines.models.placement import empty_caches
from pipelines.models.plan import BYTES, USABLE, Plan

Result = TypeVar("Result")

SIGNS = (
    "out of memory",
    "can't allocate memory",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUBLAS_STATUS_ALLOC_FAILED",
)
"""What errors say that are no :class:`torch.OutOfMemoryError` and mean the same."""

FEWEST = 2
"""Frames that are a clip."""


def with_leaner_retry(plan: Plan, run: Callable[[Plan], Result]) -> tuple[Result, Plan]:
    """Return what ``run(plan)`` returns, and the plan it worked with.

    When memory runs out, everything is freed and ``run`` is called once more with the next leaner
    plan, whose reasons say so. ``run`` begins with :func:`~pipelines.models.placement.place`.

    Raises:
        MissingCapability: memory ran out again, or nothing leaner is left; says what would fit.
    """
    if (result := _attempt(plan, run)) is not None:
        return result[0], plan
    leaner = plan.leaner()
    if leaner is None:
        raise shortage(plan)
    note = _note(plan, leaner)
    leaner = replace(leaner, reasons=(*plan.reasons, note), warnings=(*plan.warnings, note))
    if (result := _attempt(leaner, run)) is not None:
        return result[0], leaner
    raise shortage(leaner)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out, on any device."""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in SIGNS)


def shortage(plan: Plan) -> MissingCapability:
    """Return the error of a run that does not fit, with what would."""
    where = "the CPU" if plan.device == "cpu" else plan.hardware.name
    leaner = _leanest(plan).memory
    ask = "ask for less" if leaner == plan.memory else f"set STILLWAVE_MEMORY={leaner}"
    return MissingCapability(
        f"{where} ran out of memory in mode {plan.memory} with {_run(plan.needs.num_frames, plan)}",
        actual=plan.memory,
        allowed=what_fits(plan),
        fix=f"{ask}, or close other programs that use this memory",
    )


def what_fits(plan: Plan) -> str:
    """Say in words which run would fit in the leanest mode; the size is the model's own."""
    leanest, needs = _leanest(plan), plan.needs
    least = 1 if needs.variations else FEWEST
    count = _count_that_fits(leanest, most=needs.num_frames // (2 if plan == leanest else 1))
    if count >= least:
        return f"about {_run(count, plan)}, in mode {leanest.memory}"
    weights, step = needs.resident(leanest.memory), needs.denoising * least // needs.num_frames
    what = "its weights alone"
    if _room(leanest) > 0:
        what, weights = _run(least, plan), weights + max(step, needs.decoding)
    return (
        f"nothing of this model: {what} would take {weights * BYTES[plan.precision] / 1e9:.1f} GB"
    )


def _leanest(plan: Plan) -> Plan:
    memory: MemoryMode = "sequential-offload" if plan.hardware.own_memory else plan.memory
    return replace(plan, memory=memory)


def _count_that_fits(plan: Plan, most: int) -> int:
    """Return how many pictures fit, decoded one at a time; ``most`` where nobody can say."""
    needs, room = plan.needs, _room(plan)
    if room < needs.decoding:
        return 0
    return int(min(most, room * needs.num_frames / needs.denoising))


def _room(plan: Plan) -> float:
    """Return the numbers that the device has room for, beside the parameters."""
    if plan.hardware.free is None:
        return math.inf
    free = plan.hardware.free * USABLE / BYTES[plan.precision]
    return free - plan.needs.resident(plan.memory)


def _run(count: int, plan: Plan) -> str:
    needs = plan.needs
    size = f"{needs.width}×{needs.height}"
    if not needs.variations:
        return f"num_frames {count} at {size}"
    return f"a picture of {size}" if count == 1 else f"{count} variations of {size}"


def _note(plan: Plan, leaner: Plan) -> str:
    changes = [] if leaner.memory == plan.memory else [f"in mode {leaner.memory}"]
    if (count := leaner.decode_chunk_size) < plan.decode_chunk_size:
        frames = f"decoding {count} frame{'s' if count > 1 else ''}"
        work = f"drawing {count}" if plan.needs.variations else frames
        changes.append(f"{work} at a time")
    return f"Memory ran out in mode {plan.memory}; tried again {' and '.join(changes)}."


def _attempt(plan: Plan, run: Callable[[Plan], Result]) -> tuple[Result] | None:
    """Return ``run``'s result, alone in a tuple; None when memory ran out."""
    try:
        return (run(plan),)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    # Only here, past the handler, is the error gone and with it the frames that hold tensors.
    gc.collect()
    empty_caches()
    return None
