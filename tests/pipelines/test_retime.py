"""Clips in another time, against a texture that a formula shifts."""

from __future__ import annotations

import numpy as np

from pipelines.retime import at_moments, crossfaded, fade_frames
from tests.oracles import circle, line, moving_clip, texture


def test_a_moment_on_a_frame_is_that_frame() -> None:
    clip = moving_clip(64, 48, 8, line(8), closed=False)
    slowed = at_moments(clip, [0.0, 3.01, 7.0], 12.0)
    assert (slowed.count, slowed.fps, slowed.closed) == (3, 12.0, False)
    for index, original in enumerate((0, 3, 7)):
        np.testing.assert_array_equal(slowed.render(index), clip.render(original))
    assert slowed.camera.intrinsics[:, 0, 0].tolist() == [0, 3, 7]


def test_a_moment_between_frames_lies_along_the_motion() -> None:
    clip = moving_clip(160, 120, 4, line(12), closed=False)  # 3 pixels a frame
    shown = at_moments(clip, [1.5], 24.0).render(0)[20:-20, 20:-20].astype(int)
    wanted = texture(160, 120, 4.5)[20:-20, 20:-20]
    nearest = clip.render(1)[20:-20, 20:-20]
    assert np.abs(shown - wanted).mean() < np.abs(nearest.astype(int) - wanted).mean() / 4


def test_a_closed_clip_goes_on_from_its_last_frame_to_its_first() -> None:
    clip = moving_clip(160, 120, 24, circle(8))
    shown = at_moments(clip, [23.5], 24.0).render(0)[20:-20, 20:-20].astype(int)
    wanted = texture(160, 120, *circle(8)(23.5 / 24))[20:-20, 20:-20]
    nearest = clip.render(23)[20:-20, 20:-20]
    assert np.abs(shown - wanted).mean() < np.abs(nearest.astype(int) - wanted).mean() / 4


def test_a_clip_long_enough_for_its_fade_keeps_the_length_asked_for() -> None:
    for count in (2, 5, 30):
        longer = count + fade_frames(30.0, count)
        if longer >= 4:
            assert crossfaded(moving_clip(32, 24, longer, line(4), closed=False)).count == count
