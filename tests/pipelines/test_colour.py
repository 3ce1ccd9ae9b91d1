"""CIELAB against scikit-image's, and there and back."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import lab2rgb, rgb2lab

from pipelines.colour import (
    decode,
    image_to_lab,
    lab_to_linear,
    lab_to_srgb,
    linear_to_lab,
    srgb_to_lab,
)

Level = st.integers(0, 255)


def pictures() -> dict[str, np.ndarray]:
    chance = np.random.default_rng(3)
    return {
        "any colour": chance.integers(0, 256, (60, 90, 3), np.uint8),
        "nearly black": chance.integers(0, 12, (60, 90, 3), np.uint8),
        "the corners": np.array([[*product((0, 255), repeat=3)]], np.uint8),
    }


@pytest.mark.parametrize("name", pictures())
def test_lab_is_that_of_the_standard(name: str) -> None:
    picture = pictures()[name]
    assert np.abs(image_to_lab(picture) - rgb2lab(picture)).max() < 0.02
    srgb = picture.astype(np.float32) / np.float32(255)
    assert np.abs(srgb_to_lab(srgb) - rgb2lab(picture)).max() < 0.02


@given(st.tuples(Level, Level, Level))
def test_there_and_back(colour: tuple[int, int, int]) -> None:
    picture = np.array([[colour]], np.uint8)
    lab = image_to_lab(picture)
    assert lab_to_srgb(lab) * 255 == pytest.approx(picture, abs=0.02)
    assert lab_to_linear(lab) == pytest.approx(decode(picture), abs=2e-5)
    assert lab2rgb(lab) * 255 == pytest.approx(picture, abs=0.05)


@given(Level)
def test_greys_have_no_chroma(level: int) -> None:
    _, a, b = image_to_lab(np.full((1, 1, 3), level, np.uint8))[0, 0]
    assert (a, b) == pytest.approx((0, 0), abs=1e-3)


def test_what_is_no_colour_is_clipped() -> None:
    beyond = np.array([[[1.5, 0.5, -0.2]]], np.float32)
    assert np.array_equal(linear_to_lab(beyond), linear_to_lab(np.clip(beyond, 0, 1)))
    no_colour = np.array([[[60, 120, -100], [100, 50, 50]]], np.float32)
    for back in (lab_to_linear(no_colour), lab_to_srgb(no_colour)):
        assert back.min() >= 0
        assert back.max() <= 1
