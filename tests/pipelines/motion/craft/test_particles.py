"""Particles: whole pictures repeat, stamps lie where they should."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.motion.craft import particles


@pytest.mark.parametrize("loops", [1, 3, 7])
def test_after_a_loop_the_same_places_are_taken(loops: int) -> None:
    drift = particles.Drift(np.random.default_rng(1), 40, loops, 0.05, 3)
    start, end = (np.stack(drift.at(phase), axis=1).astype(float) for phase in (0.0, 1.0))
    gap = np.abs(start[:, None] - end[None]).max(axis=2)
    assert gap.min(axis=1).max() < 1e-5
    assert drift.owner.size == start.shape[0]


def test_more_loops_are_slower() -> None:
    steps = []
    for loops in (1, 5):
        drift = particles.Drift(np.random.default_rng(1), 40, loops, 0.05, 3)
        steps.append(np.median(drift.at(0.01)[0] - drift.at(0.0)[0]))
    assert steps[0] == pytest.approx(5 * steps[1], rel=1e-3)


@pytest.mark.parametrize("centre", [(20.0, 14.0), (20.3, 14.9), (19.5, 13.25)])
def test_a_stamp_lies_at_its_sub_pixel_place(centre: tuple[float, float]) -> None:
    canvas = np.zeros((32, 40), np.float32)
    place, one = np.array([centre]), np.ones(1)
    particles.splat(canvas, place, 2 * one, one, particles.soft_ball)
    y, x = np.mgrid[:32, :40]
    found = (canvas * x).sum() / canvas.sum(), (canvas * y).sum() / canvas.sum()
    assert found == pytest.approx(centre, abs=0.02)


def test_stamps_over_the_border_are_cut() -> None:
    canvas = np.zeros((20, 30), np.float32)
    places = np.array([[-1.0, 5.0], [29.5, 19.5], [-50.0, 3.0], [200.0, 200.0]])
    particles.splat(canvas, places, np.full(4, 3.0), np.ones(4), particles.soft_ball)
    assert canvas[5, 0] > 0.5
    assert canvas[10, 15] == 0


def test_tiny_stamps_keep_their_light() -> None:
    sums = []
    for radius in (0.3, 0.6, 0.9):
        canvas = np.zeros((20, 20), np.float32)
        place = np.array([[10.2, 9.7]])
        particles.splat(canvas, place, np.array([radius]), np.ones(1), particles.soft_ball)
        sums.append(canvas.sum() / radius**2)
    assert max(sums) / min(sums) < 1.1
