from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as PillowImage

from pipelines.arrays import Image, Mask
from pipelines.context import Context
from pipelines.errors import InvalidMask
from pipelines.media import Source
from pipelines.models import open_session
from pipelines.protect import find_subject, subject, u2netp


def still(pixels: Image, alpha: Mask | None = None, name: str = "a") -> Source:
    return Source(pixels=pixels, alpha=alpha, sha256=name * 64, format="PNG")


def bottle(width: int = 900, height: int = 1200, label: bool = True) -> tuple[Source, Mask]:
    """A lit bottle on a studio sweep, and its true coverage."""
    true = np.zeros((height * 4, width * 4), np.uint8)
    for left, top, right, bottom in ((0.3, 0.35, 0.7, 0.85), (0.43, 0.15, 0.57, 0.4)):
        corner = int(left * width * 4), int(top * height * 4)
        cv2.rectangle(true, corner, (int(right * width * 4), int(bottom * height * 4)), 255, -1)
    coverage = cv2.resize(true, (width, height), interpolation=cv2.INTER_AREA) / np.float32(255)
    across = np.linspace(-1, 1, width, dtype=np.float32)
    light = np.clip(1 - (across - 0.1) ** 2 * 2.5, 0.25, 1)[None, :, None]
    product = np.array([40, 120, 70], np.float32) * light * np.ones((height, 1, 1), np.float32)
    if label:
        product[int(0.5 * height) : int(0.7 * height)] = (
            np.array([235, 228, 210], np.float32) * light
        )
    sweep = np.linspace(215, 185, height, dtype=np.float32)[:, None, None] * np.ones((1, width, 3))
    mixed = sweep + (product - sweep) * coverage[..., None]
    noise = np.random.default_rng(2).normal(0, 2, mixed.shape)
    return still(np.clip(mixed + noise, 0, 255).astype(np.uint8)), coverage.astype(np.float32)


def overlap(found: Mask, true: Mask) -> float:
    a, b = found >= 0.5, true >= 0.5
    return float((a & b).sum() / (a | b).sum())


def flat() -> Source:
    return still(np.full((300, 400, 3), 128, np.uint8), name="f")


def test_the_network_finds_the_product(equipped: Context) -> None:
    source, true = bottle()
    found = find_subject(source, equipped)
    assert found.origin == "u2netp"
    assert found.warnings == ()
    assert found.mask.shape == true.shape
    assert found.mask.dtype == np.float32
    assert overlap(found.mask, true) > 0.97


def test_the_network_takes_the_cup_and_leaves_the_table(equipped: Context, samples: Path) -> None:
    source = still(np.array(PillowImage.open(samples / "coffee.jpg")))
    mask = find_subject(source, equipped).mask
    height, width = mask.shape
    assert mask[int(0.45 * height), int(0.47 * width)] == 1  # the coffee
    assert mask[int(0.8 * height), int(0.25 * width)] == 1  # the saucer
    assert mask[:, int(0.85 * width) :].max() == 0  # the table
    assert 0.4 < mask.mean() < 0.55


def test_one_thread_gives_the_same_bytes_as_two(
    equipped: Context, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.array(PillowImage.open(samples / "coffee.jpg"))
    maps = []
    for threads in (1, 2):
        monkeypatch.setattr(
            u2netp, "open_session", lambda path, count=threads: open_session(path, count)
        )
        maps.append(u2netp.saliency(pixels, equipped))
    assert np.array_equal(maps[0], maps[1])


def test_the_second_time_is_quick_and_the_same(
    equipped: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, _ = bottle()
    first = find_subject(source, equipped)
    monkeypatch.setattr(subject, "_matte", lambda *parts: pytest.fail("computed again"))
    start = time.perf_counter()
    second = find_subject(source, equipped)
    assert time.perf_counter() - start < 0.5  # 0.01 s on a quiet machine
    assert np.array_equal(first.mask, second.mask)


def test_without_weights_the_stand_in_says_so(context: Context) -> None:
    source, true = bottle(label=False)
    found = find_subject(source, context)
    assert found.origin == "grabcut"
    assert "stillwave models pull u2netp" in found.warnings[0]
    assert overlap(found.mask, true) > 0.9


@pytest.mark.parametrize("weights", [True, False], ids=["u2netp", "grabcut"])
def test_where_nothing_stands_out_there_is_no_subject(
    context: Context, equipped: Context, weights: bool
) -> None:
    found = find_subject(flat(), equipped if weights else context)
    assert found.origin == "none"
    assert not found.mask.any()
    assert found.mask.shape == (300, 400)
    assert "--mask" in found.warnings[-1]


def test_alpha_wins_over_the_network(equipped: Context) -> None:
    source, true = bottle(90, 120)
    alpha = np.flipud(true).copy()
    found = find_subject(replace(source, alpha=alpha), equipped)
    assert found.origin == "alpha"
    assert np.array_equal(found.mask, alpha)


def test_a_mask_file_wins_over_alpha(tmp_path: Path, equipped: Context) -> None:
    source, true = bottle(90, 120)
    path = tmp_path / "mask.png"
    drawn = np.where(np.fliplr(true) >= 0.5, 255, 0).astype(np.uint8)
    PillowImage.fromarray(drawn).save(path)
    found = find_subject(replace(source, alpha=true), equipped, path)
    assert found.origin == "file"
    assert np.array_equal(found.mask, drawn / np.float32(255))


def test_a_bad_mask_file_is_not_passed_over(tmp_path: Path, equipped: Context) -> None:
    with pytest.raises(InvalidMask):
        find_subject(flat(), equipped, tmp_path / "missing.png")
