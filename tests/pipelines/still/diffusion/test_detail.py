"""Detail that the network never saw comes back where it kept the picture, and only there."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipelines.arrays import ImageF
from pipelines.still.diffusion.detail import kept_contrast, with_detail
from pipelines.still.diffusion.size import Native, fit_size
from tests.pipelines.still.diffusion.studio import as_float

NATIVE = Native(pixels=256 * 256, multiple=32)

TINT = np.array([1.0, 0.9, 0.8], np.float32)


@pytest.fixture(scope="module")
def photo(samples: Path) -> ImageF:
    """The coffee sample, sRGB."""
    return as_float(cv2.cvtColor(cv2.imread(str(samples / "coffee.jpg")), cv2.COLOR_BGR2RGB))


def test_what_the_network_left_alone_comes_back_as_it_was(photo: ImageF) -> None:
    fit = fit_size(photo.shape[1], photo.shape[0], NATIVE)
    seen = fit.into(photo)
    restored, kept = with_detail(seen, seen, photo, fit)
    assert np.abs(restored - photo).max() < 1e-5
    assert kept == pytest.approx(1, abs=1e-3)


def test_a_new_light_keeps_the_detail_in_its_own_contrast(photo: ImageF) -> None:
    """Graded at the network's size, the picture comes near to the still graded at its own."""
    fit = fit_size(photo.shape[1], photo.shape[0], NATIVE)
    seen = fit.into(photo)

    def graded(picture: ImageF) -> ImageF:
        return np.clip(0.15 + 0.7 * picture * TINT, 0, 1)

    restored, _ = with_detail(graded(seen), seen, photo, fit)
    plain = np.clip(fit.back(graded(seen)), 0, 1)
    wanted = graded(photo)
    assert np.abs(restored - wanted).mean() < 0.25 * np.abs(plain - wanted).mean()


def test_what_was_redrawn_gets_no_detail_of_the_old_picture(photo: ImageF) -> None:
    fit = fit_size(photo.shape[1], photo.shape[0], NATIVE)
    seen = fit.into(photo)
    redrawn = fit.into(np.ascontiguousarray(photo[::-1, ::-1]))
    restored, kept = with_detail(redrawn, seen, photo, fit)
    added = np.abs(restored - np.clip(fit.back(redrawn), 0, 1)).mean()
    lost = np.abs(photo - fit.back(seen)).mean()
    assert added < 0.1 * lost
    assert kept < 0.2


def test_an_inverted_picture_is_a_redrawn_one() -> None:
    rng = np.random.default_rng(0)
    seen = cv2.GaussianBlur(rng.random((64, 64, 3)).astype(np.float32), (0, 0), 1.5)
    assert kept_contrast(1 - seen, seen).max() < 0.05
    assert kept_contrast(seen, seen).min() > 0.999
