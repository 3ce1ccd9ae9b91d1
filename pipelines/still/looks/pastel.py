"""Pastel: milky light, chalk colours."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import ImageF
from pipelines.colour import lab_to_linear, linear_to_lab
from pipelines.still.craft import light, tone
from pipelines.still.look import Look, Scene

BLUSH, LILAC = (15.0, 4.0), (11.0, -13.0)
"""(a*, b*) of the wash at the top and at the bottom."""


def grade(scene: Scene) -> ImageF:
    """Raise the blacks, chalk the colours, and wash the set from blush to lilac."""
    shape = light.relief(scene)
    soft = light.lambert(shape, (-0.4, -0.5, 0.75), wrap=0.8)
    picture = tone.contrast(scene.linear * tone.spread(0.8 + 0.5 * soft), 0.72)
    picture = tone.mix(_wash(scene, picture), _chalk(picture, 64.0, 1.02), scene.subject)
    spill = light.bloom(
        picture, scene.unit, threshold=0.55, radius=5.0, weight=1 - 0.8 * scene.subject
    )
    picture = 0.95 * picture + 0.16 * spill
    return tone.contain(tone.fade(picture, (0.045, 0.034, 0.042), 0.97), knee=0.85)


def _chalk(picture: ImageF, ceiling: float, colour: float) -> ImageF:
    """Lift lightness as gouache does and keep chroma under ``ceiling``, hue as it was."""
    lightness, a, b = cv2.split(linear_to_lab(tone.contain(picture)))
    chroma = cv2.magnitude(a, b) + np.float32(1e-3)
    kept = np.float32(colour * ceiling) * np.tanh(chroma / np.float32(ceiling)) / chroma
    raised = np.float32(100) * (lightness / np.float32(100)) ** np.float32(0.78)
    return lab_to_linear(cv2.merge((raised, a * kept, b * kept)))


def _wash(scene: Scene, picture: ImageF) -> ImageF:
    """The set in high key, its own light and shade kept, coloured by a soft gradient."""
    lightness, a, b = cv2.split(linear_to_lab(tone.contain(picture)))
    height, width = scene.subject.shape
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    right = np.linspace(-0.25, 0.25, width, dtype=np.float32)[None, :]
    slope = np.clip(down + right, 0, 1)
    middle = np.float32(np.median(lightness[::4, ::4]))
    raised = 82 + np.float32(0.36) * (lightness - middle)
    washed = [start + np.float32(end - start) * slope + np.float32(0.22) * own
              for start, end, own in zip(BLUSH, LILAC, (a, b), strict=True)]  # fmt: skip
    return lab_to_linear(cv2.merge((raised, *washed)))


LOOK = Look(
    title="Pastel",
    description=("Milky high-key light and chalky colours on a wash from blush to lilac."),
    prompt=(
        "pastel product photograph, soft blush pink and lilac seamless set, milky diffused "
        "high-key light, chalky matte colours, airy negative space, dreamy gentle bloom, "
        "minimal styling, same product, same shape, label and lettering unchanged"
    ),
    negative_prompt=(
        "deformed product, warped label, misspelled or garbled text, extra objects, duplicate "
        "product, cropped product, dark shadows, high contrast, saturated neon colours, "
        "clutter, grunge, watermark, signature, jpeg artifacts, lowres"
    ),
    strength=0.45,
    grade=grade,
)
