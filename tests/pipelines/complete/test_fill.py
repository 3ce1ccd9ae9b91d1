"""Completion behind a product, against the picture that really was there."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipelines.arrays import Image, Mask
from pipelines.complete import complete
from tests.stills import psnr

WIDTH, HEIGHT = 350, 450
UNCOVERED = 16.0
"""Pixels from the rim that a camera move at its default uncovers."""


def stripes(degrees: float) -> Image:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    turn = np.radians(degrees)
    wave = np.sin((x * np.sin(turn) + y * np.cos(turn)) / 9) > 0
    return cv2.GaussianBlur(np.repeat(wave[..., None], 3, 2) * np.uint8(200), (0, 0), 2.0)


def bottle() -> NDArray[np.bool_]:
    """A silhouette with corners, where the nearest part of the rim changes."""
    hole = np.zeros((HEIGHT, WIDTH), np.uint8)
    for half, top, bottom in ((25, 110, 225), (40, 150, 225), (60, 225, 360)):
        cv2.rectangle(hole, (WIDTH // 2 - half, top), (WIDTH // 2 + half, bottom), 1, -1)
    return hole > 0


def uncovered(hole: NDArray[np.bool_]) -> NDArray[np.bool_]:
    inside = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)
    return (inside > 0) & (inside < UNCOVERED)


def steepness(picture: Image, where: NDArray[np.bool_]) -> float:
    edges = np.abs(cv2.Laplacian(picture[..., 0], cv2.CV_32F))
    return float(np.percentile(edges[where], 99.5))


@pytest.mark.parametrize("degrees", [10, 30, 45, 60])
def test_stripes_run_on_behind_the_product(degrees: float) -> None:
    picture, hole = stripes(degrees), bottle()
    where = uncovered(hole)
    filled = complete(picture, hole)
    assert psnr(filled[where], picture[where]) > 18, "a mirror across the rim reaches 12"
    assert filled[where].std() > 0.8 * picture[where].std()


@pytest.mark.parametrize(
    ("degrees", "most"), [(0, 4.5), (10, 2), (30, 3), (45, 2.5), (60, 2.5), (80, 4.5), (90, 5.5)]
)
def test_no_edge_is_torn_that_the_picture_has_not(degrees: float, most: float) -> None:
    """A mirror across the rim has edges 19 to 28 times as steep."""
    picture, hole = stripes(degrees), bottle()
    where = uncovered(hole)
    assert steepness(complete(picture, hole), where) < most * steepness(picture, where)


def test_what_stood_in_front_leaves_no_trace() -> None:
    picture, hole = stripes(30), bottle()
    red = picture.copy()
    red[hole] = (255, 0, 0)
    np.testing.assert_array_equal(complete(red, hole), complete(picture, hole))


def test_a_rim_that_is_in_doubt_is_not_learnt_from() -> None:
    hole = bottle()
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    halo = cv2.dilate(hole.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    picture[halo] = 250
    assert np.abs(complete(picture, hole, doubt=6)[hole].astype(int) - 90).max() <= 1


def test_grain_goes_on_beside_the_rim() -> None:
    grain = cv2.GaussianBlur(np.random.default_rng(5).normal(size=(HEIGHT, WIDTH)), (0, 0), 1.2)
    level = 120 + 12 * grain / grain.std()
    picture, hole = np.repeat(level[..., None], 3, axis=2).astype(np.uint8), bottle()
    assert 10 < complete(picture, hole)[uncovered(hole)].std() < 13


def test_a_plain_picture_stays_plain() -> None:
    plain = np.full((HEIGHT, WIDTH, 3), (40, 90, 160), np.uint8)
    np.testing.assert_array_equal(complete(plain, bottle()), plain)


def test_a_slope_of_light_goes_on() -> None:
    slope: Mask = np.linspace(40, 200, WIDTH, dtype=np.float32)
    picture = np.broadcast_to(slope[None, :, None], (HEIGHT, WIDTH, 3)).astype(np.uint8)
    hole = bottle()
    assert np.abs(complete(picture, hole)[hole].astype(int) - picture[hole]).mean() < 8


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.floats(0, 1),
    st.integers(0, 4),
    st.integers(0, 2**32 - 1),
)
def test_any_hole_is_filled_and_nothing_else_is_touched(
    height: int, width: int, share: float, doubt: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    picture = rng.integers(100, 140, (height, width, 3), dtype=np.uint8)
    hole = cv2.blur(rng.random((height, width)), (5, 5)).reshape(height, width) < share
    picture[hole] = 0
    filled = complete(picture, hole, doubt)
    np.testing.assert_array_equal(filled[~hole], picture[~hole])
    if not hole.all():
        assert filled[hole].min(initial=255) > 40, "black is nowhere to be seen"
