"""Smooth continuation, against exhaustive search and closed forms."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.complete.membrane import light_across, nearest_known, push_pull, share_of

HEIGHT, WIDTH = 64, 80


@pytest.fixture
def hole() -> NDArray[np.bool_]:
    rng = np.random.default_rng(4)
    return cv2.GaussianBlur(rng.random((HEIGHT, WIDTH)), (0, 0), 5) > 0.5


def test_the_nearest_known_pixel_is_known_and_none_is_nearer(hole: NDArray[np.bool_]) -> None:
    rows, columns = nearest_known(hole)
    assert not hole[rows, columns].any()
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    known = np.argwhere(~hole)
    exact = np.hypot(y[..., None] - known[:, 0], x[..., None] - known[:, 1]).min(axis=2)
    np.testing.assert_allclose(np.hypot(rows - y, columns - x), exact, rtol=0.06)


def test_known_pixels_stay_and_the_others_lie_between(hole: NDArray[np.bool_]) -> None:
    rng = np.random.default_rng(5)
    values = rng.uniform(20, 200, (HEIGHT, WIDTH, 3)).astype(np.float32)
    filled = push_pull(values, (~hole).astype(np.float32))
    np.testing.assert_allclose(filled[~hole], values[~hole], rtol=1e-5)
    seen = values[~hole]
    assert filled.min() >= seen.min() - 1e-3
    assert filled.max() <= seen.max() + 1e-3


def test_a_membrane_carries_a_slope_across() -> None:
    x = np.linspace(50, 150, WIDTH, dtype=np.float32)
    values = np.broadcast_to(x[None, :, None], (HEIGHT, WIDTH, 1)).copy()
    known = np.ones((HEIGHT, WIDTH), np.float32)
    known[14:50, 20:60] = 0
    filled = push_pull(values, known)
    assert np.abs(filled - values).max() < 12, "of 50 that the slope rises within the hole"


@pytest.mark.parametrize("step", [2, 4])
def test_light_is_the_mean_of_what_is_known(step: int) -> None:
    rng = np.random.default_rng(5)
    picture = rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    known = np.ones((HEIGHT, WIDTH), np.uint8)
    known[32:52, 20:60] = 0
    light = light_across(picture, known, share_of(known, step))
    blocks = picture.reshape(HEIGHT // step, step, WIDTH // step, step, 3).mean(axis=(1, 3))
    clear = known[::step, ::step] > 0
    np.testing.assert_allclose(light[clear], blocks[clear], atol=0.51)


def test_what_is_not_known_gives_no_light() -> None:
    picture = np.full((HEIGHT, WIDTH, 3), 80, np.uint8)
    known = np.ones((HEIGHT, WIDTH), np.uint8)
    known[32:53, 20:61] = 0
    picture[known == 0] = 255
    np.testing.assert_allclose(light_across(picture, known, share_of(known, 4)), 80, atol=0.6)


def test_a_share_is_whole_only_where_every_pixel_is_known() -> None:
    known = np.ones((8, 12), np.uint8)
    known[0, 0] = known[4:, 8:] = 0
    assert share_of(known, 4).tolist() == [[15 / 16, 1, 1], [1, 1, 0]]
