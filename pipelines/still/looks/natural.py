"""Natural: the still on its best day."""

from __future__ import annotations

import numpy as np

from pipelines.arrays import ImageF, Mask
from pipelines.still.craft import light, tone
from pipelines.still.look import Look, Scene


def grade(scene: Scene) -> ImageF:
    """Open the shadows, add soft local contrast, bring weak colours up a little."""
    picture = tone.clarity(scene.linear, 4 * scene.unit, 0.5)
    picture = tone.curve(picture, _open)
    picture = tone.saturate(picture, 1.12)
    spill = light.bloom(picture, scene.unit, threshold=0.85, radius=2.0)
    return tone.contain(picture + 0.06 * spill)


def _open(x: Mask) -> Mask:
    """Lift the lower mid-tones a little, keep black and white."""
    return x + np.float32(0.42) * x * (1 - x) ** 3 - np.float32(0.10) * x * x * (1 - x)


LOOK = Look(
    title="Natural",
    description=("True colours, gentle contrast, daylight from a large window."),
    prompt=(
        "professional product photograph, soft natural window light, true-to-life colours, "
        "clean composition, 85mm lens, f/5.6, fine detail, realistic materials, same product, "
        "same shape, label and lettering unchanged"
    ),
    negative_prompt=(
        "deformed product, warped label, misspelled or garbled text, extra objects, duplicate "
        "product, cropped product, harsh shadows, oversaturated, HDR halos, illustration, 3d "
        "render, watermark, signature, jpeg artifacts, lowres"
    ),
    strength=0.25,
    grade=grade,
)
