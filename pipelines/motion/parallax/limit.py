"""How far a camera may go on this still before the layers show what they cannot.

Measured on a small copy of fixed size, so that a draft and its final get the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Depth, Image, Mask
from pipelines.camera import CameraPath
from pipelines.camera.path import Pivot
from pipelines.media import DepthOrigin, Framing, Still
from pipelines.motion.parallax.canvas import draw_canvas
from pipelines.motion.parallax.geometry import Epipolar, FloatMap, Relief, View
from pipelines.quantile import quantile

ANALYSIS_SIDE = 192
"""Longer side of the small copy, pixels."""

PHASES = 16

UNCOVERED: Mapping[DepthOrigin, float] = {
    "proxy": 0.055,
    "file": 0.14,
    "depth-anything-v2-small": 0.08,
}
"""Widest strip a move may uncover beside a layer, share of the frame's short side: the surer the
depth, the more a viewer forgives."""

BEYOND_BUSY, BEYOND_PLAIN = 0.03, 0.08
"""Farthest a move may look past the still's own border, share of the frame's longer side, where
the border is busy and where it is plain. A depth map of the user's own is taken at its word."""

BUSY = 12.0
"""Grey levels of detail in a border that make it busy."""

TURNED = 0.8
"""Steepest change of displacement across a surface, pixels per pixel: 1 is edge-on."""


@dataclass(frozen=True)
class Reach:
    """What the path asks for, each as a share of what the still can show (1 = just so)."""

    uncovered: float
    beyond: float
    turned: float

    @property
    def most(self) -> float:
        """The tightest of the three."""
        return max(self.uncovered, self.beyond, self.turned)

    @property
    def reason(self) -> str:
        """The tightest of the three, in words."""
        return {
            self.uncovered: "it would uncover too much behind the product",
            self.beyond: "it would look past the border of the still",
            self.turned: "it would turn the product past its relief",
        }[self.most]


@dataclass(frozen=True, eq=False)
class Analysis:
    """The small copy, ready to be asked about paths."""

    subject: Mask
    nearness: Depth
    relief: Relief
    room: tuple[float, float, float, float]
    width: int
    height: int
    fov_deg: float
    pivot: Pivot
    origin: DepthOrigin
    grace: float

    def reach(self, path: CameraPath) -> Reach:
        """Measure the whole path."""
        poses = {pose.key: pose for pose in (path.at(at, self.pivot) for at in path.phases(PHASES))}
        views = [
            View.of(pose, self.width, self.height, self.fov_deg, product)
            for pose in poses.values()
            for product in ((False, True) if path.moves_subject else (False,))
        ]
        lines = [self._lines(view) for view in views]
        scene = lines[:: 2 if path.moves_subject else 1]
        return Reach(
            max(self._uncovered(each) for each in lines) / UNCOVERED[self.origin],
            max(self._beyond(each) for each in scene) / self.grace,
            max(self._turned(each) for each in lines) / TURNED,
        )

    def _lines(self, view: View) -> Epipolar:
        """Where each pixel looks, by inverse depth."""
        return view.epipolar(
            np.arange(self.width, dtype=np.float32), np.arange(self.height, dtype=np.float32)
        )

    def _uncovered(self, lines: Epipolar) -> float:
        """Relative displacement across depth edges, share of the short side."""
        strip = np.hypot(*lines.per_inverse_depth) * self._jump
        return quantile(strip, 0.995) / min(self.width, self.height)

    def _beyond(self, lines: Epipolar) -> float:
        """How far a frame border looks past the still, share of the longer side."""
        seen_x, seen_y = lines.at(self._depth)
        left, top, right, bottom = self.room
        past = [
            -left - seen_x[:, 0],
            -top - seen_y[0],
            seen_x[:, -1] - (self.width - 1 + right),
            seen_y[-1] - (self.height - 1 + bottom),
        ]
        worst = max(quantile(side, 0.9) for side in past)
        return max(0.0, worst) / max(self.width, self.height)

    def _turned(self, lines: Epipolar) -> float:
        """Steepest change of displacement inside the subject."""
        if not self._inside.any():
            return 0.0
        move = lines.per_inverse_depth
        slope = self._slope[0] * move[0][self._inside] + self._slope[1] * move[1][self._inside]
        return quantile(np.abs(slope), 0.99)

    @cached_property
    def _depth(self) -> FloatMap:
        return self.relief.inverse_depth(self.nearness)

    @cached_property
    def _jump(self) -> FloatMap:
        """Largest difference of inverse depth to a neighbour's."""
        around = np.ones((3, 3), np.uint8)
        return np.asarray(cv2.dilate(self._depth, around) - cv2.erode(self._depth, around))

    @cached_property
    def _inside(self) -> NDArray[np.bool_]:
        """The subject without its rim."""
        return cv2.erode((self.subject > 0.5).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0

    @cached_property
    def _slope(self) -> tuple[FloatMap, FloatMap]:
        """Slope of inverse depth in x and y, per pixel, inside the subject."""
        depth = self.relief.inverse_depth(cv2.GaussianBlur(self.nearness, (0, 0), 1.0))
        x, y = (
            cv2.Sobel(depth, cv2.CV_32F, across, 1 - across, scale=1 / 8)[self._inside]
            for across in (1, 0)
        )
        return x, y


def analyse(
    still: Still, framing: Framing, aspect: float, relief: float, fov_deg: float
) -> Analysis:
    """Make the small copy of what a frame of that aspect shows."""
    width = round(ANALYSIS_SIDE * min(1.0, aspect))
    height = round(ANALYSIS_SIDE * min(1.0, 1 / aspect))
    canvas = draw_canvas(still, framing, width, height, 0)
    scale = width / framing.width
    still_width, still_height = still.size
    room = (
        framing.left * scale,
        framing.top * scale,
        (still_width - framing.left - framing.width) * scale,
        (still_height - framing.top - framing.height) * scale,
    )
    geometry = Relief.of(still.depth.nearness, still.subject.mask, relief)
    pivot = find_pivot(canvas.subject, fov_deg)
    return Analysis(
        canvas.subject,
        canvas.nearness,
        geometry,
        room,
        width,
        height,
        fov_deg,
        pivot,
        still.depth.origin,
        BEYOND_PLAIN if still.depth.origin == "file" else _grace(canvas.pixels),
    )


def _grace(pixels: Image) -> float:
    """Share of the longer side that may be looked at past the border."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    detail = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), ANALYSIS_SIDE / 24))
    rim = max(2, ANALYSIS_SIDE // 16)
    border = np.ones(grey.shape, bool)
    border[rim:-rim, rim:-rim] = False
    busy = min(float(detail[border].mean()) / BUSY, 1.0)
    return BEYOND_PLAIN + (BEYOND_BUSY - BEYOND_PLAIN) * busy


def find_pivot(subject: Mask, fov_deg: float) -> Pivot:
    """Return the subject's middle in the subject plane, in camera coordinates."""
    height, width = subject.shape
    total = float(subject.sum())
    if total < 1.0:
        return (0.0, 0.0, 1.0)
    view = View.of(_REST.at(0.0), width, height, fov_deg, product=False)
    x = float(subject.sum(axis=0) @ np.arange(width)) / total
    y = float(subject.sum(axis=1) @ np.arange(height)) / total
    focal, middle = view.first[0, 0], view.first[:2, 2]
    return ((x - middle[0]) / focal, (y - middle[1]) / focal, 1.0)


_REST = CameraPath(())


def limited(path: CameraPath, analysis: Analysis) -> tuple[CameraPath, str]:
    """Ease a path until the still can show it; return it and a sentence when it was eased."""
    factor = 1.0
    for _ in range(3):
        reach = analysis.reach(path.scaled(factor))
        if reach.most <= 1.0:
            break
        reason = reach.reason
        factor *= 0.98 / reach.most
    if factor == 1.0:
        return path, ""
    return path.scaled(factor), f"the camera was eased to {factor:.0%} of the move: {reason}"
