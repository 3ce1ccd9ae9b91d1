"""A clip in another time: its frames in another order, at other moments, or closed by a fade.

Each wraps ``render``, so that no frame is made before it is asked for. Between two frames a
picture is made along their motion (`pipelines.blend`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Image
from pipelines.blend import Between, blend
from pipelines.media import CameraTrack, Clip

FADE_SECONDS = 0.6
"""Length of a crossfade, unless the clip is too short for it."""

ON_A_FRAME = 0.02
"""A moment this near to a frame, in frames, shows that frame untouched."""

KEPT_PAIRS = 4
"""Pairs of frames whose motion is remembered: neighbouring moments often share one."""


def reordered(
    clip: Clip, order: NDArray[np.intp], render: Callable[[int], Image], *, closed: bool
) -> Clip:
    """Return ``clip`` with its camera rows in ``order`` and frames from ``render``."""
    track = clip.camera
    camera = CameraTrack(
        track.width, track.height, track.intrinsics[order], track.world_to_camera[order]
    )
    return replace(clip, count=len(order), render=render, camera=camera, closed=closed, twins=())


def at_moments(clip: Clip, moments: Sequence[float], fps: float) -> Clip:
    """Return the clip that shows ``clip`` at ``moments``, played at ``fps``.

    Args:
        clip: at least one frame; a closed one goes on from its last frame to its first.
        moments: in frames of ``clip``, from 0 to its last frame, or to its count when closed.
        fps: of the result.
    """
    count = clip.count

    @lru_cache(maxsize=KEPT_PAIRS)
    def after(first: int) -> Between:
        return Between(clip.render(first), clip.render((first + 1) % count))

    def render(index: int) -> Image:
        before, share = divmod(moments[index] + ON_A_FRAME, 1.0)
        first = int(before) % count
        if share < 2 * ON_A_FRAME:
            return clip.render(first)
        return after(first).at(share - ON_A_FRAME)

    nearest = np.rint(np.asarray(moments)).astype(np.intp) % count
    return replace(reordered(clip, nearest, render, closed=clip.closed), fps=fps)


def fade_frames(fps: float, longest: int) -> int:
    """Return the length of a crossfade in frames, at most ``longest``."""
    return min(max(2, round(FADE_SECONDS * fps)), longest)


def crossfaded(clip: Clip) -> Clip:
    """Close ``clip`` by blending its end into its start, along their motion.

    The result is shorter by the fade, at most half of the clip's frames; ``clip`` has at least
    four. So a clip of ``count + fade_frames(fps, count)`` frames becomes one of ``count``.
    """
    fade = fade_frames(clip.fps, clip.count // 2)
    count = clip.count - fade
    weight = _fade_weights(fade)

    def render(index: int) -> Image:
        if index >= fade:
            return clip.render(index)
        return blend(clip.render(count + index), clip.render(index), weight[index])

    order = np.arange(count)
    order[:fade] += [count * (share < 0.5) for share in weight]
    return reordered(clip, order, render, closed=True)


def _fade_weights(fade: int) -> list[float]:
    """Share of the head in each frame of the fade.

    Its steps grow by one unit a frame to the middle and shrink again, so that the first step, at
    the seam, is about the mean of its neighbours.
    """
    steps = np.minimum(np.arange(1, fade + 2), np.arange(fade + 1, 0, -1)) + 0.4
    return [float(share) for share in np.cumsum(steps)[:fade] / steps.sum()]
