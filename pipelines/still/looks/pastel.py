"""Pastel: milky light, chalk colours."""

from __future__ import annotations

import numpy as np

from pipelines.arrays import ImageF
from pipelines.colour import lab_to_linear, linear_to_lab
from pipelines.still.craft import light, tone
from pipelines.still.look import Look, Scene


def grade(scene: Scene) -> ImageF:
    """Raise the blacks, chalk the colours, and wash the set from blush to lilac."""
    shape = light.relief(scene)
    soft = light.lambert(shape, (-0.4, -0.5, 0.75), wrap=0.8)
    picture = tone.contrast(scene.linear * (0.8 + 0.5 * soft)[..., None], 0.72)
    picture = tone.mix(_wash(scene, picture), _chalk(picture, 64.0, 1.02), scene.subject)
    spill = light.bloom(
        picture, scene.unit, threshold=0.55, radius=5.0, weight=1 - 0.8 * scene.subject
    )
    picture = 0.95 * picture + 0.16 * spill
    return tone.contain(tone.fade(picture, (0.045, 0.034, 0.042), 0.97), knee=0.85)


def _chalk(picture: ImageF, ceiling: float, colour: float) -> ImageF:
    """Lift lightness as gouache does and keep chroma under ``ceiling``, hue as it was."""
    lab = linear_to_lab(tone.contain(picture))
    chroma = np.hypot(lab[..., 1], lab[..., 2]) + np.float32(1e-3)
    kept = colour * ceiling * np.tanh(chroma / ceiling) / chroma
    lab[..., 0] = 100 * (lab[..., 0] / 100) ** 0.78
    lab[..., 1:] *= kept[..., None]
    return lab_to_linear(lab)


def _wash(scene: Scene, picture: ImageF) -> ImageF:
    """The set in high key, its own light and shade kept, coloured by a soft gradient."""
    lab = linear_to_lab(tone.contain(picture))
    height, width = scene.subject.shape
    slope = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    slope = np.clip(slope + 0.25 * np.linspace(-1, 1, width, dtype=np.float32)[None, :], 0, 1)
    blush, lilac = np.array([15.0, 4.0]), np.array([11.0, -13.0])
    wash = blush + (lilac - blush) * slope[..., None]
    middle = float(np.median(lab[..., 0]))
    lab[..., 0] = 82 + 0.36 * (lab[..., 0] - middle)
    lab[..., 1:] = wash + 0.22 * lab[..., 1:]
    return lab_to_linear(lab)


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
