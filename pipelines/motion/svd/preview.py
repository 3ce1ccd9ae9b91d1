"""Looks at a clip while it is being made."""

from __future__ import annotations

import torch

from pipelines.context import PreviewListener
from pipelines.models.preview import EVERY, Developer


class Previews:
    """Shows the middle frame every few steps.

    Args:
        show: who sees it.
        develop: makes a picture of its latent.
    """

    def __init__(self, show: PreviewListener, develop: Developer) -> None:
        self._show = show
        self._develop = develop
        self._steps = 0

    def look(self, aim: torch.Tensor | None) -> None:
        """Take the clean latents that a step aimed at, (1, frames, channels, height, width)."""
        self._steps += 1
        if aim is not None and (self._steps - 1) % EVERY == 0:
            self._show(self._develop(aim[0, aim.shape[1] // 2].float()))
