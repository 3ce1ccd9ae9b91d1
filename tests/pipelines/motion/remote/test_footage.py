"""Footage whose motion is known by formula, brought to a shot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.camera import build_path, parse_camera
from pipelines.motion.engine import Shot
from pipelines.motion.remote.footage import fitted, play
from pipelines.video import Footage
from tests.oracles import Path2D, circle, line, texture

WIDTH, HEIGHT = 160, 120


def filmed(path: Path2D, count: int, fps: float, *, comes_back: bool = False) -> Footage:
    """Footage of a texture on a path; one that comes back ends with its first picture."""
    last = count - 1 if comes_back else count
    frames = (texture(WIDTH, HEIGHT, *path(index / last)) for index in range(count))
    return Footage(tuple(frames), fps)


def shown(shot: Shot, *, closed: bool, count: int, fps: float) -> Shot:
    """The shot with another path and pace."""
    path = build_path(parse_camera("orbit"), closed=closed)
    return replace(shot, path=path, count=count, fps=fps, width=WIDTH, height=HEIGHT)


def off(picture: np.ndarray, x: float, y: float = 0.0) -> float:
    """Mean difference, in grey levels, from the texture shifted by (x, y); borders apart."""
    wanted = texture(WIDTH, HEIGHT, x, y)[20:-20, 20:-20].astype(int)
    return float(np.abs(picture[20:-20, 20:-20] - wanted).mean())


def test_footage_that_is_long_enough_keeps_its_pace(shot: Shot) -> None:
    """24 frames at 16 a second, 1 pixel each: after 0.5 s the picture has moved 8 pixels."""
    footage = filmed(line(24), 24, 16.0)
    clip = play(footage, shown(shot, closed=False, count=20, fps=20.0), keyframes=False).clip
    assert (clip.count, clip.fps, clip.closed) == (20, 20.0, False)
    assert off(clip.render(10), 8.0) < 1.0
    assert off(clip.render(5), 4.0) < 1.0


def test_footage_that_is_too_short_is_slowed(shot: Shot) -> None:
    footage = filmed(line(9), 9, 16.0)
    clip = play(footage, shown(shot, closed=False, count=33, fps=16.0), keyframes=False).clip
    assert off(clip.render(32), 8.0) < 0.5
    assert off(clip.render(16), 4.0) < 0.5
    assert off(clip.render(6), 1.5) < 1.0


@pytest.mark.parametrize("count", [12, 24, 36])
def test_one_turn_of_keyframed_footage_is_one_loop(shot: Shot, count: int) -> None:
    footage = filmed(circle(9), 25, 16.0, comes_back=True)
    clip, closing = play(footage, shown(shot, closed=True, count=count, fps=24.0), keyframes=True)
    assert closing
    assert closing["close"] == "as generated"
    for index in range(0, count, count // 6):
        assert off(clip.render(index), *circle(9)(index / count)) < 1.0


def test_a_last_frame_that_is_a_little_off_does_not_pop(shot: Shot) -> None:
    """Three grey levels too bright in the end: the seam's step is as its neighbours'."""
    frames = list(filmed(circle(9), 25, 16.0, comes_back=True).frames)
    frames[13:] = [np.clip(frame + 3.0, 0, 255).astype(np.uint8) for frame in frames[13:]]
    wanted = shown(shot, closed=True, count=24, fps=16.0)
    clip, closing = play(Footage(tuple(frames), 16.0), wanted, keyframes=True)
    assert closing
    assert closing["close"] == "as generated"
    brightness = [float(clip.render(index).mean()) for index in range(24)]
    assert abs(brightness[23] - brightness[0]) < 0.8
    assert brightness[14] - brightness[0] > 2.5


def test_keyframed_footage_that_does_not_come_back_is_faded(shot: Shot) -> None:
    footage = filmed(line(36), 25, 16.0)
    clip, closing = play(footage, shown(shot, closed=True, count=12, fps=16.0), keyframes=True)
    assert closing
    assert closing["close"] == "crossfade"
    assert clip.count == 12


def test_a_fade_needs_its_frames_and_leaves_the_length(shot: Shot) -> None:
    """12 frames and 10 of fade: the loop starts after the fade, on an untouched frame."""
    footage = filmed(line(44), 22, 16.0)
    clip, closing = play(footage, shown(shot, closed=True, count=12, fps=16.0), keyframes=False)
    assert clip.closed
    assert clip.count == 12
    np.testing.assert_array_equal(clip.render(0), footage.frames[10])
    np.testing.assert_array_equal(clip.render(1), footage.frames[11])
    assert closing
    assert closing["close"] == "crossfade"


@pytest.mark.parametrize("size", [(80, 60), (320, 240)])
def test_frames_are_brought_to_the_shots_size(shot: Shot, size: tuple[int, int]) -> None:
    wanted = replace(shown(shot, closed=False, count=4, fps=16.0), width=size[0], height=size[1])
    clip = fitted(play(filmed(line(4), 8, 16.0), wanted, keyframes=False).clip, wanted)
    assert (clip.width, clip.height) == size
    assert clip.render(2).shape == (size[1], size[0], 3)
    assert (clip.camera.width, clip.camera.height) == size
    assert abs(clip.render(0).mean() - texture(WIDTH, HEIGHT).mean()) < 0.5
