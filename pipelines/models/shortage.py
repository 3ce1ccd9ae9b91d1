"""Out of memory: one more try in a leaner mode, then a sentence that says what would fit."""

from __future__ import annotations

import gc
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

STEP = 64
"""Sizes that are advised are multiples of this: the networks halve them three times after /8."""


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
    leaner = replace(leaner, reasons=(*plan.reasons, _note(plan, leaner)))
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
    needs = plan.needs
    return MissingCapability(
        f"{where} ran out of memory in mode {plan.memory} with {_run(needs.num_frames, plan)}",
        actual=plan.memory,
        allowed=what_fits(plan),
        fix="ask for less, or close other programs that use this memory",
    )


def what_fits(plan: Plan) -> str:
    """Say in words which runs would fit in the leanest mode."""
    leanest: MemoryMode = "sequential-offload" if plan.hardware.own_memory else plan.memory
    share = _share_that_fits(replace(plan, memory=leanest))
    if share == 0:
        weights = plan.needs.resident(leanest) * BYTES[plan.precision]
        return f"nothing of this model: its weights alone take {weights / 1e9:.1f} GB"
    frames = int(plan.needs.num_frames * share)
    shorter = f"{_run(frames, plan)}, or " if frames >= 2 else ""
    return f"about {shorter}{_run(plan.needs.num_frames, plan, share**0.5)}, in mode {leanest}"


def _share_that_fits(plan: Plan) -> float:
    """Return the share of this run's pixels that fits; half of them where nobody can say."""
    needs, each = plan.needs, BYTES[plan.precision]
    if plan.hardware.free is None:
        return 0.5
    room = plan.hardware.free * USABLE / each - needs.resident(plan.memory)
    alive = max(needs.denoising, plan.decode_chunk_size * needs.decoding)
    return min(0.5, max(0.0, room / alive))


def _run(num_frames: int, plan: Plan, scale: float = 1.0) -> str:
    width, height = (_down(side * scale) for side in (plan.needs.width, plan.needs.height))
    if plan.needs.num_frames == 1:
        return f"a size of {width}×{height}"
    return f"num_frames {num_frames} at {width}×{height}"


def _down(side: float) -> int:
    return max(STEP, int(side // STEP) * STEP)


def _note(plan: Plan, leaner: Plan) -> str:
    changes = [] if leaner.memory == plan.memory else [f"in mode {leaner.memory}"]
    if leaner.decode_chunk_size < plan.decode_chunk_size:
        changes.append(f"decoding {leaner.decode_chunk_size} frames at a time")
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
