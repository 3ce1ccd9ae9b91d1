"""Anime: flat cel shades, clean lines, a painted background."""

from __future__ import annotations

import numpy as np

from pipelines.arrays import ImageF, Mask
from pipelines.colour import lab_to_srgb, linear_to_srgb, srgb_to_lab, srgb_to_linear
from pipelines.still.craft import light, paint, tone
from pipelines.still.look import Look, Scene

LEVELS = 5
INK = np.array([0.13, 0.09, 0.17], np.float32)


def grade(scene: Scene) -> ImageF:
    """Flatten to cels with clean lines before a softly painted, luminous set."""
    return paint.on_canvas(scene, _cel)


def _cel(scene: Scene) -> ImageF:
    unit = scene.unit
    side = light.lit_side(scene)
    shape = light.relief(scene)
    picture = linear_to_srgb(scene.linear)
    lines = paint.flow(picture, 0.7 * unit)
    cel = _shaded(paint.kuwahara(picture, lines, 0.9 * unit), unit)
    key = light.lambert(shape, (0.7 * side, -0.45, 0.55), wrap=0.1)
    cel = cel * tone.spread(1 - 0.20 * (1 - tone.smoothstep(0.36, 0.40, key)) * scene.subject)
    edge = light.rim(shape, scene, side, lift=-0.4, width=2.0)
    cel = cel + tone.spread(0.30 * tone.smoothstep(0.42, 0.50, edge))
    drawn = tone.mix(_background(scene, picture, lines), cel, scene.subject)
    inked = _inked(scene, picture, lines)
    return srgb_to_linear(np.clip(tone.mix(drawn, INK, inked), 0, 1))


def _shaded(flat: ImageF, unit: float) -> ImageF:
    """Lightness in a few steps with crisp borders, colour smooth and strong."""
    lab = srgb_to_lab(flat)
    steps = lab[..., 0] * np.float32(LEVELS / 100)
    whole = np.floor(steps)
    stepped = (whole + tone.smoothstep(0.38, 0.62, steps - whole)) / LEVELS
    lab[..., 0] = 100 * (0.12 + 0.9 * (0.25 * lab[..., 0] / 100 + 0.75 * stepped))
    lab[..., 1:] = 1.35 * tone.blur(np.ascontiguousarray(lab[..., 1:]), 0.4 * unit)
    return np.clip(lab_to_srgb(lab), 0, 1)


def _background(scene: Scene, picture: ImageF, lines: paint.Flow) -> ImageF:
    """Painted in broad flat colour, brighter, with light pouring from above."""
    broad = paint.kuwahara(tone.blur(picture, 0.8 * scene.unit), lines, 2.4 * scene.unit)
    lab = srgb_to_lab(_shaded(broad, scene.unit))
    lab[..., 0] = 8 + 0.90 * lab[..., 0]
    lab[..., 2] -= 5
    glow = tone.spread(light.glow(scene.subject.shape, (0.15, 0.0), 1.0))
    sky = np.array([0.99, 0.98, 0.93], np.float32)
    painted = np.clip(lab_to_srgb(lab), 0, 1)
    return painted + (sky - painted) * 0.32 * glow


def _inked(scene: Scene, picture: ImageF, lines: paint.Flow) -> Mask:
    """Clean lines: full on the product, faint behind, one firm line round the silhouette."""
    unit = scene.unit
    luma = np.asarray(picture.mean(axis=2), np.float32)
    fine = paint.ink(luma, lines, max(0.13 * unit, 0.9), weight=34.0, black=0.0)
    ring = 1 - np.abs(2 * tone.blur(scene.subject, 0.22 * unit) - 1)
    firm = tone.smoothstep(0.30, 0.62, ring)
    return np.maximum(fine * (0.18 + 0.74 * scene.subject), 0.92 * firm)


LOOK = Look(
    title="Anime",
    description=("Flat cel shades and clean lines before a luminous painted background."),
    prompt=(
        "anime key visual of the product, clean cel shading, crisp line art, flat vivid "
        "colours, hand-painted luminous background, soft sky light, studio animation quality, "
        "sharp highlights, recognisable product, same shape and label layout"
    ),
    negative_prompt=(
        "photograph, 3d render, realistic texture, noisy shading, sketchy lines, people, "
        "characters, deformed product, garbled lettering, watermark, signature"
    ),
    strength=0.6,
    grade=grade,
    outline=0.005,
)
