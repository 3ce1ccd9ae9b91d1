"""Blending in 8 bits against the same formula in real numbers."""

from __future__ import annotations

import numpy as np

from pipelines.motion.craft import blend

COLOUR = (250, 180, 90)


def pictures() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return rng.integers(0, 256, (31, 45, 3), np.uint8), rng.integers(0, 256, (31, 45), np.uint8)


def test_a_veil_is_a_linear_mix() -> None:
    pixels, coverage = pictures()
    alpha = coverage[..., None] / 255
    expected = pixels * (1 - alpha) + np.array(COLOUR) * alpha
    assert np.abs(blend.veil(pixels.copy(), coverage, COLOUR) - expected).max() <= 1.01


def test_a_glow_is_a_screen() -> None:
    pixels, light = pictures()
    shine = light[..., None] / 255 * np.array(COLOUR) / 255
    expected = 255 - (255 - pixels) * (1 - shine)
    assert np.abs(blend.glow(pixels.copy(), light, COLOUR) - expected).max() <= 1.01


def test_exposure_multiplies_both_ways() -> None:
    pixels, share = pictures()
    factor = share[..., None] / 255 * np.array(COLOUR) / 255
    brighter = blend.expose(pixels.copy(), share, COLOUR, brighter=True)
    darker = blend.expose(pixels.copy(), share, COLOUR, brighter=False)
    assert np.abs(brighter - np.minimum(pixels * (1 + factor), 255)).max() <= 1.01
    assert np.abs(darker - pixels * (1 - factor)).max() <= 1.01


def test_light_rolls_off_towards_white() -> None:
    pixels, share = pictures()
    factor = share[..., None] / 255 * np.array(COLOUR) / 255
    expected = pixels * (1 + 2 * factor * (1 - pixels / 255))
    lit = blend.illuminate(pixels.copy(), share, COLOUR)
    assert np.abs(lit - np.minimum(expected, 255)).max() <= 1.6
    np.testing.assert_array_equal(lit[pixels == 255], 255)


def test_nothing_to_lay_changes_nothing() -> None:
    pixels, _ = pictures()
    nothing = np.zeros((31, 45), np.uint8)
    np.testing.assert_array_equal(blend.veil(pixels.copy(), nothing, COLOUR), pixels)
    np.testing.assert_array_equal(blend.glow(pixels.copy(), nothing, COLOUR), pixels)
