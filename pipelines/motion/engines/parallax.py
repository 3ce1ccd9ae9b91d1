"""Parallax: a layered 2.5D renderer on the CPU; also the preview of every other engine's path."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from pipelines.arrays import Mask, Plane
from pipelines.camera import CameraPath
from pipelines.camera.pose import Pose
from pipelines.context import Context
from pipelines.media import CameraTrack, Clip
from pipelines.motion.ambient import AMBIENT
from pipelines.motion.effect import Painter, Stage
from pipelines.motion.engine import Shot
from pipelines.motion.parallax.canvas import Canvas, draw_canvas
from pipelines.motion.parallax.geometry import View
from pipelines.motion.parallax.layers import cut_layers
from pipelines.motion.parallax.limit import Analysis, analyse, limited
from pipelines.motion.parallax.renderer import Renderer
from pipelines.motion.parallax.split import everything, grown, growth, split

FLAT = 1e-4
"""A nearness range below this is a flat picture: one plane, no layers."""

MARGIN_PHASES = 24
WIDEST_MARGIN = 0.35
"""Most canvas drawn outside the frame on each side, share of the longer side."""


class Parallax:
    """The embedded CPU engine: needs no weights."""

    title = "Layered parallax on the CPU"

    def animate(self, shot: Shot, context: Context) -> Clip:
        """Cut the still into layers and return a clip that renders on demand."""
        analysis = analyse(
            shot.still, shot.framing, shot.width / shot.height, shot.relief, shot.fov_deg
        )
        path, eased = limited(shot.path, analysis)
        context.step("animate", 0)
        renderer = _prepare(shot, path, analysis, context)
        poses = [path.at(phase, analysis.pivot) for phase in path.phases(shot.count)]
        warnings = [eased] if eased else []
        if path.moves_subject and len(renderer.layers) < 2:
            warnings.append("the depth map is flat, so there is no product to move by itself")
        return Clip(
            shot.width,
            shot.height,
            shot.fps,
            shot.count,
            renderer.frame,
            _track(shot, poses),
            path.closed,
            _twins(poses) if not shot.ambient else (),
            warnings=tuple(warnings),
        )


ENGINE = Parallax()


def _prepare(shot: Shot, path: CameraPath, analysis: Analysis, context: Context) -> Renderer:
    blur = max(path.at(phase / MARGIN_PHASES).blur for phase in range(MARGIN_PHASES + 1))
    margin = _margin(shot, path, analysis)
    canvas = draw_canvas(shot.still, shot.framing, shot.width, shot.height, margin)
    padding = math.ceil(blur * min(shot.width, shot.height) / 100)
    coverages = _coverages(canvas, shot)
    product = len(coverages) > 1 and shot.still.depth.origin == "proxy"
    layers = cut_layers(
        canvas,
        coverages,
        analysis.relief,
        product_first=product,
        rim=math.ceil(growth(canvas.subject, shot.still.outline)) + 2 if product else 1,
        padding=padding,
    )
    return Renderer(
        layers,
        np.ascontiguousarray(canvas.pixels[canvas.frame]),
        path.phases(shot.count),
        path,
        analysis.pivot,
        shot.fov_deg,
        margin,
        blur,
        _painters(shot, canvas, context),
    )


def _coverages(canvas: Canvas, shot: Shot) -> list[Plane]:
    """Nearest first; the last covers all."""
    behind = everything(canvas.subject.shape)
    if np.ptp(canvas.nearness) * shot.relief < FLAT:
        return [behind]
    present = bool((canvas.subject > 0.5).any())
    if shot.still.depth.origin == "proxy":
        return [grown(canvas.subject, shot.still.outline), behind] if present else [behind]
    coverages = split(canvas.nearness, shot.relief, 1.0)
    product = shot.path.moves_subject and present
    return [grown(canvas.subject), *coverages] if product else coverages


def _margin(shot: Shot, path: CameraPath, analysis: Analysis) -> int:
    """Pixels outside the frame that any frame of the path looks at."""
    corners = np.array([0.0, 1.0], np.float32)
    columns, rows = corners * (shot.width - 1), corners * (shot.height - 1)
    nearness = shot.still.depth.nearness
    ends = np.array([nearness.min(), nearness.max()], np.float32)
    depths = [float(depth) for depth in analysis.relief.inverse_depth(ends)]
    most = 0.0
    for index in range(MARGIN_PHASES + 1):
        pose = path.at(index / MARGIN_PHASES, analysis.pivot)
        lines = View.of(pose, shot.width, shot.height, shot.fov_deg, False).epipolar(columns, rows)
        for depth in depths:
            seen = lines.at(depth)
            for axis, side in zip(seen, (shot.width, shot.height), strict=True):
                most = max(most, float(-axis.min()), float(axis.max()) - (side - 1))
    return min(math.ceil(most) + 3, int(WIDEST_MARGIN * max(shot.width, shot.height)))


def _painters(shot: Shot, canvas: Canvas, context: Context) -> list[Painter]:
    if not shot.ambient:
        return []
    everywhere = np.ones((shot.height, shot.width), np.float32)
    moving = shot.still.moving
    region = everywhere if moving is None else _framed(moving, shot)
    painters = []
    for name, amount in shot.ambient:
        stage = Stage(
            pixels=np.ascontiguousarray(canvas.pixels[canvas.frame]),
            subject=np.ascontiguousarray(canvas.subject[canvas.frame]),
            nearness=np.ascontiguousarray(canvas.nearness[canvas.frame]),
            region=region,
            seconds=shot.count / shot.fps,
            rng=context.rng(f"ambient/{name}"),
        )
        painters.append(AMBIENT[name].prepare(stage, amount))
    return painters


def _framed(region: Mask, shot: Shot) -> Mask:
    """The part of a map at the still's size that the frame shows."""
    window = shot.framing
    x = (np.arange(shot.width, dtype=np.float32) + 0.5) * (window.width / shot.width)
    y = (np.arange(shot.height, dtype=np.float32) + 0.5) * (window.height / shot.height)
    columns, rows = np.meshgrid(x + window.left - 0.5, y + window.top - 0.5)
    return cv2.remap(region, columns.astype(np.float32), rows.astype(np.float32), cv2.INTER_LINEAR)


def _twins(poses: Sequence[Pose]) -> tuple[int, ...]:
    """For each frame, the first with the same pose: a sway passes each twice."""
    first: dict[bytes, int] = {}
    return tuple(first.setdefault(pose.key, index) for index, pose in enumerate(poses))


def _track(shot: Shot, poses: Sequence[Pose]) -> CameraTrack:
    return CameraTrack(
        shot.width,
        shot.height,
        np.stack([pose.lens(shot.width, shot.height, shot.fov_deg) for pose in poses]),
        np.stack([pose.camera[:3] for pose in poses]),
    )
