"""The ways a clip may close. Each wraps ``render``; no frame is made before it is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

import numpy as np

from pipelines.errors import InvalidInput
from pipelines.media import Clip, Loop, LoopMode
from pipelines.retime import crossfaded, reordered


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
    turned = reordered(clip, order, lambda index: clip.render(int(order[index])), closed=False)
    return replace(turned, twins=tuple(twins[index] for index in order))


def _crossfaded(clip: Clip) -> Clip:
    _require_frames(clip, 4)
    return crossfaded(clip)


def _require_frames(clip: Clip, fewest: int) -> None:
    if clip.count < fewest:
        raise InvalidInput(
            f"a clip of {clip.count} frame(s) is too short for this loop mode",
            actual=clip.count,
            allowed=f"at least {fewest} frames",
            fix="ask for more seconds or another loop mode",
        )
