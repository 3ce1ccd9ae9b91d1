"""Drawing a region over the product asks for the effect there; leaving it out does not."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.motion.ambient import AMBIENT
from pipelines.motion.effect import Moment, Stage


@pytest.mark.parametrize("name", ["steam", "sparkle"])
def test_a_region_over_the_product_is_followed(name: str) -> None:
    pixels = np.full((160, 120, 3), 60, np.uint8)
    pixels[::13, ::11] = 235
    subject = np.zeros((160, 120), np.float32)
    subject[40:150, 20:100] = 1
    region = np.zeros_like(subject)
    region[50:140, 30:90] = 1
    stage = Stage(pixels, subject, subject, region, 3.0, np.random.default_rng(1))
    frame = AMBIENT[name].prepare(stage, 1.0)(Moment(0.3, pixels.copy(), np.eye(2, 3)))
    change = np.abs(frame.astype(int) - pixels).max(axis=2)
    assert change[50:140, 30:90].max() > 10
    assert change[region == 0].max() == 0


def test_the_sweep_lights_the_side_it_stands_on() -> None:
    y, x = np.mgrid[:160, :160] - 79.5
    subject = (np.hypot(x, y) < 60).astype(np.float32)
    pixels = np.full((160, 160, 3), 110, np.uint8)
    stage = Stage(pixels, subject, subject, subject * 0 + 1, 3.0, np.random.default_rng(1))
    paint = AMBIENT["light-sweep"].prepare(stage, 1.0)

    def centre_of_light(phase: float) -> tuple[float, float]:
        gain = paint(Moment(phase, pixels.copy(), np.eye(2, 3)))[..., 1] - 110.0
        return float((gain * x).sum() / gain.sum()), float((gain * y).sum() / gain.sum())

    early, middle, late = (centre_of_light(phase) for phase in (0.25, 0.5, 0.75))
    assert middle[1] < -5  # from above
    assert early[0] < -5 < 5 < late[0]  # from the left round to the right
