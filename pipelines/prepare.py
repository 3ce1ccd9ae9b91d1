"""Up to the still: everything that does not depend on the camera or on a format."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from pipelines.arrays import Image
from pipelines.context import Context
from pipelines.depth import find_depth
from pipelines.encode import FORMATS
from pipelines.media import DepthMap, Source, Still, Subject
from pipelines.protect import find_subject
from pipelines.source import decode
from pipelines.spec import RenderSpec
from pipelines.still import place_on_backdrop, restyle

DRAFT_SIDE = 720
"""Short side in pixels of a draft's still: twice its frames', so that a close framing holds."""

FINAL_SIDE = 1920
"""Short side in pixels of a final's still, unless a format shows more: the longer side of a full
screen video, so that even a close framing of it is never enlarged."""

UNREDUCED = 1 << 16
"""More than any still's short side."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A still before its look.

    Attributes:
        source: what came in.
        file: its path as given, None when it came as bytes.
        pixels: (height, width, 3) uint8 sRGB, on its backdrop when one was asked for.
        subject: where the product is in them.
        depth: how near everything is.
    """

    source: Source
    file: Path | None
    pixels: Image
    subject: Subject
    depth: DepthMap


def find_scene(spec: RenderSpec, source: Path | bytes, context: Context) -> Scene:
    """Decode a source and find its product and depth; both are kept by the source's hash.

    Raises:
        InvalidSource, InvalidMask, InvalidDepth: a file cannot be used.
    """
    with context.stage("source"):
        original = decode(source)
    mask_file, depth_file = _path(spec.mask), _path(spec.depth)
    with context.stage("mask"):
        subject = find_subject(original, context, mask_file)
    pixels = original.pixels
    key = [original.sha256, subject.origin, _digest(spec.mask)]
    if spec.backdrop is not None:
        with context.stage("backdrop"):
            pixels, subject = place_on_backdrop(pixels, subject, spec.backdrop, context)
        key += [spec.backdrop, _digest(spec.backdrop)]
    with context.stage("depth"):
        depth = find_depth(pixels, subject, context, key="/".join(key), depth_file=depth_file)
    file = source if isinstance(source, Path) else None
    scene = Scene(original, file, pixels, subject, depth)
    return reduced(scene, working_side(spec))


def dress(scene: Scene, spec: RenderSpec, context: Context) -> Still:
    """Give a scene the recipe's look."""
    with context.stage("still"):
        return restyle(
            scene.pixels,
            scene.subject,
            scene.depth,
            look=spec.look.name,
            strength=spec.look.strength,
            engine=spec.look.engine,
            context=context,
        )


def working_side(spec: RenderSpec) -> int:
    """Return the short side, in pixels, to which a larger still is reduced before its look.

    No frame of the recipe could show more; without a look there is nothing to save, and the still
    stays as it is, bit for bit.
    """
    if spec.quality == "draft":
        return DRAFT_SIDE
    if spec.look.strength == 0:
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
    mask, nearness = (
        np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)
        for plane in (scene.subject.mask, scene.depth.nearness)
    )
    horizon = scene.depth.horizon
    return replace(
        scene,
        pixels=np.asarray(cv2.resize(scene.pixels, size, interpolation=cv2.INTER_AREA), np.uint8),
        subject=replace(scene.subject, mask=mask),
        depth=replace(
            scene.depth,
            nearness=nearness,
            horizon=None if horizon is None else horizon * size[1] / height,
        ),
    )


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def _digest(text: str | None) -> str:
    """Hash of the file called ``text``; of nothing when there is none."""
    path = _path(text)
    data = path.read_bytes() if path is not None and path.is_file() else b""
    return hashlib.sha256(data).hexdigest()
