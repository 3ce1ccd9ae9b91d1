"""From a server's video to the shot's clip: its pace, its loop, its size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np

from pipelines.arrays import Image, Plane
from pipelines.camera.pose import intrinsics
from pipelines.media import CameraTrack, Clip, Seam
from pipelines.motion.engine import Shot
from pipelines.quality.motion import mean_flow, shrink
from pipelines.quality.seam import measure_seam
from pipelines.retime import at_moments, crossfaded, fade_frames, reordered
from pipelines.video import Footage

JUMP = 1.25
"""A seam whose ratio is above this is a visible jump."""

SAME = 4.0
"""Grey levels that two pictures of the same thing differ by at most, on average."""

FLOW_PAIRS = 4
"""Steps, spread over the clip, that its mean flow is measured on."""


class Played(NamedTuple):
    """A clip of the shot's length and rate, at the server's size.

    Attributes:
        clip: closed when the shot is.
        closing: how it was closed, for the report; None for an open shot.
    """

    clip: Clip
    closing: Mapping[str, object] | None


def play(footage: Footage, shot: Shot, *, keyframes: bool) -> Played:
    """Bring footage to the shot's frames: at its own pace, or slower when it is too short.

    A shot that closes becomes one turn of footage that ends where it began (``keyframes``). When
    that was not asked for, or its seam jumps all the same, the end is blended into the start
    along their motion; the turn then begins after the blend, near to the still.

    Args:
        footage: two frames at least.
        shot: what is wanted.
        keyframes: whether the server was given the still as its last frame, too.
    """
    source = _as_clip(footage, shot)
    if not shot.path.closed:
        return Played(_at_own_pace(source, shot.count, shot.fps), None)
    if keyframes:
        turn = _one_turn(source, shot)
        if turn and (seam := seam_of(turn)).ratio <= JUMP:
            return Played(turn, _closing("keyframes", "as generated", seam))
    fade = fade_frames(shot.fps, shot.count)
    loop = crossfaded(_at_own_pace(source, shot.count + fade, shot.fps))
    order = np.roll(np.arange(shot.count), -fade)
    turned = reordered(loop, order, lambda index: loop.render(int(order[index])), closed=True)
    return Played(turned, _closing("none", "crossfade", seam_of(turned)))


def fitted(clip: Clip, shot: Shot) -> Clip:
    """Return the clip at the shot's size, with the camera that was asked for."""
    size = shot.width, shot.height

    def render(index: int) -> Image:
        return _resized(clip.render(index), size)

    return replace(
        clip,
        width=shot.width,
        height=shot.height,
        render=render,
        camera=asked_camera(shot),
        engine="remote",
    )


def asked_camera(shot: Shot) -> CameraTrack:
    """Return the path that was asked for; a camera at rest where the shot has no guide."""
    if shot.guide is not None:
        return shot.guide(shot.width, shot.height, shot.count).camera
    return _at_rest(shot.width, shot.height, shot.fov_deg, shot.count)


def seam_of(clip: Clip) -> Seam:
    """Measure a loop's seam on its own frames."""
    last = clip.count - 1
    if last < 2:
        return Seam(1.0, 0.0)
    starts = sorted({round(at) for at in np.linspace(0, last - 1, FLOW_PAIRS)})
    wanted = {0, 1, last - 1, last, *starts, *(start + 1 for start in starts)}
    grey: dict[int, Plane] = {
        index: cv2.cvtColor(clip.render(index), cv2.COLOR_RGB2GRAY) for index in wanted
    }
    typical = mean_flow((shrink(grey[start]), shrink(grey[start + 1])) for start in starts)
    return measure_seam((grey[last - 1], grey[last]), (grey[0], grey[1]), typical)


def _as_clip(footage: Footage, shot: Shot) -> Clip:
    width, height = footage.size
    count = len(footage.frames)
    camera = _at_rest(width, height, shot.fov_deg, count)
    frames = footage.frames
    return Clip(width, height, footage.fps, count, frames.__getitem__, camera, closed=False)


def _at_own_pace(source: Clip, count: int, fps: float) -> Clip:
    pace = min(source.fps / fps, (source.count - 1) / (count - 1))
    return at_moments(source, [index * pace for index in range(count)], fps)


def _one_turn(source: Clip, shot: Shot) -> Clip | None:
    """All of the footage as one turn, its last frame being the next turn's first.

    The two are never quite equal, having been denoised and coded apart: what they differ by is
    added to the frames before the end, ever more of it, so that nothing pops at the seam.

    Returns:
        None when they are not the same picture.
    """
    first, last = (source.render(at).astype(np.float32) for at in (0, source.count - 1))
    if np.abs(first - last).mean() > SAME:
        return None
    pace = (source.count - 1) / shot.count
    turn = at_moments(source, [index * pace for index in range(shot.count)], shot.fps)
    fade = fade_frames(shot.fps, max(1, shot.count // 2))

    def render(index: int) -> Image:
        share = 1 - (shot.count - index) / fade
        frame = turn.render(index)
        if share <= 0:
            return frame
        return np.clip(np.rint(frame + share * (first - last)), 0, 255).astype(np.uint8)

    return replace(turn, render=render, closed=True)


def _closing(method: str, close: str, seam: Seam) -> dict[str, object]:
    ratio, kink = round(seam.ratio, 3), round(seam.kink, 3)
    return {"method": method, "close": close, "ratio": ratio, "kink": kink}


def _at_rest(width: int, height: int, fov_deg: float, count: int) -> CameraTrack:
    lens = intrinsics(width, height, fov_deg)
    still = np.eye(3, 4)
    return CameraTrack(width, height, np.tile(lens, (count, 1, 1)), np.tile(still, (count, 1, 1)))


def _resized(image: Image, size: tuple[int, int]) -> Image:
    if (image.shape[1], image.shape[0]) == size:
        return image
    finer = image.shape[0] * image.shape[1] > size[0] * size[1]
    how = cv2.INTER_AREA if finer else cv2.INTER_CUBIC
    return cv2.resize(image, size, interpolation=how)
