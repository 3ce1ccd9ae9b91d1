"""A scheduler under observation: it can turn what the model sees in time, and keeps its aim.

Turning is the latent shift of "Mobius", arXiv 2502.20307: before each step the frames are rolled
in time and the prediction is rolled back, so that each frame meets each position of the network
and the last frame has the first one as its neighbour. Nothing else in the network's input depends
on the frame: the conditioning picture is the same for all of them.
"""

from __future__ import annotations

from math import gcd
from typing import Any

import torch
from diffusers import SchedulerMixin

GOLDEN = 0.381966
"""(3 − √5) / 2: multiples of it fill a circle evenly, however many there are."""

FRAMES = 1
"""The dimension of time in (videos, frames, channels, height, width)."""


def stride(frames: int) -> int:
    """Return by how many frames to turn from step to step.

    Nearest to the golden section of ``frames`` among those that visit every position before any
    comes again.

    >>> stride(25), stride(14), stride(6)
    (9, 5, 1)
    """
    visiting = [turn for turn in range(1, max(2, frames)) if gcd(turn, frames) == 1]
    return min(visiting, key=lambda turn: abs(turn - GOLDEN * frames))


class Steps:
    """Stands in for a scheduler during one generation.

    Args:
        scheduler: the pipeline's own; everything not said here is left to it.
        turn: frames to turn by; 0 leaves all as it is, bit for bit.
        every: steps between two turns: as many as the network's features are kept for.

    Attributes:
        aim: the clean latents that the last step moved towards; None before the first.
    """

    def __init__(self, scheduler: SchedulerMixin, turn: int = 0, every: int = 1) -> None:
        self._scheduler = scheduler
        self._turn = turn
        self._every = every
        self._taken = 0
        self.aim: torch.Tensor | None = None

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._scheduler, name)

    @property
    def offset(self) -> int:
        """How far the model's input is turned at this step, in frames."""
        return self._turn * (self._taken // self._every)

    def scale_model_input(self, sample: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
        """Turn the frames, then scale them as the scheduler does."""
        if self.offset:
            sample = torch.roll(sample, -self.offset, FRAMES)
        return self._scheduler.scale_model_input(sample, timestep)

    def step(self, output: torch.Tensor, timestep: torch.Tensor, sample: torch.Tensor) -> Any:  # noqa: ANN401
        """Turn the prediction back, then step as the scheduler does."""
        if self.offset:
            output = torch.roll(output, self.offset, FRAMES)
        result = self._scheduler.step(output, timestep, sample)
        self._taken += 1
        self.aim = getattr(result, "pred_original_sample", None)
        return result
