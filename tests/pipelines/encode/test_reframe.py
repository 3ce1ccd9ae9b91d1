from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipelines.arrays import Image
from pipelines.encode import frame_still
from pipelines.media import DepthMap, Still, Subject
from tests.oracles import texture

REEL = (1080, 1920)


def a_still(pixels: Image, box: tuple[float, float, float, float] | None) -> Still:
    """A still whose subject is a box given in shares: left, top, right, bottom."""
    height, width = pixels.shape[:2]
    mask = np.zeros((height, width), np.float32)
    if box is not None:
        left, top, right, bottom = box
        mask[int(top * height) : int(bottom * height), int(left * width) : int(right * width)] = 1
    nearness = np.linspace(0.2, 0.8, height, dtype=np.float32)[:, None].repeat(width, 1)
    return Still(pixels, Subject(mask, "file"), DepthMap(nearness, "proxy", 0.4 * height))


def studio(width: int, height: int) -> Image:
    """A plain backdrop: a slow gradient with a little grain."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    grey = 205 - 30 * y - 25 * (x - 0.5) ** 2 + np.random.default_rng(2).normal(0, 2, x.shape)
    return np.clip(grey[..., None] * [1.0, 0.97, 0.94], 0, 255).astype(np.uint8)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(40, 200),
    st.integers(40, 200),
    st.tuples(
        st.floats(0.02, 0.45), st.floats(0.02, 0.45), st.floats(0.55, 0.98), st.floats(0.55, 0.98)
    ),
    st.sampled_from([REEL, (1080, 1350), (1080, 1080), (1920, 1080), (16, 90)]),
    st.booleans(),
)
def test_the_window_has_the_outputs_aspect_and_holds_the_subject(
    width: int,
    height: int,
    box: tuple[float, float, float, float],
    out: tuple[int, int],
    plain: bool,
) -> None:
    pixels = studio(width, height) if plain else texture(width, height)
    still = a_still(pixels, box)
    grown, framing = frame_still(still, *out)
    assert framing.width / framing.height == pytest.approx(out[0] / out[1], rel=1e-9)
    assert framing.left >= -1e-9
    assert framing.top >= -1e-9
    assert framing.left + framing.width <= grown.size[0] + 1e-6
    assert framing.top + framing.height <= grown.size[1] + 1e-6
    assert grown.subject.mask.shape == grown.depth.nearness.shape == grown.pixels.shape[:2]
    assert grown.subject.mask.sum() == still.subject.mask.sum()
    assert framing.note.endswith(".")
    if framing.mode != "whole":
        rows, columns = np.nonzero(grown.subject.mask)
        assert columns.min() >= framing.left - 1e-6
        assert columns.max() + 1 <= framing.left + framing.width + 1e-6
        assert rows.min() >= framing.top - 1e-6
        assert rows.max() + 1 <= framing.top + framing.height + 1e-6
    assert 0 <= grown.depth.nearness.min() <= grown.depth.nearness.max() <= 1


def test_the_same_aspect_is_shown_whole() -> None:
    still = a_still(texture(108, 192), (0.2, 0.2, 0.8, 0.8))
    grown, framing = frame_still(still, *REEL)
    assert grown is still
    assert (framing.mode, framing.width, framing.height) == ("whole", 108, 192)


def test_a_plain_backdrop_goes_on_without_a_seam() -> None:
    still = a_still(studio(200, 200), (0.3, 0.25, 0.7, 0.75))
    grown, framing = frame_still(still, *REEL)
    assert framing.mode == "extended"
    top = int(grown.depth.horizon - 80) if grown.depth.horizon else 0
    np.testing.assert_array_equal(grown.pixels[top : top + 200], still.pixels)
    means = grown.pixels.astype(float).mean(axis=(1, 2))
    assert np.abs(np.diff(means)).max() < 2.5
    grain_added = np.diff(grown.pixels[: top - 5].astype(float), axis=0).std()
    grain_there = np.diff(still.pixels[:20].astype(float), axis=0).std()
    assert grain_added == pytest.approx(grain_there, rel=0.3)
    assert not grown.subject.mask[:top].any()
    nearness = grown.depth.nearness[:, 100]
    assert np.abs(np.diff(nearness)).max() < 0.02


def test_a_busy_backdrop_is_cropped_round_the_subject() -> None:
    still = a_still(texture(300, 200), (0.6, 0.3, 0.85, 0.7))
    grown, framing = frame_still(still, *REEL)
    assert grown is still
    assert framing.mode == "reframed"
    middle = framing.left + framing.width / 2
    assert middle == pytest.approx(0.725 * 300, abs=2)


def test_a_wide_subject_on_a_busy_backdrop_gets_a_blurred_copy() -> None:
    still = a_still(texture(300, 200), (0.05, 0.3, 0.95, 0.7))
    grown, framing = frame_still(still, *REEL)
    assert framing.mode == "blurred"
    top = (grown.size[1] - 200) // 2
    np.testing.assert_array_equal(grown.pixels[top + 40 : top + 160], still.pixels[40:160])
    outside = np.diff(grown.pixels[: top - 20].astype(float), axis=1).std()
    assert outside < np.diff(still.pixels.astype(float), axis=1).std() / 3


@pytest.mark.parametrize(("width", "height"), [(200, 200), (200, 150)])
def test_what_a_look_puts_on_a_plain_backdrop_does_not_come_again(width: int, height: int) -> None:
    """Neither a shadow near the edge nor a slanted pattern, whose mirror image is a zigzag.

    A reel of the wider still is more growth than a plain backdrop is given.
    """
    plain = np.full((height, width, 3), 200, np.uint8)
    y, x = np.mgrid[:height, :width]
    shadow = 90 * np.exp(-(((x - 100) / 30) ** 2) - ((y - height + 16) / 5) ** 2)
    blinds = 35 * np.sin((x + 2 * y) / 8.0) * (y < height / 2)
    shades = (plain - shadow[..., None] + blinds[..., None]).astype(np.uint8)
    still = replace(a_still(shades, (0.1, 0.25, 0.9, 0.75)), look="noir", before=plain)
    grown, framing = frame_still(still, *REEL)
    assert framing.mode == "blurred"
    rows, _ = np.nonzero(grown.subject.mask)
    top = int(rows.min()) - int(0.25 * height)
    below = grown.pixels[top + height :, :, 0].astype(float)
    edge = still.pixels[-1, :, 0].astype(float)
    assert below.min() > edge.min() - 3
    above = grown.pixels[top - 40 : top, :, 0].astype(float)
    mirrored = still.pixels[:40][::-1, :, 0].astype(float)
    assert np.corrcoef(_detail(above), _detail(mirrored))[0, 1] < 0.35


def _detail(strip: NDArray[np.float64]) -> NDArray[np.float64]:
    return (strip - cv2.GaussianBlur(strip, (0, 0), 12)).ravel()


def test_without_a_subject_the_middle_is_kept() -> None:
    _, framing = frame_still(a_still(texture(300, 200), None), *REEL)
    assert framing.mode == "reframed"
    assert framing.left + framing.width / 2 == pytest.approx(150)
