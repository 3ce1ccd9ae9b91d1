"""Oil: directed brush strokes, thick paint, canvas."""

from __future__ import annotations

import numpy as np

from pipelines.arrays import ImageF
from pipelines.colour import lab_to_srgb, linear_to_srgb, srgb_to_lab, srgb_to_linear
from pipelines.still.craft import paint, paper, tone
from pipelines.still.craft.noise import specks
from pipelines.still.look import Look, Scene


def grade(scene: Scene) -> ImageF:
    """Paint from broad to fine brushes along the form, then light the relief of the paint."""
    return paint.on_canvas(scene, _paint)


def _paint(scene: Scene) -> ImageF:
    unit = scene.unit
    picture = _palette(linear_to_srgb(scene.linear))
    lines = paint.flow(picture, 1.6 * unit)
    lines = _brush_directions(scene, lines)
    calm = paint.kuwahara(picture, lines, 1.1 * unit)
    calm = tone.mix(calm, picture, paint.detail(picture, unit))  # lettering is painted from life
    painted, height = paint.strokes(calm, lines, scene.rng, unit)
    bristles = paint.along(specks(height.shape, scene.rng, 1.0), lines, 2.6 * unit)
    bristles /= np.float32(max(float(bristles.std()), 1e-6))
    relief = tone.blur(height, 0.12 * unit) + 0.035 * bristles
    gloss = np.maximum(paper.relit(relief, 0.08) - 1.12, 0)
    lit = painted * tone.spread(paper.relit(relief, 0.06)) + 0.35 * tone.spread(gloss)
    return srgb_to_linear(np.clip(lit * tone.spread(1 + 0.025 * bristles), 0, 1))


def _palette(picture: ImageF) -> ImageF:
    """Richer and a little warmer than life, darks never quite black."""
    lab = srgb_to_lab(picture)
    lab[..., 0] = 5 + 0.91 * lab[..., 0]
    lab[..., 1:] *= 1.5
    lab[..., 2] += 6.0
    return np.clip(lab_to_srgb(lab), 0, 1)


def _brush_directions(scene: Scene, lines: paint.Flow) -> paint.Flow:
    """Where the picture has no direction of its own, sweep the brush in slow arcs."""
    height, width = scene.subject.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle = np.float32(0.7) + np.sin(x / width * 5.0 + 1.0) * 0.6 + np.cos(y / height * 4.0) * 0.7
    # directions have no sign: blend doubled angles
    c, s = lines.x**2 - lines.y**2, 2 * lines.x * lines.y
    keep = tone.smoothstep(0.25, 0.65, lines.order)
    c, s = keep * c + (1 - keep) * np.cos(2 * angle), keep * s + (1 - keep) * np.sin(2 * angle)
    turned = 0.5 * np.arctan2(s, c)
    return paint.Flow(np.cos(turned), np.sin(turned), lines.order)


LOOK = Look(
    title="Oil painting",
    description=("Visible brush strokes that follow the form, thick paint catching the light."),
    prompt=(
        "oil painting of the product on canvas, confident directional brush strokes following "
        "the form, thick impasto highlights, rich old-master palette, palette knife "
        "background, visible canvas weave, alla prima still life, recognisable product, same "
        "shape and label layout"
    ),
    negative_prompt=(
        "photograph, smooth digital painting, 3d render, watercolor, flat vector, deformed "
        "product, garbled lettering, watermark, signature, frame"
    ),
    strength=0.6,
    grade=grade,
    outline=0.012,
)
