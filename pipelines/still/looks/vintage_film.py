"""Vintage film: faded blacks, red halos, grain, a light leak."""

from __future__ import annotations

import numpy as np

from pipelines.arrays import ImageF
from pipelines.colour import luminance
from pipelines.still.craft import light, tone
from pipelines.still.craft.noise import clouds
from pipelines.still.look import Look, Scene

HALATION = np.array([1.0, 0.30, 0.10], np.float32)
LEAK = np.array([1.0, 0.34, 0.08], np.float32)


def grade(scene: Scene) -> ImageF:
    """Print the still on a seventies stock: halation first, dyes next, then age."""
    picture = tone.balance(scene.linear, (1.05, 1.0, 0.84))
    picture = tone.saturate(picture, 0.80)
    picture = tone.contrast(picture * 1.12, 1.18, pivot=0.5)
    halo = tone.peak(light.bloom(picture, scene.unit, threshold=0.42, radius=1.6))
    around = np.float32(0.75) * luminance(picture)
    beyond = np.float32(0.8) * np.maximum(halo - around, 0)  # only where light spills over
    picture = picture + tone.spread(beyond) * HALATION
    picture = tone.vignette(picture, 0.42)
    picture = tone.split_tone(picture, shadows=(-9.0, 1.0), highlights=(1.0, 10.0))
    picture = tone.contain(picture + _leak(scene), knee=0.7)
    picture = tone.fade(picture, (0.034, 0.030, 0.026), 0.90)
    return tone.grain(picture, scene.rng, 0.030, max(0.15 * scene.unit, 1.0))


def _leak(scene: Scene) -> ImageF:
    """Light that found a crack in the camera's back: an orange flare on one edge."""
    size = scene.subject.shape
    flare = light.glow(size, (1.03, 0.35), 0.42) * (
        0.5 + clouds(size, scene.rng, 50 * scene.unit, 2)
    )
    return np.asarray(tone.spread(0.9 * flare * (1 - 0.75 * scene.subject)) * LEAK, np.float32)


LOOK = Look(
    title="Vintage film",
    description=(
        "Seventies film: faded blacks, reddish halos round lights, visible grain, a light leak."
    ),
    prompt=(
        "analog film photograph of a product, 1970s advertising, expired Kodak Gold 200, "
        "halation around highlights, faded lifted blacks, warm green-yellow cast, coarse film "
        "grain, subtle light leak, 35mm point and shoot flash, same product, same shape, "
        "label and lettering unchanged"
    ),
    negative_prompt=(
        "deformed product, warped label, misspelled or garbled text, extra objects, duplicate "
        "product, cropped product, digital sharpness, HDR, clean gradients, neon colours, "
        "modern studio look, picture frame, date stamp, watermark, signature, jpeg artifacts, "
        "lowres"
    ),
    strength=0.4,
    grade=grade,
)
