"""Cinematic: a soft key, a dark teal room, a warm product."""

from __future__ import annotations

import numpy as np

from pipelines.arrays import ImageF
from pipelines.still.craft import light, tone, weather
from pipelines.still.look import Look, Scene

ROOM = np.array([0.30, 0.52, 0.62], np.float32)
KEY = np.array([1.0, 0.86, 0.70], np.float32)
LAMPS = ((1.0, 0.55, 0.22), (1.0, 0.72, 0.42), (0.25, 0.65, 0.75))


def grade(scene: Scene) -> ImageF:
    """Key the product from one side, let the room fall to teal and out of focus."""
    side = light.lit_side(scene)
    shape = light.relief(scene)
    room = tone.saturate(scene.linear, 0.6) * np.array([0.80, 1.0, 1.08], np.float32)
    dressed = tone.mix(room, scene.linear, scene.subject)
    picture = weather.defocus(dressed, scene, shape.distance, 1.4)
    key = light.lambert(shape, (0.75 * side, -0.45, 0.55), wrap=0.2)
    pool = _pool(scene, side)
    fill = 0.16 + 0.16 * scene.subject  # what is written low on the product must stay readable
    picture = picture * (tone.spread(fill) * ROOM + 1.7 * tone.spread(key * pool) * KEY)
    edge = light.rim(shape, scene, -side, lift=-0.4, width=3.0)
    picture = picture + tone.spread(0.5 * edge) * ROOM * (0.2 + scene.linear)
    picture = picture + 0.26 * weather.bokeh(scene, shape.distance, LAMPS, 14, (2.0, 5.0))
    spill = light.bloom(
        picture, scene.unit, threshold=0.55, radius=3.0, weight=1 - 0.7 * scene.subject
    )
    picture = tone.contrast(picture + 0.3 * spill, 1.2, pivot=0.42)
    picture = tone.split_tone(
        tone.contain(picture, knee=0.6, ceiling=0.85), shadows=(-9.0, -9.0), highlights=(4.0, 9.0)
    )
    return tone.grain(picture, scene.rng, 0.016, 0.12 * scene.unit)


def _pool(scene: Scene, side: int) -> ImageF:
    """Light that gathers on the product and leaves the corners."""
    height, width = scene.subject.shape
    if float(scene.subject.max()) > 0.5:
        rows, columns = np.nonzero(scene.subject > 0.5)
        centre = (float(columns.mean()) / width, float(rows.mean()) / height)
    else:
        centre = (0.5, 0.5)
    beam = light.glow((height, width), (centre[0] + 0.12 * side, centre[1]), 0.55)
    return 0.10 + 0.80 * beam * (0.5 + 0.5 * scene.subject) + 0.42 * scene.subject


LOOK = Look(
    title="Cinematic",
    description=(
        "A film still: soft key on the product, teal shadows, warm highlights, lamps out of focus."
    ),
    prompt=(
        "cinematic product shot, anamorphic film still, single soft key light, motivated "
        "practical lamps out of focus in the background, teal shadows and warm highlights, "
        "deep contrast, volumetric air, 50mm T1.5, fine film grain, same product, same shape, "
        "label and lettering unchanged"
    ),
    negative_prompt=(
        "deformed product, warped label, misspelled or garbled text, extra objects, duplicate "
        "product, cropped product, letterbox bars, flat lighting, overexposed, cartoon, busy "
        "background, watermark, signature, jpeg artifacts, lowres"
    ),
    strength=0.45,
    grade=grade,
)
