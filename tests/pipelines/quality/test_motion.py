import numpy as np
import pytest

from pipelines.quality import flow_between, flow_percent_per_second, mean_flow, shrink
from tests.oracles import grey, texture


def test_flow_finds_a_known_shift() -> None:
    first, second = grey(texture(300, 270)), grey(texture(300, 270, 1.5, -0.75))
    flow = flow_between(first, second)[40:-40, 40:-40]
    assert flow.mean(axis=(0, 1)) == pytest.approx([1.5, -0.75], abs=0.1)


def test_flow_does_not_depend_on_what_was_measured_before() -> None:
    pair = grey(texture(300, 270)), grey(texture(300, 270, 1.5, -0.75))
    alone = flow_between(*pair)
    flow_between(grey(texture(40, 30)), grey(texture(40, 30, 1.0, 0.0)))
    assert np.array_equal(flow_between(*pair), alone)


def test_percent_per_second_does_not_depend_on_size() -> None:
    speeds = []
    for scale in (1, 2):
        width, height = 300 * scale, 270 * scale
        pair = [shrink(grey(texture(width, height, dx * scale))) for dx in (0, 2.7)]
        flow = mean_flow([(pair[0], pair[1])])
        speeds.append(flow_percent_per_second(flow, pair[0].shape, 10.0))
    assert speeds == pytest.approx([10.0, 10.0], rel=0.1)


def test_no_pairs_stand_still() -> None:
    assert mean_flow([]) == 0
