from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage.measure import blur_effect

from pipelines.arrays import Image, Mask
from pipelines.media import Source, Subject
from pipelines.protect import TextBox
from pipelines.source import Inspection, decode, fillable, inspect, measures
from tests.stills import disc, textured

FORMATS = [("reel", 1080, 1920), ("square", 1080, 1080), ("gif", 480, 600)]


def report(pixels: Image, mask: Mask | None = None, text: tuple[TextBox, ...] = ()) -> Inspection:
    shape = pixels.shape[:2]
    where = np.zeros(shape, np.float32) if mask is None else mask
    subject = Subject(where, "none" if mask is None else "file")
    return inspect(Source(pixels, None, "0" * 64, "PNG"), subject, text, FORMATS)


def studio(width: int = 1200, height: int = 1200, level: int = 150) -> tuple[Image, Mask]:
    """A crisp textured disc on a plain ground."""
    mask = disc(width, height, width / 2, height / 2, 0.3 * min(width, height))
    texture = textured(width, height, scale=1.0) * 0.4 + level - 50
    pixels = np.where(mask[..., None] > 0.5, texture, 170)
    return np.clip(pixels, 3, 250).astype(np.uint8), mask


def says(inspection: Inspection, words: str) -> bool:
    return any(words in sentence for sentence in inspection.advice)


@pytest.mark.parametrize("sigma", [0.0, 1.0, 3.0])
def test_blur_is_crete_et_als_measure(samples: Path, sigma: float) -> None:
    grey = measures.luma(decode(samples / "coffee.jpg").pixels)
    soft = cv2.GaussianBlur(grey, (0, 0), sigma) if sigma else grey
    reference = float(blur_effect(soft.astype(np.float64)))
    assert measures.blur(np.asarray(soft, np.uint8)) == pytest.approx(reference, abs=1e-4)


def test_blur_does_not_depend_on_contrast() -> None:
    grey = measures.luma(textured(400, 400, scale=1.5))
    flatter = (100 + grey // 4).astype(np.uint8)
    assert measures.blur(flatter) == pytest.approx(measures.blur(grey), abs=0.03)


@pytest.mark.parametrize("sigma", [3.0, 8.0, 16.0])
@pytest.mark.parametrize("width", [500, 2400], ids=["whole", "in bands"])
def test_noise_is_the_deviation_that_was_added(sigma: float, width: int) -> None:
    ramp = np.linspace(60, 190, width)[None].repeat(width * 3 // 4, axis=0)
    noisy = ramp + np.random.default_rng(5).normal(0, sigma, ramp.shape)
    grey = np.clip(noisy + 0.5, 0, 255).astype(np.uint8)
    assert measures.noise(grey) == pytest.approx(sigma, rel=0.05)


def test_clipping_counts_the_ends_only() -> None:
    grey = np.array([[0, 2, 3, 128, 252, 253, 255, 100, 100, 100]], np.uint8)
    assert measures.clipped(grey) == (0.2, 0.2)


def test_clutter_looks_outside_the_subject_only() -> None:
    pixels, mask = studio()
    assert measures.clutter(measures.luma(pixels), mask) < 0.005
    busy = np.where(mask[..., None] > 0.5, 170, textured(1200, 1200, scale=3.0))
    assert measures.clutter(measures.luma(busy.astype(np.uint8)), mask) > 0.1


def test_a_good_still_needs_no_advice() -> None:
    pixels, mask = studio(1920, 1920)
    found = report(pixels, mask)
    assert found.advice == ()
    assert found.fills == ("reel", "square", "gif")


def test_figures_are_what_was_drawn() -> None:
    pixels, mask = studio()
    figures = report(pixels, mask).figures
    assert (figures.width, figures.height, figures.short_side) == (1200, 1200, 1200)
    assert figures.subject_share == pytest.approx(np.pi * 0.3**2, abs=0.001)
    assert figures.margin == pytest.approx(0.2, abs=0.002)
    inside = measures.luma(pixels)[mask >= 0.5]
    assert figures.brightness == pytest.approx(inside.mean() / 255, abs=0.001)


def test_a_smaller_mask_is_fitted() -> None:
    pixels, mask = studio()
    small = cv2.resize(mask, (350, 350), interpolation=cv2.INTER_AREA)
    full, reduced = (report(pixels, part).figures for part in (mask, np.asarray(small, np.float32)))
    assert reduced.subject_share == pytest.approx(full.subject_share, abs=0.002)
    assert reduced.brightness == pytest.approx(full.brightness, abs=0.005)


def test_an_inspection_is_json() -> None:
    pixels, mask = studio(300, 300)
    again = json.loads(json.dumps(asdict(report(pixels, mask))))
    assert again["figures"]["width"] == 300
    assert again["fills"] == []


def test_advice_on_size() -> None:
    pixels, mask = studio(600, 400)
    assert says(report(pixels, mask), "The short side is 400 px; below 1024 px")
    pixels, mask = studio()
    assert says(report(pixels, mask), "too small for reel and")


def test_advice_on_blur_and_noise() -> None:
    pixels, mask = studio()
    soft = cv2.GaussianBlur(pixels, (0, 0), 8)
    assert says(report(np.asarray(soft, np.uint8), mask), "The subject is soft")
    grain = np.random.default_rng(0).normal(0, 14, pixels.shape)
    noisy = np.clip(pixels + grain, 0, 255).astype(np.uint8)
    assert says(report(noisy, mask), "Noise is visible (about")


def test_advice_on_light() -> None:
    pixels, mask = studio()
    assert says(report((pixels * 0.15).astype(np.uint8), mask), "very dark")
    bright = np.clip(pixels.astype(int) + 110, 0, 255).astype(np.uint8)
    assert says(report(bright, mask), "blown out to white")
    shaded = pixels.copy()
    shaded[:500] = 0
    assert says(report(shaded, mask), "plain black")


def test_a_white_backdrop_is_not_blown_out() -> None:
    pixels, mask = studio(1920, 1920)
    white = np.where(mask[..., None] > 0.5, pixels, 255).astype(np.uint8)
    assert report(white, mask).advice == ()


def test_advice_on_the_subject() -> None:
    pixels, mask = studio()
    assert says(report(pixels), "No subject stands out")
    assert says(report(pixels, disc(1200, 1200, 600, 600, 86)), "The subject fills only 2%")
    assert says(report(pixels, disc(1200, 1200, 250, 600, 260)), "reaches the picture's edge")
    busy = np.where(mask[..., None] > 0.5, pixels, textured(1200, 1200, scale=3.0))
    assert says(report(busy.astype(np.uint8), mask), "The background is busy")


def test_advice_on_fine_print() -> None:
    def line(height: float) -> TextBox:
        return TextBox(
            "30 ml", 0.9, ((100, 100), (300, 100), (300, 100 + height), (100, 100 + height))
        )

    pixels, mask = studio()
    assert report(pixels, mask, (line(60),)).text == ("30 ml",)
    assert not says(report(pixels, mask, (line(60),)), "too small to be read")
    assert says(report(pixels, mask, (line(60), line(20))), "too small to be read")


def test_a_format_is_filled_when_neither_side_grows() -> None:
    assert fillable(1080, 1920, FORMATS) == ("reel", "square", "gif")
    assert fillable(1080, 1919, FORMATS) == ("square", "gif")
    assert fillable(479, 4000, FORMATS) == ()
