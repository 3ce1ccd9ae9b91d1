import numpy as np
import pytest

from pipelines.arrays import Plane
from pipelines.media import Clip, Seam
from pipelines.quality import mean_flow, measure_seam, seam_ratio, shrink
from tests.oracles import circle, grey, line, moving_clip, swing

SIZE = (270, 360)


def measured(clip: Clip, order: list[int] | None = None) -> Seam:
    frames = order if order is not None else list(range(clip.count))
    ends = [grey(clip.render(frames[at])) for at in (-2, -1, 0, 1)]
    middle = len(frames) // 4
    pair = tuple(shrink(grey(clip.render(frames[at]))) for at in (middle, middle + 1))
    return measure_seam((ends[0], ends[1]), (ends[2], ends[3]), mean_flow([(pair[0], pair[1])]))


def test_a_periodic_path_is_seamless() -> None:
    seam = measured(moving_clip(*SIZE, 40, circle(12)))
    assert seam.ratio == pytest.approx(1, abs=0.05)
    assert seam.kink < 0.3


def test_a_frame_shown_twice_is_a_hold() -> None:
    clip = moving_clip(*SIZE, 40, circle(12))
    assert measured(clip, [*range(40), 0]).ratio < 0.5


def test_a_cut_is_a_jump() -> None:
    assert measured(moving_clip(*SIZE, 40, line(60))).ratio > 2.5


def test_a_straight_reversal_kinks_by_two() -> None:
    clip = moving_clip(*SIZE, 20, line(30))
    seam = measured(clip, [*range(20), *range(18, 0, -1)])
    assert seam.ratio == pytest.approx(1, abs=0.1)
    assert seam.kink == pytest.approx(2, abs=0.2)


def test_a_path_at_rest_does_not_blow_up() -> None:
    seam = measured(moving_clip(*SIZE, 90, swing(0.05)))
    assert 0.8 <= seam.ratio <= 1.25
    assert seam.kink < 0.3


def test_the_ratio_is_the_written_formula() -> None:
    planes: list[Plane] = [np.full((4, 4), level, np.uint8) for level in (10, 12, 20, 21)]
    ratio = seam_ratio((planes[0], planes[1]), (planes[2], planes[3]))
    assert ratio == pytest.approx((8 + 0.5) / (1.5 + 0.5))
