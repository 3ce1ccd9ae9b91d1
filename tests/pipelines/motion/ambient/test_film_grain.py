"""Film grain: as much from any frame to any other, and by tone."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.motion.ambient.film_grain import EFFECT
from pipelines.motion.effect import Moment, Stage


def grain_on(level: int, phase: float, amount: float = 1.0) -> np.ndarray:
    pixels = np.full((200, 160, 3), level, np.uint8)
    plain = np.zeros((200, 160), np.float32)
    stage = Stage(pixels, plain, plain, plain + 1, 3.0, np.random.default_rng(4))
    painted = EFFECT.prepare(stage, amount)(Moment(phase, pixels.copy(), np.eye(2, 3)))
    return painted.astype(np.float64)[..., 0] - level


@pytest.mark.parametrize("fps", [24, 25, 30, 60])
def test_neighbours_differ_as_much_as_the_seam_pair(fps: int) -> None:
    frames = fps * 3
    phases = np.array([-2, -1, 0, 1, 2]) % frames / frames
    grains = np.stack([grain_on(128, float(phase)) for phase in phases])
    steps = np.abs(np.diff(grains, axis=0)).mean(axis=(1, 2))
    assert steps.max() / steps.min() < 1.1


def test_grain_adds_no_light() -> None:
    assert abs(grain_on(128, 0.2).mean()) < 0.15


def test_mid_tones_show_more_grain_than_highlights() -> None:
    assert grain_on(110, 0.2).std() > 2 * grain_on(235, 0.2).std()
