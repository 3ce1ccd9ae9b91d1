"""A picture between two pictures against a texture that a formula shifts."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from pipelines.arrays import Image
from pipelines.blend import Between, blend
from tests.oracles import texture
from tests.stills import disc, psnr


def test_the_blend_lies_half_way_along_the_motion() -> None:
    middle = blend(texture(160, 120), texture(160, 120, 3), 0.5)[20:-20, 20:-20]
    moved = np.abs(middle.astype(int) - texture(160, 120, 1.5)[20:-20, 20:-20]).mean()
    mixed = (texture(160, 120).astype(int) + texture(160, 120, 3)) / 2
    plain = np.abs(mixed[20:-20, 20:-20] - texture(160, 120, 1.5)[20:-20, 20:-20]).mean()
    assert moved < plain / 2


def crossing(share: float) -> Image:
    """A bright disc that travels 12 pixels to the right over a ground that slides 4 to the left."""
    ground = texture(240, 180, -4 * share).astype(np.float32) * 0.6
    product = 255 - texture(240, 180, 12 * share, 40).astype(np.float32) * 0.5
    cover = disc(240, 180, 100 + 12 * share, 90, 40)[..., None]
    return np.rint(ground * (1 - cover) + product * cover).astype(np.uint8)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_things_that_pass_one_another_each_go_their_own_way(share: float) -> None:
    """Where the disc covers and uncovers the ground too; a plain mix of the two leaves ghosts."""
    first, second, wanted = crossing(0.0), crossing(1.0), crossing(share)
    ghosts = np.rint(first * (1 - share) + second * share).astype(np.uint8)
    between = Between(first, second).at(share)
    assert psnr(between, wanted) > psnr(ghosts, wanted) + 9
    assert psnr(between, wanted) > 36


def test_the_ends_are_the_two_pictures() -> None:
    between = Between(crossing(0.0), crossing(1.0))
    assert psnr(between.at(0.0), crossing(0.0)) > 60
    assert psnr(between.at(1.0), crossing(1.0)) > 60


def test_the_blend_keeps_fine_detail(samples: Path) -> None:
    """A photo that moves by 3 pixels, and so by 1.5 half-way: bilinear sampling keeps 77 %."""
    photo = np.asarray(Pillow.open(samples / "serum.jpg"))

    def moved(by: float) -> Image:
        fine = round(3 * by)  # pixels of the photo, three times as fine
        part = photo[:, fine : photo.shape[1] - 9 + fine]
        size = (part.shape[1] // 3, part.shape[0] // 3)
        return cv2.resize(part, size, interpolation=cv2.INTER_AREA)

    middle, wanted = blend(moved(0), moved(3), 0.5), moved(1.5)
    detail = [float(cv2.Laplacian(each, cv2.CV_32F).std()) for each in (middle, wanted)]
    assert detail[0] / detail[1] > 0.87
