"""Paints one frame: each layer warped to the new view, farthest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from pipelines.arrays import Image, Matrix
from pipelines.camera import CameraPath
from pipelines.camera.path import Pivot
from pipelines.camera.pose import Pose, plane_homography
from pipelines.motion.effect import Moment, Painter
from pipelines.motion.parallax.geometry import View
from pipelines.motion.parallax.layers import Layer
from pipelines.motion.parallax.lens import Defocus, draw_veil, veil_shade
from pipelines.motion.parallax.tiles import Extent, Run, bands, find_runs
from pipelines.motion.parallax.warp import BackwardMap

NODE_SPACING = 16


@dataclass(frozen=True, eq=False)
class Renderer:
    """Renders any frame of one shot, in any order, from any thread.

    Attributes:
        layers: in painting order.
        first: frame 0 before effects, (height, width, 3) uint8.
        phases: of each frame.
        path: as eased for this still.
        pivot: the subject's middle.
        fov_deg: field of view.
        margin: of the canvas the layers were cut from, pixels.
        blur: most blur of the path, % of the short side.
        painters: ambient effects, in order.
    """

    layers: Sequence[Layer]
    first: Image
    phases: Sequence[float]
    path: CameraPath
    pivot: Pivot
    fov_deg: float
    margin: int
    blur: float
    painters: Sequence[Painter]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of a frame."""
        return self.first.shape[1], self.first.shape[0]

    def frame(self, index: int) -> Image:
        """Return frame ``index``, (height, width, 3) uint8 sRGB."""
        phase = self.phases[index]
        pose = self.path.at(phase, self.pivot)
        pixels = self.first.copy() if index == 0 else self._paint(pose)
        moment = Moment(phase, pixels, self._scene_warp(pose)) if self.painters else None
        for painter in self.painters:
            assert moment is not None
            moment = Moment(phase, painter(moment), moment.warp)
        return moment.pixels if moment else pixels

    def _paint(self, pose: Pose) -> Image:
        """Solve where each layer is seen, then paint band by band what each part needs."""
        width, height = self.size
        frame = np.empty((height, width, 3), np.uint8)
        order = range(len(self.layers) - 1, -1, -1)
        maps = [self._solved(self.layers[index], pose) for index in order]
        textures = [self._focused(index, pose) for index in order]
        nearer = [
            extent.at(seen.bounds()) for extent, seen in zip(self._extents, maps, strict=False)
        ]
        for rows, runs in zip(bands(height), find_runs(nearer, self.size), strict=True):
            band = _paint_band(rows, runs, textures, maps, width)
            if pose.veil and not self._flat:
                draw_veil(band, pose.veil, self._shade)
            cv2.cvtColor(band, cv2.COLOR_RGBA2RGB, dst=frame[rows])
        return frame

    def _solved(self, layer: Layer, pose: Pose) -> BackwardMap:
        """Where the frame looks in a layer's texture."""
        view = View.of(pose, *self.size, self.fov_deg, layer.product)
        origin = (layer.box.left - self.margin, layer.box.top - self.margin)
        return BackwardMap.solve(layer.surface, view, self.size, NODE_SPACING, origin)

    @cached_property
    def _extents(self) -> list[Extent]:
        """Nearest first, without the farthest, which covers everything."""
        reach = max((blurred.reach for blurred in self._defocus), default=0)
        return [Extent.of(layer.texture[..., 3], reach) for layer in self.layers[:0:-1]]

    def _focused(self, index: int, pose: Pose) -> Image:
        if pose.blur <= 0 or not self._defocus:
            return self.layers[index].texture
        focus = max(1 / pose.focus, self._farthest)
        return self._defocus[index].texture(pose.blur * min(self.size) / 100, focus)

    def _scene_warp(self, pose: Pose) -> Matrix:
        """Affine from frame 0 to this frame at the subject's depth, exact at its middle."""
        width, height = self.size
        view = View.of(pose, width, height, self.fov_deg, product=False)
        plane = plane_homography(view.first, view.lens, view.motion)
        middle = view.first @ np.array(self.pivot)
        x, y = middle[:2] / middle[2]
        points = np.array([[x, y, 1.0], [x + 1, y, 1.0], [x, y + 1, 1.0]]) @ plane.T
        origin, right, down = points[:, :2] / points[:, 2:]
        linear = np.column_stack([right - origin, down - origin])
        return np.column_stack([linear, origin - linear @ (x, y)])

    @cached_property
    def _defocus(self) -> list[Defocus]:
        if self.blur <= 0 or self._flat:
            return []
        spread = max(abs(layer.surface.values - 1).max() for layer in self.layers)
        diameter = float(self.blur * min(self.size) / 100 * max(spread, 1 - self._farthest))
        return [Defocus.of(layer, max(diameter, 1.0)) for layer in self.layers]

    @cached_property
    def _farthest(self) -> float:
        return float(min(layer.surface.values.min() for layer in self.layers))

    @cached_property
    def _flat(self) -> bool:
        return all(layer.surface.flat for layer in self.layers)

    @cached_property
    def _shade(self) -> tuple[float, ...]:
        return veil_shade(self.first)


def _paint_band(
    rows: slice,
    runs: Sequence[Run],
    textures: Sequence[Image],
    maps: Sequence[BackwardMap],
    width: int,
) -> Image:
    """Return a band of the frame, (rows, width, 4) uint8; layers nearest first."""
    band = np.empty((rows.stop - rows.start, width, 4), np.uint8)
    seen = {index: maps[index].band(rows, span) for index, span in _spans(runs).items()}
    for run in runs:
        part = band[:, run.columns]
        for order, index in enumerate(reversed(run.layers)):
            x, y = seen[index].at(run.columns)
            farthest = index == len(textures) - 1
            border = cv2.BORDER_REPLICATE if farthest else cv2.BORDER_CONSTANT
            if order == 0:
                cv2.remap(textures[index], x, y, cv2.INTER_LINEAR, dst=part, borderMode=border)
            else:
                _over(part, cv2.remap(textures[index], x, y, cv2.INTER_LINEAR, borderMode=border))
    return band


def _spans(runs: Sequence[Run]) -> dict[int, slice]:
    """For each layer that shows in a band, the columns from the first to the last it is seen in."""
    spans: dict[int, slice] = {}
    for run in runs:
        for index in run.layers:
            first = spans.get(index, run.columns).start
            spans[index] = slice(first, run.columns.stop)
    return spans


def _over(under: Image, layer: Image) -> None:
    """Lay a premultiplied (rows, columns, 4) uint8 picture over another, in place."""
    gap = cv2.bitwise_not(cv2.extractChannel(layer, 3))
    cv2.multiply(under, cv2.cvtColor(gap, cv2.COLOR_GRAY2RGBA), dst=under, scale=1 / 255)
    cv2.add(under, layer, dst=under)
