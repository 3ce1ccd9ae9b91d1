"""Through the network's size and back: nothing is squeezed, and the size comes back exactly."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipelines.still.diffusion.size import Fit, Native, fit_size

SD15 = Native(pixels=512 * 512, multiple=64)
SDXL = Native(pixels=1024 * 1024, multiple=32)
STILLS = [(600, 400), (1080, 1920), (1920, 1080), (997, 1499), (64, 64), (2048, 512), (333, 334)]


@pytest.mark.parametrize("size", STILLS, ids=str)
@pytest.mark.parametrize("native", [SD15, SDXL], ids=["sd-1.5", "sdxl"])
def test_the_size_is_one_the_network_takes_and_near_its_own(
    size: tuple[int, int], native: Native
) -> None:
    fit = fit_size(*size, native)
    assert all(side % native.multiple == 0 for side in fit.model)
    assert 0.6 < math.prod(fit.model) / native.pixels < 1.6


@pytest.mark.parametrize("size", STILLS, ids=str)
@pytest.mark.parametrize("native", [SD15, SDXL], ids=["sd-1.5", "sdxl"])
def test_both_axes_are_scaled_alike(size: tuple[int, int], native: Native) -> None:
    fit = fit_size(*size, native)
    across, down = fit.padded[0] / fit.model[0], fit.padded[1] / fit.model[1]
    # Half a pixel, at most, over the shorter padded side.
    assert across / down == pytest.approx(1, abs=0.51 / min(fit.padded))
    assert 1 <= math.prod(fit.padded) / math.prod(size) < 1.2


@pytest.mark.parametrize("size", [(300, 200), (200, 300), (150, 97), (1000, 640)], ids=str)
def test_a_gradient_keeps_its_place_and_its_slope(size: tuple[int, int]) -> None:
    """A plane that is linear in x and y is what resampling must not change, padding apart."""
    fit = fit_size(*size, Native(pixels=256 * 256, multiple=32))
    y, x = np.mgrid[: size[1], : size[0]].astype(np.float32)
    plane = x / size[0] + 2 * y / size[1]
    seen = fit.into(plane)
    assert seen.shape == (fit.model[1], fit.model[0])
    (left, top), scale = _padding(fit), _scales(fit)
    rows, columns = np.mgrid[: fit.model[1], : fit.model[0]].astype(np.float32)
    # Pixel centres: the centre of model pixel i lies at (i + 1/2) scale of the padded still.
    shown_x = (columns + 0.5) * scale[0] - 0.5 - left
    shown_y = (rows + 0.5) * scale[1] - 0.5 - top
    inside = (shown_x > 4) & (shown_x < size[0] - 5) & (shown_y > 4) & (shown_y < size[1] - 5)
    expected = shown_x / size[0] + 2 * shown_y / size[1]
    # Bicubic ripples a little on slopes; a tenth of the network's pixel is far below sight.
    tenth = 0.1 * max(fit.scale, 1) * 2 / min(size)
    assert np.abs(seen - expected)[inside].max() < tenth
    back = fit.back(seen)
    assert back.shape == plane.shape
    edge = math.ceil(4 * max(fit.scale, 1))  # where mirrored pixels are mixed in
    assert np.abs(back - plane)[edge:-edge, edge:-edge].max() < tenth


def test_a_still_of_the_networks_own_size_is_not_touched() -> None:
    fit = fit_size(512, 512, SD15)
    noise = np.random.default_rng(0).integers(0, 256, (512, 512, 3)).astype(np.uint8)
    assert np.array_equal(fit.into(noise), noise)
    assert fit.scale == 1


def test_padding_mirrors_the_still_so_that_no_edge_appears() -> None:
    fit = Fit(still=(100, 60), padded=(100, 64), model=(100, 64))
    rng = np.random.default_rng(1)
    still = rng.random((60, 100)).astype(np.float32)
    seen = fit.into(still)
    assert np.array_equal(seen[2:-2], still)
    assert np.array_equal(seen[1], still[1])
    assert np.array_equal(seen[0], still[2])
    assert np.array_equal(fit.back(seen), still)


def test_an_extreme_shape_is_padded_rather_than_squeezed() -> None:
    fit = fit_size(4000, 200, SD15)
    across, down = fit.padded[0] / fit.model[0], fit.padded[1] / fit.model[1]
    assert across / down == pytest.approx(1, abs=0.01)
    assert fit.into(np.zeros((200, 4000, 3), np.uint8)).shape == (*fit.model[::-1], 3)


def _padding(fit: Fit) -> tuple[int, int]:
    return (fit.padded[0] - fit.still[0]) // 2, (fit.padded[1] - fit.still[1]) // 2


def _scales(fit: Fit) -> tuple[float, float]:
    return fit.padded[0] / fit.model[0], fit.padded[1] / fit.model[1]
