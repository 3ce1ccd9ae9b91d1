import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.encode import FORMATS, plan_output
from pipelines.errors import OutOfRange

SIDES = st.integers(16, 6000)


@given(
    st.sampled_from(sorted(FORMATS)),
    st.tuples(SIDES, SIDES),
    st.floats(0.2, 20),
    st.none() | st.floats(1, 60),
    st.booleans(),
)
def test_every_plan_keeps_its_platforms_limits(
    name: str, still: tuple[int, int], seconds: float, fps: float | None, draft: bool
) -> None:
    format = FORMATS[name]
    plan = plan_output(format, still, seconds, fps, draft)
    assert plan.width % 2 == plan.height % 2 == 0
    assert plan.width >= 2
    assert plan.height >= 2
    low, high = format.limits.fps
    assert (low or 0) <= plan.fps <= (high or math.inf)
    assert plan.seconds >= (format.limits.seconds[0] or 0) - 1e-6
    once_less = plan.count * (plan.repeats - 1) / plan.fps
    assert plan.repeats == 1 or once_less < (format.limits.seconds[0] or 0)
    assert abs(plan.count / plan.fps - seconds) <= 0.5 / plan.fps + 1e-9 or plan.count == 2
    if format.container == "gif":
        assert (100 / plan.fps) == pytest.approx(round(100 / plan.fps))


def test_1080_stays_1080() -> None:
    plan = plan_output(FORMATS["instagram-reel"], (600, 400), 3)
    assert (plan.width, plan.height, plan.fps, plan.count) == (1080, 1920, 30, 90)
    assert plan_output(FORMATS["instagram-feed"], (600, 400), 3).height == 1350


def test_a_short_loop_is_repeated_whole() -> None:
    plan = plan_output(FORMATS["instagram-reel"], (600, 400), 2)
    assert (plan.count, plan.repeats, plan.seconds) == (60, 2, 4)


def test_a_draft_has_a_short_side_of_360() -> None:
    plan = plan_output(FORMATS["instagram-reel"], (600, 400), 3, draft=True)
    assert (plan.width, plan.height) == (360, 640)


def test_a_gif_keeps_the_stills_aspect() -> None:
    plan = plan_output(FORMATS["gif"], (3000, 2000), 3)
    assert (plan.width, plan.height, plan.fps) == (480, 320, 20)


def test_a_small_still_is_not_blown_up() -> None:
    assert plan_output(FORMATS["master"], (601, 401), 1).width == 600


def test_thirty_frames_a_second_become_three_centiseconds_in_a_gif() -> None:
    assert plan_output(FORMATS["gif"], (300, 300), 1, 30).fps == pytest.approx(100 / 3)


@pytest.mark.parametrize(("seconds", "fps"), [(0.0, None), (math.nan, None), (1e9, 30), (3, 0.1)])
def test_impossible_wishes_are_refused(seconds: float, fps: float | None) -> None:
    with pytest.raises(OutOfRange):
        plan_output(FORMATS["gif"], (300, 300), seconds, fps)
