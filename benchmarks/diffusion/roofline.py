"""Arithmetic: how much Stable Video Diffusion computes, and how fast a device could do it.

Counted by torch on the device ``meta``, where tensors have shapes and no memory, so that the
full-size networks can be counted on any machine. Normalisations and the like are left out: they
wait for memory, not for arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.diffusion.networks import Scale, make_unet, make_vae
from pipelines.motion.svd.feature_cache import cached_features

REFERENCE = 790e12
"""Operations a second that the aims are reckoned with: bfloat16 on an H100 at work."""

PEAKS = {
    "B200": 2250e12,
    "H200": 989e12,
    "H100 PCIe": 756e12,
    "H100 NVL": 835e12,
    "H100": 989e12,
    "MI300X": 1307e12,
    "A100": 312e12,
    "L40S": 362e12,
    "RTX 6000 Ada": 364e12,
    "RTX 5090": 209e12,
    "RTX 4090": 165e12,
    "RTX 3090": 71e12,
    "A10G": 70e12,
    "A10": 125e12,
    "L4": 121e12,
}
"""Operations a second in dense bfloat16 with float32 sums, from data sheets, by a part of the
device's name; the first that matches counts."""


@dataclass(frozen=True)
class Work:
    """Operations (a multiplication and an addition are two) of each part of a clip.

    Attributes:
        whole: one denoising step, one pass.
        outermost: one step that takes its deep features from an earlier one, one pass.
        decoding: all frames.
        encoding: the still.
    """

    whole: float
    outermost: float
    decoding: float
    encoding: float

    def clip(self, steps: int, passes: int, interval: int = 1) -> float:
        """Return the operations of a clip whose deep features are computed every so many steps."""
        whole = -(-steps // interval)
        denoising = whole * self.whole + (steps - whole) * self.outermost
        return passes * denoising + self.decoding + self.encoding


def count_work(scale: Scale, num_frames: int) -> Work:
    """Count the operations of a clip of that length at that scale."""
    with torch.device("meta"):
        # What the library makes by older calls ignores the device, and is moved there.
        unet, vae = (make(scale).to("meta").eval() for make in (make_unet, make_vae))
        side = 2 ** (len(scale.vae_widths) - 1)
        size = scale.height // side, scale.width // side
        noisy = torch.empty(1, num_frames, 8, *size)
        given = noisy, torch.empty(()), torch.empty(1, 1, scale.embedding), torch.empty(1, 3)
        latents = torch.empty(num_frames, 4, *size)
        picture = torch.empty(1, 3, scale.height, scale.width)
    with cached_features(unet, 2):
        whole, outermost = (_operations(lambda: unet(*given)) for _ in range(2))
    decoding = _operations(lambda: vae.decode(latents, num_frames=num_frames))
    return Work(whole, outermost, decoding, _operations(lambda: vae.encode(picture)))


def find_peak(name: str) -> float | None:
    """Return a device's operations a second by its name; None for one that is not in the table.

    >>> find_peak("NVIDIA H100 80GB HBM3"), find_peak("NVIDIA A10G"), find_peak("Riva TNT")
    (989000000000000.0, 70000000000000.0, None)
    """
    return next((peak for part, peak in PEAKS.items() if part in name), None)


def _operations(run: Callable[[], object]) -> float:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        run()
    return float(counter.get_total_flops())
