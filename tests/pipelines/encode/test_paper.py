"""Looks on paper in a frame that grew: the added paper against the rim it goes on from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.arrays import Image
from pipelines.context import Context
from pipelines.encode import frame_still
from pipelines.media import BARE_RIM, DepthMap, Still, Subject
from pipelines.still import LOOKS, restyle
from tests.oracles import texture

ON_PAPER = sorted(name for name in LOOKS if LOOKS[name].paper)
SIDE = 480
RIM = int(BARE_RIM * SIDE)
REEL = (9, 16)
Grain: TypeAlias = NDArray[np.float64]
Dress: TypeAlias = Callable[..., Still]


@pytest.fixture(scope="module")
def dress(tmp_path_factory: pytest.TempPathFactory) -> Dress:
    """A wide product before a busy backdrop, so that a reel can only add; by look and strength."""
    folder = tmp_path_factory.mktemp("data")
    mask = np.zeros((SIDE, SIDE), np.float32)
    mask[120:360, 20:460] = 1
    subject, depth = Subject(mask, "file"), DepthMap(np.full_like(mask, 0.5), "file")

    def dressed(look: str, strength: float = 1.0, seed: int = 0) -> Still:
        context = Context(folder, seed=seed)
        pixels = texture(SIDE, SIDE)
        return restyle(pixels, subject, depth, look=look, strength=strength, context=context)

    return dressed


def shown(still: Still, aspect: tuple[int, int] = REEL) -> Image:
    """The whole pixels of what an output of that aspect shows."""
    grown, framing = frame_still(still, *aspect)
    left, top = round(framing.left), round(framing.top)
    width, height = int(framing.width + 1e-6), int(framing.height + 1e-6)
    return grown.pixels[top : top + height, left : left + width]


def above(frame: Image) -> Image:
    """The rows added above the still."""
    return frame[: (len(frame) - SIDE) // 2]


def corner(grown: Still) -> tuple[int, int]:
    """Where the still lies in what was grown: left, top."""
    rows, columns = np.nonzero(grown.subject.mask)
    return int(columns.min()) - 20, int(rows.min()) - 120


def grain(pixels: Image) -> Grain:
    """Lightness about its mean, in levels."""
    grey = pixels.astype(np.float64).mean(axis=2)
    return np.asarray(grey - grey.mean())


def powers(texture: Grain) -> Grain:
    """Mean power of a square of grain in octaves of spatial frequency, from 1/64 cycle a pixel."""
    window = np.hanning(len(texture))
    spectrum = np.abs(np.fft.fft2(texture * window * window[:, None])) ** 2
    at = np.fft.fftfreq(len(texture))
    frequency = np.hypot(at, at[:, None])
    edges = 2.0 ** np.arange(-6, 0)
    return np.array([spectrum[(frequency >= a) & (frequency < 2 * a)].mean() for a in edges])


@pytest.mark.parametrize("look", ON_PAPER)
def test_the_paper_has_the_tone_of_the_rim_and_no_blotch(look: str, dress: Dress) -> None:
    still = dress(look)
    _, framing = frame_still(still, *REEL)
    assert framing.mode == "extended"
    assert "paper" in framing.note
    added = above(shown(still)).astype(np.float64)
    rim = np.concatenate([still.pixels[:RIM], still.pixels[-RIM:]]).mean(axis=(0, 1))
    np.testing.assert_allclose(added.mean(axis=(0, 1)), rim, atol=1.0)
    blotches = cv2.resize(added, (8, 4), interpolation=cv2.INTER_AREA)
    assert np.abs(blotches - added.mean(axis=(0, 1))).max() < 1.0


@pytest.mark.parametrize("look", ON_PAPER)
def test_its_grain_is_as_coarse_and_as_strong_as_what_is_under_the_paint(
    look: str, dress: Dress, tmp_path: Path
) -> None:
    """A still of nothing but light is bare, or evenly washed, paper right to its middle."""
    white = np.full((SIDE, SIDE, 3), 255, np.uint8)
    empty = Subject(np.zeros((SIDE, SIDE), np.float32), "none")
    depth = DepthMap(np.full((SIDE, SIDE), 0.5, np.float32), "file")
    inner = restyle(white, empty, depth, look=look, context=Context(tmp_path)).pixels[140:340]
    added = above(shown(dress(look)))
    there, beyond = (
        np.mean([powers(grain(piece[:128, x : x + 128])) for x in (40, 160, 280)], axis=0)
        for piece in (inner, added)
    )
    ratio = (beyond / there)[2:]  # the broadest two octaves hold the wash as well
    assert ratio.min() > 0.6
    assert ratio.max() < 1.6


@pytest.mark.parametrize("look", ON_PAPER)
def test_nothing_repeats(look: str, dress: Dress) -> None:
    """Neither a tile beside a tile nor the still's own rim in a mirror."""
    frame = shown(dress(look))
    added = grain(above(frame))
    spectrum = np.abs(np.fft.rfft2(added, [2 * n for n in added.shape])) ** 2
    overlap = np.abs(np.fft.rfft2(np.ones_like(added), [2 * n for n in added.shape])) ** 2
    echo = np.fft.irfft2(spectrum) / np.maximum(np.fft.irfft2(overlap), 0.25 * added.size)
    echo /= echo[0, 0]
    near = 3 * RIM
    echo[:near, :near] = echo[-near:, :near] = echo[:near, -near:] = echo[-near:, -near:] = 0
    assert np.abs(echo).max() < 0.1
    below = frame[len(frame) - len(added) :]
    for other in (below, below[::-1], above(frame)[::-1]):
        assert abs(np.corrcoef(added.ravel(), grain(other).ravel())[0, 1]) < 0.05


@pytest.mark.parametrize("look", ON_PAPER)
def test_the_join_is_neither_a_line_nor_a_calm_band_nor_a_mirror(look: str, dress: Dress) -> None:
    still = dress(look)
    grown, _ = frame_still(still, *REEL)
    left, top = corner(grown)
    inner = np.s_[RIM + 1 : -RIM - 1, RIM + 1 : -RIM - 1]
    laid = grown.pixels[top : top + SIDE, left : left + SIDE]
    np.testing.assert_array_equal(laid[inner], still.pixels[inner])
    rows = grain(grown.pixels[: top + RIM, left : left + SIDE])
    plain = rows[: top - RIM]
    steps = np.abs(np.diff(rows, axis=0)).mean(axis=1)
    assert steps[-2 * RIM :].max() < steps[: -2 * RIM].mean() + 5 * steps[: -2 * RIM].std()
    across = [rows[at : at + 2].std() for at in range(top - RIM, top + RIM - 1)]
    assert min(across) > 0.85 * plain.std()
    assert max(across) < 1.2 * plain.std()
    for axis in range(top - 1, top + 2):
        mirrored = rows[axis : axis + 4][::-1]
        twins = np.corrcoef(rows[axis - 4 : axis - 1].ravel(), mirrored[:3].ravel())[0, 1]
        assert abs(twins) < 0.3


@pytest.mark.parametrize("aspect", [(1, 1), (16, 9), REEL])
def test_a_moving_camera_finds_paper_all_round(aspect: tuple[int, int], dress: Dress) -> None:
    """Not the paint again, beyond its bare rim; whatever of the still is shown."""
    still = dress("watercolor")
    assert still.paper is not None
    bare = still.paper(SIDE, SIDE)
    grown, framing = frame_still(still, *aspect)
    left, top = corner(grown)
    around = np.ones(grown.pixels.shape[:2], bool)
    around[top : top + SIDE, left : left + SIDE] = False
    assert grown.pixels[around].min() >= bare.min() - 3
    room = min(framing.left, framing.top)
    room = min(room, grown.size[0] - framing.left - framing.width)
    room = min(room, grown.size[1] - framing.top - framing.height)
    assert room >= 0.08 * max(framing.width, framing.height) - 1


def test_the_seed_decides_the_paper(dress: Dress) -> None:
    one, same, other = (shown(dress("watercolor", seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.any(above(one) != above(other))


@pytest.mark.parametrize("aspect", [(1, 1), REEL])
@pytest.mark.parametrize("look", ON_PAPER)
def test_the_frame_follows_strength(look: str, aspect: tuple[int, int], dress: Dress) -> None:
    """As the still does: a mix of what strength 0 and strength 1 show."""
    photograph, paper = (
        shown(dress(look, strength), aspect).astype(np.float64) for strength in (0.0, 1.0)
    )
    for strength in (0.01, 0.4, 0.99):
        mixed = photograph + strength * (paper - photograph)
        np.testing.assert_allclose(shown(dress(look, strength), aspect), mixed, atol=2.5)
