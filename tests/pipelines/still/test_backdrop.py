"""A product before another backdrop."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from pipelines.arrays import Image, Mask
from pipelines.context import Context
from pipelines.errors import InvalidInput, InvalidSource
from pipelines.media import Subject
from pipelines.still import place_on_backdrop
from tests.pipelines.still.conftest import Shot, rounded_box


def cut_out(product: tuple[int, int, int], behind: Image, mask: Mask) -> Image:
    """A one-coloured product before a picture, mixed at its soft edge."""
    alpha = mask[..., None]
    return (np.array(product) * alpha + behind * (1 - alpha) + 0.5).astype(np.uint8)


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    """A warm plate, darker to the left, of another size and aspect."""
    ramp = np.linspace(60, 190, 320, dtype=np.float32)[None, :, None]
    picture = np.broadcast_to(ramp * np.array([1.0, 0.85, 0.6]), (150, 320, 3))
    path = tmp_path / "plate.png"
    Pillow.fromarray(picture.astype(np.uint8)).save(path)
    return path


@pytest.mark.parametrize("backdrop", ["studio", "gradient"])
def test_nothing_of_the_old_background_remains(backdrop: str, shot: Shot, context: Context) -> None:
    """Two stills that differ only behind the product become the same still."""
    other = shot.pixels.copy()
    behind = shot.subject.mask < 0.002
    other[behind] = np.random.default_rng(1).integers(0, 256, (int(behind.sum()), 3))
    first, _ = place_on_backdrop(shot.pixels, shot.subject, backdrop, context)
    second, _ = place_on_backdrop(other, shot.subject, backdrop, context)
    assert np.abs(first[behind].astype(int) - second[behind]).max() <= 1
    assert np.abs(first[behind].astype(int) - other[behind]).mean() > 30


@pytest.mark.parametrize("backdrop", ["studio", "gradient"])
def test_product_stays_where_and_what_it_was(backdrop: str, shot: Shot, context: Context) -> None:
    placed, subject = place_on_backdrop(shot.pixels, shot.subject, backdrop, context)
    assert placed.shape == shot.pixels.shape
    np.testing.assert_array_equal(subject.mask, shot.subject.mask)
    core = cv2.erode(shot.subject.mask, np.ones((9, 9))) > 0.999
    assert np.abs(placed[core].astype(int) - shot.pixels[core]).max() <= 1


@pytest.mark.parametrize("backdrop", ["studio", "gradient"])
def test_contact_shadow_is_darker_at_the_line_than_away(
    backdrop: str, shot: Shot, context: Context
) -> None:
    placed, _ = place_on_backdrop(shot.pixels, shot.subject, backdrop, context)
    column = placed[:, 85:115].mean(axis=(1, 2))
    line, away = column[193:196].mean(), column[225:235].mean()
    assert line < 0.85 * away


def test_studio_has_no_visible_horizon(shot: Shot, context: Context) -> None:
    placed, _ = place_on_backdrop(shot.pixels, shot.subject, "studio", context)
    steps = np.abs(np.diff(cv2.blur(placed, (1, 5))[:, :20].mean(axis=(1, 2))))
    assert steps.max() < 2.5


def test_gradient_takes_the_hue_of_the_product(shot: Shot, context: Context) -> None:
    mask = shot.subject.mask
    grey = np.full_like(shot.pixels, 128)
    red, blue = (
        place_on_backdrop(cut_out(colour, grey, mask), shot.subject, "gradient", context)[0]
        for colour in ((200, 40, 30), (30, 60, 190))
    )
    corner = np.s_[:20, :20]
    assert red[corner][..., 0].mean() > red[corner][..., 2].mean() + 15
    assert blue[corner][..., 2].mean() > blue[corner][..., 0].mean() + 15


def test_no_green_halo_round_a_red_product(context: Context) -> None:
    mask = cv2.GaussianBlur(rounded_box(240, 200), (0, 0), 1.0)
    green = np.full((240, 200, 3), (20, 200, 40), np.uint8)
    still = cut_out((200, 30, 30), green, mask)
    placed, _ = place_on_backdrop(still, Subject(mask, "file"), "studio", context)
    excess = placed[..., 1].astype(int) - placed[..., [0, 2]].max(axis=2)
    assert excess.max() <= 2
    assert (still[..., 1].astype(int) - still[..., [0, 2]].max(axis=2)).max() > 100


def test_plate_covers_the_still_and_lights_the_product(
    shot: Shot, plate: Path, context: Context
) -> None:
    placed, _ = place_on_backdrop(shot.pixels, shot.subject, plate, context)
    assert placed.shape == shot.pixels.shape
    assert placed[20, 5].mean() < placed[20, -5].mean() - 20  # the plate's own ramp, cut to fit
    before = shot.pixels[shot.inside].mean(axis=0)
    after = placed[shot.inside].mean(axis=0)
    assert after[0] / after[2] > 1.1 * before[0] / before[2]  # towards the plate's warm light
    left, right = shot.inside.copy(), shot.inside.copy()
    left[:, 90:], right[:, :110] = False, False
    gain_left = placed[left].mean() / shot.pixels[left].mean()
    assert placed[right].mean() / shot.pixels[right].mean() > gain_left


def test_without_a_product_it_says_so(shot: Shot, context: Context) -> None:
    nothing = Subject(np.zeros_like(shot.subject.mask), "none")
    with pytest.raises(InvalidInput, match="needs a product") as caught:
        place_on_backdrop(shot.pixels, nothing, "studio", context)
    assert caught.value.fix
    assert caught.value.allowed


@pytest.mark.parametrize("content", [None, b"", b"not a picture"])
def test_plate_that_is_no_picture(
    content: bytes | None, shot: Shot, tmp_path: Path, context: Context
) -> None:
    path = tmp_path / "plate.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidSource, match=r"plate\.jpg"):
        place_on_backdrop(shot.pixels, shot.subject, path, context)
