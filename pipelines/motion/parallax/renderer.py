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
from pipelines.motion.parallax.warp import Box, backward_map

NODE_SPACING = 16
NODE_SPACING_PRODUCT = 8


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
        width, height = self.size
        frame = np.empty((height, width, 4), np.uint8)
        for index, layer in enumerate(self.layers):
            view = View.of(pose, width, height, self.fov_deg, layer.product)
            texture = self._focused(index, pose)
            _lay(frame, layer, texture, view, self.margin)
        if pose.veil and not self._flat:
            draw_veil(frame, pose.veil, self._shade)
        return cv2.cvtColor(frame, cv2.COLOR_RGBA2RGB)

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


def _lay(frame: Image, layer: Layer, texture: Image, view: View, margin: int) -> None:
    """Warp one layer and lay it over the frame, in place."""
    box = _landing(layer, view, frame.shape[1], frame.shape[0], margin)
    if box.empty:
        return
    spacing = NODE_SPACING if layer.opaque else NODE_SPACING_PRODUCT
    origin = (layer.box.left - margin, layer.box.top - margin)
    x, y = backward_map(layer.surface, view, box, spacing, origin)
    if layer.opaque:
        cv2.remap(texture, x, y, cv2.INTER_LINEAR, dst=frame, borderMode=cv2.BORDER_REPLICATE)
        return
    warped = cv2.remap(texture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    under = frame[box.slices]
    gap = cv2.bitwise_not(cv2.extractChannel(warped, 3))
    cv2.multiply(under, cv2.cvtColor(gap, cv2.COLOR_GRAY2RGBA), dst=under, scale=1 / 255)
    cv2.add(under, warped, dst=under)


def _landing(layer: Layer, view: View, width: int, height: int, margin: int) -> Box:
    """Pixels of the frame a layer can reach."""
    if layer.opaque:
        return Box(0, 0, width, height)
    corners = layer.box.corners - margin
    depths = (float(layer.surface.values.min()), float(layer.surface.values.max()))
    seen = np.vstack([view.project(corners, depth) for depth in depths])
    left, top = np.floor(seen.min(axis=0)).astype(int) - 2
    right, bottom = np.ceil(seen.max(axis=0)).astype(int) + 3
    return Box(int(left), int(top), int(right), int(bottom)).clipped(width, height)
