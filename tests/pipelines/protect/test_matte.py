from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.arrays import Image, Mask
from pipelines.protect.guided import guided_filter
from pipelines.protect.matte import clean, enlarge, refine
from tests import stills


def disc(side: int, radius: float) -> Mask:
    return stills.disc(side, side, (side - 1) / 2, (side - 1) / 2, radius)


def scene(mask: Mask) -> Image:
    """A textured orange disc on a textured teal ground, antialiased along ``mask``."""
    noise = np.random.default_rng(1).normal(0, 4, (*mask.shape, 3)).astype(np.float32)
    subject, ground = np.array([205, 110, 60], np.float32), np.array([60, 105, 120])
    colours = ground + (subject - ground) * mask[..., None] + noise
    return np.clip(colours, 0, 255).astype(np.uint8)


def overlap(found: Mask, true: Mask) -> float:
    a, b = found >= 0.5, true >= 0.5
    return float((a & b).sum() / (a | b).sum())


def test_clean_drops_crumbs_and_fills_pinholes_but_keeps_real_ones() -> None:
    saliency = np.zeros((320, 320), np.float32)
    saliency[60:260, 60:260] = 0.9
    saliency[100:106, 100:106] = 0.0  # a highlight
    saliency[150:200, 150:200] = 0.0  # the eye of a handle
    saliency[10:20, 300:310] = 0.9  # a crumb
    cleaned = clean(saliency)
    assert cleaned[102, 102] == 1
    assert cleaned[175, 175] == 0
    assert cleaned[10:20, 300:310].max() == 0
    assert np.array_equal(cleaned[60:100, 60:260], saliency[60:100, 60:260])


def test_clean_gives_nothing_when_nothing_is_sure() -> None:
    assert not clean(np.full((320, 320), 0.49, np.float32)).any()


@pytest.mark.parametrize("shift", [-6.0, 0.0, 6.0])
def test_a_coarse_edge_is_pulled_onto_the_photos_own(shift: float) -> None:
    true = disc(800, 250)
    coarse = cv2.resize(disc(800, 250 + shift), (320, 320), interpolation=cv2.INTER_AREA)
    coarse = cv2.GaussianBlur(coarse, (0, 0), 1.5)
    found = enlarge(refine(scene(true), coarse), (800, 800))
    assert found.dtype == np.float32
    assert overlap(found, true) > 0.995
    assert abs(found.sum() - true.sum()) / (2 * np.pi * 250) < 0.8  # pixels along the contour


@pytest.mark.parametrize("side", [500, 2000])
def test_the_edge_is_about_a_pixel_wide_at_every_size(side: int) -> None:
    true = disc(side, side * 0.3)
    coarse = cv2.resize(true, (320, 320), interpolation=cv2.INTER_AREA)
    found = enlarge(refine(scene(true), coarse), (side, side))
    soft = float(((found > 0.02) & (found < 0.98)).sum()) / (2 * np.pi * side * 0.3)
    assert 0.5 < soft < 3.0


def test_the_contour_is_not_ragged() -> None:
    side, radius = 1200, 400
    true = disc(side, radius)
    coarse = cv2.resize(true, (320, 320), interpolation=cv2.INTER_AREA)
    found = enlarge(refine(scene(true), coarse), (side, side))
    outlines, _ = cv2.findContours(
        (found >= 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    assert len(outlines) == 1
    distances = np.linalg.norm(outlines[0][:, 0] - (side - 1) / 2, axis=1)
    assert float(np.std(distances)) < 0.8


@given(st.integers(1, 3), st.floats(1e-4, 1e-1), st.integers(0, 2**16))
def test_the_guided_filter_is_he_et_als_least_squares(
    radius: int, epsilon: float, seed: int
) -> None:
    """Each window's coefficients against a regularised least squares solved by numpy."""
    rng = np.random.default_rng(seed)
    guide = rng.random((24, 26, 3), dtype=np.float32)
    values = rng.random((24, 26), dtype=np.float32)
    y, x = 12, 13
    expected = []
    for cy in range(y - radius, y + radius + 1):
        for cx in range(x - radius, x + radius + 1):
            rows, columns = np.mgrid[cy - radius : cy + radius + 1, cx - radius : cx + radius + 1]
            window = guide[rows, columns]
            colours = window.reshape(-1, 3).astype(np.float64)
            target = values[rows, columns].ravel().astype(np.float64)
            centred = colours - colours.mean(axis=0)
            covariance = centred.T @ centred / len(centred) + epsilon * np.eye(3)
            slope = np.linalg.solve(covariance, centred.T @ (target - target.mean()) / len(target))
            expected.append(target.mean() + slope @ (guide[y, x] - colours.mean(axis=0)))
    found = guided_filter(guide, values, radius, epsilon)[y, x]
    assert found == pytest.approx(np.mean(expected), abs=2e-3)
