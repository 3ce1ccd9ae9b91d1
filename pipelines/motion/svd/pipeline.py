"""The library's pipeline, with one thing more: guidance that is alike at both ends of a loop."""

from __future__ import annotations

import torch

from pipelines.models.libraries import quietly

with quietly():  # it remarks that torchvision is missing, which nothing here needs
    from diffusers import StableVideoDiffusionPipeline


class DirectedPipeline(StableVideoDiffusionPipeline):  # type: ignore[misc]  # untyped library
    """Stable Video Diffusion as the library runs it, bit for bit while ``closed`` is False.

    The stock pipeline raises guidance from the first frame to the last, so that a loop's ends
    differ in contrast. With ``closed`` it rises to the middle frame and falls again (the
    "triangle" of ComfyUI's VideoTriangleCFGGuidance).
    """

    closed: bool = False

    @classmethod
    def of(cls, pipeline: StableVideoDiffusionPipeline) -> DirectedPipeline:
        """Return a pipeline of the same networks; to be made before they are offloaded."""
        directed = cls(**pipeline.components)
        directed.set_progress_bar_config(disable=True)
        return directed

    @property
    def guidance_scale(self) -> float | torch.Tensor:
        """Guidance of each frame, (videos, frames, 1, 1, 1), while denoising; before, the most."""
        ramp = self._guidance_scale
        if not self.closed or not isinstance(ramp, torch.Tensor):
            return ramp
        return triangle(ramp)


def triangle(ramp: torch.Tensor) -> torch.Tensor:
    """Turn a linear ramp over dimension 1 into one that rises to the middle and falls again.

    On the circle of a loop it is lowest at the seam, between the last frame and the first.

    >>> triangle(torch.tensor([[1.0, 1.5, 2.0, 3.0]])).tolist()
    [[1.5, 2.5, 2.5, 1.5]]
    """
    frames = ramp.shape[1]
    place = (torch.arange(frames, dtype=ramp.dtype, device=ramp.device) + 0.5) / frames
    share = (1 - (2 * place - 1).abs()).reshape(1, frames, *[1] * (ramp.ndim - 2))
    first, last = ramp[:, :1], ramp[:, -1:]
    return first + share * (last - first)
