"""The ways a clip may close. Each wraps ``render``; no frame is made before it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

import numpy as np

from pipelines.arrays import Image
from pipelines.errors import InvalidInput
from pipelines.loop.blend import blend
from pipelines.media import CameraTrack, Clip, Loop, LoopMode

FADE_SECONDS = 0.6
"""Length of a crossfade, unless the clip is too short for it."""


def close_loop(clip: Clip, mode: LoopMode) -> Loop:
    """Close ``clip``.

    ``closed`` takes a clip that closes by construction as it is. ``pingpong`` plays it there and
    back, 2N−2 frames, no end frame twice. ``crossfade`` blends the last K frames into the first K
    along their motion and is K frames shorter. ``none`` leaves the clip open.

    Raises:
        InvalidInput: ``closed`` was asked of a clip that does not close, or the clip is too short.
    """
    if mode == "closed":
        return Loop(_require_closed(clip), mode)
    if mode == "pingpong":
        return Loop(_there_and_back(clip), mode)
    if mode == "crossfade":
        return Loop(_crossfaded(clip), mode)
    if mode == "none":
        return Loop(clip, mode)
    assert_never(mode)


def _require_closed(clip: Clip) -> Clip:
    if not clip.closed:
        raise InvalidInput(
            "this camera path ends elsewhere than it starts, so the clip does not close by itself",
            actual="closed",
            allowed="loop modes pingpong, crossfade, none",
            fix="choose --loop pingpong, or a camera that returns, such as orbit or breathe",
        )
    return clip


def _there_and_back(clip: Clip) -> Clip:
    _require_frames(clip, 2)
    order = np.r_[0 : clip.count, clip.count - 2 : 0 : -1]
    twins = clip.twins or tuple(range(clip.count))
    turned = _reordered(clip, order, lambda index: clip.render(int(order[index])), closed=False)
    return replace(turned, twins=tuple(twins[index] for index in order))


def _crossfaded(clip: Clip) -> Clip:
    _require_frames(clip, 4)
    fade = min(max(2, round(FADE_SECONDS * clip.fps)), clip.count // 2)
    count = clip.count - fade

    weight = _fade_weights(fade)

    def render(index: int) -> Image:
        if index >= fade:
            return clip.render(index)
        return blend(clip.render(count + index), clip.render(index), weight[index])

    order = np.arange(count)
    order[:fade] += [count * (share < 0.5) for share in weight]
    return _reordered(clip, order, render, closed=True)


def _fade_weights(fade: int) -> list[float]:
    """Share of the head in each frame of the fade.

    Its steps grow by one unit a frame to the middle and shrink again, so that the first step, at
    the seam, is about the mean of its neighbours.
    """
    steps = np.minimum(np.arange(1, fade + 2), np.arange(fade + 1, 0, -1)) + 0.4
    return [float(share) for share in np.cumsum(steps)[:fade] / steps.sum()]


def _reordered(
    clip: Clip, order: np.ndarray, render: Callable[[int], Image], *, closed: bool
) -> Clip:
    """Return ``clip`` with its camera rows in ``order`` and frames from ``render``."""
    track = clip.camera
    camera = CameraTrack(
        track.width, track.height, track.intrinsics[order], track.world_to_camera[order]
    )
    return replace(clip, count=len(order), render=render, camera=camera, closed=closed, twins=())


def _require_frames(clip: Clip, fewest: int) -> None:
    if clip.count < fewest:
        raise InvalidInput(
            f"a clip of {clip.count} frame(s) is too short for this loop mode",
            actual=clip.count,
            allowed=f"at least {fewest} frames",
            fix="ask for more seconds or another loop mode",
        )
