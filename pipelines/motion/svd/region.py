"""Where anything but the camera may move: the still's mask, as each frame's camera sees it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from pipelines.arrays import Depth, Mask, Matrix
from pipelines.camera.pose import plane_homography
from pipelines.media import CameraTrack
from pipelines.motion.craft.scene import feathered
from pipelines.motion.engine import Shot
from pipelines.motion.parallax.canvas import draw_canvas
from pipelines.motion.parallax.geometry import Relief


class Region:
    """A shot's motion mask, which moves with the plane that it lies in.

    Args:
        shot: what is shown of which scene.
        moving: (height, width) float32 of the still's size, 1 where things may move.
        track: the camera of the frames, which says their size.
        softness: width of the border inside the mask, as a share of the frame's longer side.
    """

    def __init__(self, shot: Shot, moving: Mask, track: CameraTrack, softness: float) -> None:
        self._track = track
        self._softness = softness
        masked = replace(shot.still, subject=replace(shot.still.subject, mask=moving))
        canvas = draw_canvas(masked, shot.framing, track.width, track.height, 0)
        self._mask = np.ascontiguousarray(canvas.subject)
        self._distance = _distance(shot, self._mask, canvas.nearness)

    def at(self, index: int) -> Mask:
        """Return the (height, width) float32 share 0..1 that the model has in a frame's pixels.

        It is 0 outside the mask, and rises inside it over the soft border.
        """
        height, width = self._mask.shape
        seen = cv2.warpPerspective(
            self._mask, self._homography(index), (width, height), borderMode=cv2.BORDER_REPLICATE
        )
        return feathered(np.asarray(seen, np.float32), self._softness * max(width, height))

    def latents(self, size: tuple[int, int]) -> torch.Tensor:
        """Return (1, frames, 1, height, width) float32 for latents of ``size`` (width, height)."""
        frames = range(len(self._track.intrinsics))
        maps = [cv2.resize(self.at(index), size, interpolation=cv2.INTER_AREA) for index in frames]
        return torch.from_numpy(np.stack(maps))[None, :, None]

    def _homography(self, index: int) -> Matrix:
        motion = np.eye(4)
        motion[:3] = self._track.world_to_camera[index]
        first, lens = self._track.intrinsics[0], self._track.intrinsics[index]
        return plane_homography(first, lens, motion, self._distance)


def _distance(shot: Shot, mask: Mask, nearness: Depth) -> float:
    """Return how far the masked part of the scene lies, in subject distances."""
    relief = Relief.of(shot.still.depth.nearness, shot.still.subject.mask, shot.relief)
    inside: NDArray[np.float32] = nearness[mask > 0.5]
    typical = np.median(inside if inside.size else nearness)
    return 1 / float(relief.inverse_depth(np.array([typical], np.float32))[0])
