"""Studio white: the catalogue picture."""

from __future__ import annotations

import numpy as np

from pipelines.arrays import ImageF, Mask
from pipelines.colour import luminance
from pipelines.still.craft import light, matte, tone
from pipelines.still.look import Look, Scene


def grade(scene: Scene) -> ImageF:
    """Lift everything behind the product to white, keep its shadow, light it evenly."""
    product = matte.decontaminate(scene.linear, scene.subject, scene.unit)
    shape = light.relief(scene)
    wrap = light.lambert(shape, (0.0, -0.4, 0.9), wrap=0.6)
    cards = 1 - 0.35 * (1 - np.clip(shape.normals[..., 2], 0, 1))  # black cards draw the edge
    product = product * tone.spread((0.75 + 0.6 * wrap) * cards)
    exposed = tone.contrast(product * _exposure(product, scene.subject), 1.12, pivot=0.55)
    picture = tone.mix(_sweep(scene), tone.saturate(exposed, 1.06), scene.subject)
    return tone.contain(picture, knee=0.9)


def _high_key(x: Mask) -> Mask:
    return np.float32(0.18) + np.float32(0.82) * np.sqrt(x)


def _exposure(product: ImageF, subject: Mask) -> np.float32:
    """Bring the product's light parts to just under white."""
    inside = luminance(product)[subject > 0.5]
    bright = float(np.percentile(inside, 97)) if len(inside) else 0.6
    return np.float32(np.clip(0.72 / max(bright, 1e-3), 0.8, 1.9))


def _sweep(scene: Scene) -> ImageF:
    """White paper with the product's contact shadow; without a product, the scene in high key."""
    if float(scene.subject.max()) < 0.5:
        lifted = tone.saturate(scene.linear * 1.4, 0.7)
        return tone.curve(lifted, _high_key)
    tight, near = light.contact_shadow(scene, 1.1), light.contact_shadow(scene, 5.0)
    wide = light.cast_shadow(scene, lean=0.25, squash=0.16, softness=6.0)
    shade = (1 - 0.62 * tight) * (1 - 0.36 * near) * (1 - 0.22 * wide)
    return np.asarray(0.985 * tone.spread(shade) * np.array([0.995, 1.0, 1.0]), np.float32)


LOOK = Look(
    title="Studio white",
    description=("A clean catalogue shot: pure white around the product, soft shadow, even light."),
    prompt=(
        "e-commerce packshot on a pure white seamless background, large softboxes left and "
        "right, even high-key lighting, soft contact shadow, colour accurate, centred, 100mm "
        "macro, f/11, same product, same shape, label and lettering unchanged"
    ),
    negative_prompt=(
        "deformed product, warped label, misspelled or garbled text, extra objects, duplicate "
        "product, cropped product, grey background, coloured cast, props, hard shadow, "
        "reflections of the room, vignette, watermark, signature, jpeg artifacts, lowres"
    ),
    strength=0.35,
    grade=grade,
)
