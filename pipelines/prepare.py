"""Up to the still: everything that does not depend on the camera or on a format."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np

from pipelines.arrays import Image, Mask
from pipelines.context import Context
from pipelines.depth import find_depth
from pipelines.encode import FORMATS
from pipelines.media import DepthMap, Source, Still, Subject
from pipelines.protect import MOTION, find_subject, read_mask
from pipelines.source import decode
from pipelines.spec import RenderSpec
from pipelines.still import Guidance, place_on_backdrop, restyle

DRAFT_SIDE = 720
"""Short side in pixels of a draft's still: twice its frames', so that a close framing holds."""

FINAL_SIDE = 1920
"""Short side in pixels of a final's still, unless a format shows more: the longer side of a full
screen video, so that even a close framing of it is never enlarged."""

Given: TypeAlias = Path | bytes | Source
"""A still as it may be handed over: a file, its bytes, or decoded."""

UNREDUCED = 1 << 16
"""More than any still's short side."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A still before its look.

    Attributes:
        source: what came in.
        pixels: (height, width, 3) uint8 sRGB, on its backdrop when one was asked for.
        subject: where the product is in them.
        depth: how near everything is.
        moving: where anything but the camera may move; None is everywhere.
        full_size: (width, height) of the pixels before they were reduced; None when they were not.
    """

    source: Source
    pixels: Image
    subject: Subject
    depth: DepthMap
    moving: Mask | None = None
    full_size: tuple[int, int] | None = None


def find_scene(spec: RenderSpec, source: Given, context: Context) -> Scene:
    """Decode a source, unless it is, and find its product and depth; both are kept by its hash.

    Raises:
        InvalidSource, InvalidMask, InvalidDepth: a file cannot be used.
    """
    with context.stage("source"):
        original = source if isinstance(source, Source) else decode(source)
    mask_file, depth_file = _file(spec.mask, context), _file(spec.depth, context)
    with context.stage("mask"):
        subject = find_subject(original, context, mask_file)
    pixels = original.pixels
    key = [original.sha256, subject.origin, _digest(mask_file)]
    if spec.backdrop is not None:
        with context.stage("backdrop"):
            plate = context.files.get(spec.backdrop, spec.backdrop)
            pixels, subject = place_on_backdrop(pixels, subject, plate, context)
        key += [spec.backdrop, _digest(Path(plate))]
    with context.stage("depth"):
        depth = find_depth(pixels, subject, context, key="/".join(key), depth_file=depth_file)
    moving_file = _file(spec.motion.mask, context)
    moving = None if moving_file is None else read_mask(moving_file, original.size, MOTION)
    scene = Scene(original, pixels, subject, depth, moving)
    return reduced(scene, working_side(spec))


def dress(scene: Scene, spec: RenderSpec, context: Context) -> Still:
    """Give a scene the recipe's look."""
    with context.stage("still"):
        still = restyle(
            scene.pixels,
            scene.subject,
            scene.depth,
            look=spec.look.name,
            strength=spec.look.amount,
            engine=spec.look.engine,
            guidance=_guidance(spec, context),
            context=context,
        )
    return replace(still, moving=scene.moving)


def working_side(spec: RenderSpec) -> int:
    """Return the short side, in pixels, to which a larger still is reduced before its look.

    No frame of the recipe could show more; without a look there is nothing to save, and the still
    stays as it is, bit for bit.
    """
    if spec.quality == "draft":
        return DRAFT_SIDE
    if spec.look.amount == 0:
        return UNREDUCED
    formats = [FORMATS[name] for name in spec.formats]
    return max(FINAL_SIDE, *(max(kind.size or (kind.longest,)) for kind in formats))


def reduced(scene: Scene, side: int) -> Scene:
    """Return the scene with a short side of ``side`` pixels; a smaller one stays as it is."""
    height, width = scene.pixels.shape[:2]
    scale = side / min(height, width)
    if scale >= 1:
        return scene
    size = (round(width * scale), round(height * scale))

    def smaller(plane: Mask) -> Mask:
        return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)

    horizon = scene.depth.horizon
    return replace(
        scene,
        full_size=(width, height),
        pixels=np.asarray(cv2.resize(scene.pixels, size, interpolation=cv2.INTER_AREA), np.uint8),
        subject=replace(scene.subject, mask=smaller(scene.subject.mask)),
        depth=replace(
            scene.depth,
            nearness=smaller(scene.depth.nearness),
            horizon=None if horizon is None else horizon * size[1] / height,
        ),
        moving=None if scene.moving is None else smaller(scene.moving),
    )


def _guidance(spec: RenderSpec, context: Context) -> Guidance:
    look = spec.look
    reference = _file(look.reference, context)
    return Guidance(
        model=look.model,
        prompt=look.prompt,
        negative_prompt=look.negative_prompt,
        guidance_scale=look.guidance_scale,
        num_inference_steps=look.num_inference_steps,
        scheduler=look.scheduler,
        loras=tuple((lora.name, lora.scale) for lora in look.loras),
        reference=None if reference is None else decode(reference).pixels,
        reference_scale=look.reference_scale,
        structure=look.structure,
        structure_scale=look.structure_scale,
        variations=look.variations,
        seed=spec.seed,
    )


def _file(name: str | None, context: Context) -> Path | None:
    return None if name is None else context.file(name)


def _digest(path: Path | None) -> str:
    """Hash of a file; of nothing when there is none."""
    data = path.read_bytes() if path is not None and path.is_file() else b""
    return hashlib.sha256(data).hexdigest()
