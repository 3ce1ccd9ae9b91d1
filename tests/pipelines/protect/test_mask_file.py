from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from pipelines.errors import InvalidMask
from pipelines.protect.mask_file import MOTION, read_mask

HALF = np.repeat(np.array([[0, 255]], np.uint8), 40, axis=0).repeat(30, axis=1)  # 60 × 40


def save(path: Path, array: object) -> Path:
    PillowImage.fromarray(array).save(path)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp"])
def test_eight_bits_become_coverage(tmp_path: Path, suffix: str) -> None:
    mask = read_mask(save(tmp_path / f"mask.{suffix}", HALF), (60, 40))
    assert mask.dtype == np.float32
    assert np.array_equal(mask, (HALF == 255).astype(np.float32))


def test_sixteen_bits_keep_their_steps(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 60).astype(np.uint16)[None].repeat(40, axis=0)
    mask = read_mask(save(tmp_path / "mask.png", ramp), (60, 40))
    assert np.abs(mask - ramp / 65535).max() < 1e-6


def test_a_cut_out_is_read_by_its_alpha(tmp_path: Path) -> None:
    rgba = np.dstack([np.full_like(HALF, 9)] * 3 + [HALF])
    mask = read_mask(save(tmp_path / "mask.png", rgba), (60, 40))
    assert np.array_equal(mask, (HALF == 255).astype(np.float32))


@pytest.mark.parametrize("size", [(120, 80), (30, 20)])
def test_the_same_shape_at_another_size_is_fitted(tmp_path: Path, size: tuple[int, int]) -> None:
    mask = read_mask(save(tmp_path / "mask.png", HALF), size)
    assert mask.shape == size[::-1]
    assert mask.mean() == pytest.approx(0.5, abs=0.01)
    assert mask[:, 0].max() == 0
    assert mask[:, -1].min() == 1


def test_another_shape_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "mask.png", HALF)
    with pytest.raises(InvalidMask, match=r"60 × 40 pixels but the still is 100 × 100"):
        read_mask(path, (100, 100))


def test_all_black_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "mask.png", HALF * 0)
    with pytest.raises(InvalidMask, match=r"black everywhere.*white where the subject is"):
        read_mask(path, (60, 40))


def test_what_a_motion_mask_marks_is_said_as_such(tmp_path: Path) -> None:
    path = save(tmp_path / "steam.png", HALF * 0)
    with pytest.raises(InvalidMask, match=r"white where things may move; paint white"):
        read_mask(path, (60, 40), MOTION)


@pytest.mark.parametrize("kind", ["missing", "folder", "text", "truncated", "float"])
def test_what_is_no_mask_is_one_sentence(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "mask.png"
    if kind == "folder":
        path.mkdir()
    elif kind == "text":
        path.write_text("no image")
    elif kind == "truncated":
        noise = np.random.default_rng(0).integers(0, 255, (40, 60), np.uint8)
        path.write_bytes(save(path, noise).read_bytes()[:-900])
    elif kind == "float":
        PillowImage.fromarray(HALF.astype(np.float32)).save(path, "TIFF")
    with pytest.raises(InvalidMask, match=r"cannot be read.*allowed: a grey"):
        read_mask(path, (60, 40))
