import numpy as np
import pytest

from pipelines.errors import InvalidInput
from pipelines.loop import close_loop
from tests.oracles import circle, line, moving_clip


def test_closed_is_the_clip_itself() -> None:
    clip = moving_clip(32, 24, 8, circle(3))
    assert close_loop(clip, "closed").clip is clip


def test_an_open_clip_is_not_called_closed() -> None:
    with pytest.raises(InvalidInput, match="pingpong, crossfade, none"):
        close_loop(moving_clip(32, 24, 8, line(9), closed=False), "closed")


def test_none_leaves_the_clip_open() -> None:
    clip = moving_clip(32, 24, 8, line(9), closed=False)
    loop = close_loop(clip, "none")
    assert loop.clip is clip
    assert loop.mode == "none"


def test_pingpong_shows_no_end_twice() -> None:
    clip = moving_clip(32, 24, 5, line(9), closed=False)
    loop = close_loop(clip, "pingpong").clip
    order = [0, 1, 2, 3, 4, 3, 2, 1]
    assert loop.count == len(order)
    assert loop.camera.intrinsics[:, 0, 0].tolist() == order
    for index, original in enumerate(order):
        np.testing.assert_array_equal(loop.render(index), clip.render(original))


def test_one_frame_cannot_go_there_and_back() -> None:
    with pytest.raises(InvalidInput, match="too short"):
        close_loop(moving_clip(32, 24, 1, line(9)), "pingpong")


def test_crossfade_follows_motion_through_the_seam() -> None:
    """At constant speed the tail at the seam lies one step before the faded head."""
    clip = moving_clip(160, 120, 30, line(30), closed=False)
    loop = close_loop(clip, "crossfade").clip
    fade = clip.count - loop.count
    assert fade == 15
    assert loop.closed
    assert len(loop.camera.intrinsics) == loop.count
    np.testing.assert_array_equal(loop.render(fade), clip.render(fade))
    seam = np.abs(loop.render(loop.count - 1).astype(int) - loop.render(0)).mean()
    step = np.abs(clip.render(10).astype(int) - clip.render(11)).mean()
    cut = np.abs(clip.render(29).astype(int) - clip.render(0)).mean()
    assert seam < 1.6 * step
    assert seam < cut / 4


def test_crossfade_frames_are_pure() -> None:
    loop = close_loop(moving_clip(64, 48, 12, line(6), closed=False), "crossfade").clip
    first = [loop.render(index) for index in (2, 0, 1)]
    again = [loop.render(index) for index in (2, 0, 1)]
    np.testing.assert_array_equal(first, again)
