"""The guide: the parallax clip of the shot's own path, as pictures and as latents."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from PIL import Image as Pillow

from pipelines.arrays import Frames, Image
from pipelines.media import CameraTrack
from pipelines.motion.engine import Guide
from pipelines.motion.svd.pipeline import DirectedPipeline

SAME_SHAPE = 1e-3
"""Frames whose sides' ratio differs by less are rendered at the model's size at once."""


@dataclass(frozen=True, eq=False)
class Guided:
    """The guide at the model's size and number of frames.

    Attributes:
        frames: (frames, height, width, 3) uint8 sRGB.
        twins: for each frame, the first one with the same picture.
        camera: of each frame; its size is the one they were rendered at.
    """

    frames: Frames
    twins: tuple[int, ...]
    camera: CameraTrack


def render_guide(guide: Guide, shot: tuple[int, int], size: tuple[int, int], count: int) -> Guided:
    """Render ``count`` frames of the guide at the model's size.

    The camera's geometry is that of the shot's own shape, never of a squeezed frame: where the
    model's shape differs a little, frames are rendered in the shot's and squeezed.

    Args:
        guide: of the shot.
        shot: (width, height) of its frames.
        size: (width, height) the model works at.
        count: of frames.
    """
    clip = guide(*_rendered_size(shot[0] / shot[1], size), count)
    frames = [clip.render(index) for index in range(count)]
    if (clip.width, clip.height) != size:
        frames = [cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames]
    return Guided(np.stack(frames), clip.twins or tuple(range(count)), clip.camera)


def _rendered_size(shape: float, size: tuple[int, int]) -> tuple[int, int]:
    """Return the least size of that shape that covers ``size``."""
    width, height = size
    if abs(math.log(width / height / shape)) < SAME_SHAPE:
        return size
    return math.ceil(max(width, height * shape)), math.ceil(max(height, width / shape))


@torch.no_grad()
def encode(
    pipeline: DirectedPipeline,
    frames: Frames,
    twins: tuple[int, ...],
    advance: Callable[[], None],
) -> torch.Tensor:
    """Return frames as (1, frames, channels, height, width) float32 latents on the CPU.

    They are in the scaled space in which is denoised; the library leaves its conditioning latents
    unscaled. Equal frames are encoded once.

    Args:
        frames: (frames, height, width, 3) uint8 at the model's size.
        twins: for each frame the first with the same picture.
        advance: called after each frame.
    """
    latents: list[torch.Tensor] = []
    with _encoding_precision(pipeline):
        for index, twin in enumerate(twins):
            latents.append(latents[twin] if twin < index else _encode(pipeline, frames[index]))
            advance()
    return torch.stack(latents)[None] * pipeline.vae.config.scaling_factor


def _encode(pipeline: DirectedPipeline, frame: Image) -> torch.Tensor:
    height, width = frame.shape[:2]
    picture = Pillow.fromarray(frame)
    tensor = pipeline.video_processor.preprocess(picture, height=height, width=width)
    device = pipeline._execution_device
    latent = pipeline._encode_vae_image(tensor, device, 1, do_classifier_free_guidance=False)
    return latent[0].float().cpu()


@contextmanager
def _encoding_precision(pipeline: DirectedPipeline) -> Iterator[None]:
    """Encode in float32 where the weights ask for it, as the library does."""
    if not (pipeline.vae.dtype == torch.float16 and pipeline.vae.config.force_upcast):
        yield
        return
    pipeline.vae.to(dtype=torch.float32)
    try:
        yield
    finally:
        pipeline.vae.to(dtype=torch.float16)
