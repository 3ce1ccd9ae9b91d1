"""Ink sketch: clean lines, hatching by tone, warm paper."""

from __future__ import annotations

import numpy as np

from pipelines.arrays import ImageF, Mask
from pipelines.colour import linear_to_srgb, srgb_to_linear
from pipelines.still.craft import paint, paper, tone
from pipelines.still.craft.noise import clouds, strands
from pipelines.still.look import Look, Scene

SHEET = paper.Sheet(colour=(0.965, 0.940, 0.885), grain=0.014)
INK = np.array([0.075, 0.085, 0.125], np.float32)
HATCHES = ((42.0, 0.66), (-38.0, 0.42), (4.0, 0.24), (84.0, 0.13))
"""(direction in degrees, tone below which it is laid): one layer more for each darker tone."""


def grade(scene: Scene) -> ImageF:
    """Draw the edges with a pen, then hatch the shade, one direction on another."""
    return paint.on_canvas(scene, _draw)


def _draw(scene: Scene) -> ImageF:
    unit, size = scene.unit, scene.subject.shape
    picture = linear_to_srgb(scene.linear)
    luma = np.asarray(picture.mean(axis=2), np.float32)
    lines = paint.flow(picture, 0.5 * unit)
    pen = max(0.14 * unit, 0.9)
    drawn = paint.ink(luma, lines, pen, weight=40.0, black=0.10)
    drawn = np.maximum(drawn, _outline(scene, lines))
    shade = _hatched(scene, luma)
    tooth = paper.tooth(size, scene.rng, unit)
    flow_of_ink = 0.86 + 0.3 * (clouds(size, scene.rng, 5 * unit, 3) - 0.5) - 0.05 * tooth
    ink = np.clip(np.maximum(drawn, shade) * flow_of_ink, 0, 1)
    ink *= paper.painted(scene.subject, tooth, scene.rng, unit)
    return srgb_to_linear(np.clip(tone.mix(SHEET.lit(tooth), INK, ink), 0, 1))


def _outline(scene: Scene, lines: paint.Flow) -> Mask:
    """A heavier line round the product, swelling with the hand's pressure."""
    unit = scene.unit
    pressure = 0.30 + 0.5 * clouds(scene.subject.shape, scene.rng, 18 * unit, 2)
    edge = 1 - np.abs(2 * tone.blur(scene.subject, 0.30 * unit) - 1)
    return tone.smoothstep(0.25, 0.75, edge * (0.45 + pressure))


def _hatched(scene: Scene, luma: Mask) -> Mask:
    """Layers of hatching; the set gets fewer and paler strokes than the product."""
    unit = scene.unit
    level = np.clip(tone.blur(luma, 0.5 * unit), 0, 1)
    level = level + (0.16 + 0.25 * level) * (1 - scene.subject)
    ink = np.zeros_like(luma)
    for degrees, start in HATCHES:
        threads = strands(luma.shape, scene.rng, 12 * unit, max(0.34 * unit, 1.5), degrees)
        amount = tone.smoothstep(start, start - 0.30, level)
        ink = np.maximum(ink, amount * tone.smoothstep(0.60, 0.82, threads))
    return ink * (0.62 + 0.28 * scene.subject)


LOOK = Look(
    title="Ink sketch",
    description=("Pen lines and cross-hatching on warm paper."),
    prompt=(
        "pen and ink drawing of the product, confident contour lines, cross-hatching for "
        "shade, dip pen on warm ivory paper, monochrome sepia-black ink, engraving quality, "
        "architectural draughtsmanship, recognisable product, same shape and label layout"
    ),
    negative_prompt=(
        "colour, photograph, grey wash, smooth shading, 3d render, blurry lines, deformed "
        "product, garbled lettering, watermark, signature"
    ),
    strength=0.65,
    grade=grade,
    paper=SHEET.bare,
    outline=0.006,
)
