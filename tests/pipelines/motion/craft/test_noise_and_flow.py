"""Noise and flow: seamless in space and time, with their contrast kept."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.motion.craft import flow, noise


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def test_a_tile_has_no_edge() -> None:
    field = noise.tile(rng(), (96, 128), (30.0, 40.0), 3.0)
    inside = np.abs(np.diff(field, axis=1)).mean()
    assert np.abs(field[:, 0] - field[:, -1]).mean() < 1.5 * inside
    assert np.abs(field[0] - field[-1]).mean() < 1.5 * np.abs(np.diff(field, axis=0)).mean()
    assert field.mean() == pytest.approx(0, abs=1e-5)
    assert field.std() == pytest.approx(1, abs=1e-4)


def test_breath_returns_with_its_velocity() -> None:
    breath = noise.Breath(rng(), (40, 50), (12.0, 12.0))
    np.testing.assert_allclose(breath.at(0.0), breath.at(1.0), atol=1e-5)
    step = 1e-2
    before = breath.at(1.0) - breath.at(1.0 - step)
    after = breath.at(step) - breath.at(0.0)
    np.testing.assert_allclose(before, after, atol=5 * step**2 * (2 * np.pi * 3) ** 2 / 3)


@pytest.mark.parametrize("phase", [0.0, 0.1, 0.25, 0.4, 0.5, 0.8])
def test_two_phases_keep_the_textures_contrast(phase: float) -> None:
    texture = noise.tile(rng(), (128, 128), (14.0, 14.0), 3.0)
    grid = flow.pixel_grid((128, 128))
    wind = np.full((128, 128, 2), 40.0, np.float32)
    blend = flow.two_phase(texture, grid, wind, phase)
    assert blend.std() == pytest.approx(texture.std(), rel=0.12)


def test_a_flow_carries_its_texture_the_way_it_points() -> None:
    texture = noise.tile(rng(), (128, 128), (30.0, 30.0), 4.0)
    grid = flow.pixel_grid((128, 128))
    wind = np.zeros((128, 128, 2), np.float32)
    wind[..., 0] = 50.0
    # At half time the first copy alone is seen: a hundredth of a loop moves it half a pixel.
    before, after = (flow.two_phase(texture, grid, wind, phase) for phase in (0.46, 0.54))
    right, left = (np.mean((np.roll(before, step, axis=1) - after) ** 2) for step in (4, -4))
    assert right < 0.1 * left


def test_sampling_wraps_round() -> None:
    texture = np.arange(12, dtype=np.float32).reshape(3, 4)
    grid = flow.pixel_grid((3, 4))
    shifted = flow.sample(texture, grid + np.array([5.0, -2.0], np.float32))
    np.testing.assert_allclose(shifted, np.roll(texture, (2, -1), axis=(0, 1)), atol=1e-4)


def test_displacing_by_whole_pixels_is_a_shift() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    offset = np.zeros((40, 60, 2), np.float32)
    offset[10:20, 15:30] = (3.0, -2.0)
    moved = flow.displace(pixels.copy(), offset)
    np.testing.assert_array_equal(moved[10:20, 15:30], pixels[8:18, 18:33])
    still = np.any(offset == 0, axis=-1)
    np.testing.assert_array_equal(moved[still], pixels[still])
