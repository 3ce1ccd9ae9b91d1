"""Watercolour: washes with dark edges, granulating pigment, cold-pressed paper."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import ImageF, Mask
from pipelines.colour import lab_to_srgb, linear_to_srgb, srgb_to_lab, srgb_to_linear
from pipelines.still.craft import paint, paper, tone
from pipelines.still.craft.noise import clouds, specks
from pipelines.still.look import Look, Scene

SHEET = paper.Sheet(colour=(0.972, 0.957, 0.925), grain=0.022)


def grade(scene: Scene) -> ImageF:
    """Abstract, wobble, darken edges, granulate: the order of Bousseau et al. (NPAR 2006)."""
    return paint.on_canvas(scene, _paint)


def _paint(scene: Scene) -> ImageF:
    unit, size = scene.unit, scene.subject.shape
    picture = linear_to_srgb(scene.linear)
    lines = paint.flow(picture, 0.8 * unit)
    washes = _washes(scene, picture, lines)
    tooth = paper.tooth(size, scene.rng, unit)
    washes = _wobble(washes, scene, 0.35 * unit)
    density = _density(scene, washes, tooth)
    painted = paper.pigment(_transparent(washes), density)
    painted = _drawn(scene, picture, lines, painted)
    covered = paper.painted(scene.subject, tooth, scene.rng, unit)
    painted = SHEET.lit(tooth) * (1 + (painted - 1) * tone.spread(covered))
    return srgb_to_linear(np.clip(painted, 0, 1))


def _washes(scene: Scene, picture: ImageF, lines: paint.Flow) -> ImageF:
    """Flat washes: broad behind, finer on the product, finest where lettering is."""
    unit = scene.unit
    broad = paint.kuwahara(tone.blur(picture, 1.2 * unit), lines, 3.6 * unit)
    fine = paint.kuwahara(picture, lines, 1.0 * unit)
    sharp = paint.detail(picture, unit) * (0.35 + 0.65 * scene.subject)
    washes = tone.mix(broad, fine, np.clip(tone.blur(scene.subject, 0.3 * unit), 0, 1))
    return tone.mix(washes, 0.5 * (fine + picture), sharp)


def _transparent(washes: ImageF) -> ImageF:
    """Watercolour lets the sheet shine through: lighter, and purer where it was pale."""
    lab = srgb_to_lab(washes)
    lab[..., 0] = 100 * (0.10 + 0.90 * (lab[..., 0] / 100) ** 0.72)
    lab[..., 1:] *= 1.30
    return np.clip(lab_to_srgb(lab), 0, 1)


def _wobble(washes: ImageF, scene: Scene, amount: float) -> ImageF:
    """Let the hand tremble: shift by smooth noise, hardly at all where lettering is."""
    size = scene.subject.shape
    calm = 1 - 0.8 * paint.detail(washes, scene.unit)
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
    dx = (clouds(size, scene.rng, 3 * scene.unit, 3) - 0.5) * calm * np.float32(4 * amount)
    dy = (clouds(size, scene.rng, 3 * scene.unit, 3) - 0.5) * calm * np.float32(4 * amount)
    return cv2.remap(washes, x + dx, y + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def _density(scene: Scene, washes: ImageF, tooth: Mask) -> Mask:
    """Pigment: pools in broad flows, granulates in the paper's dimples, gathers at dried edges."""
    unit, size = scene.unit, washes.shape[:2]
    pools = clouds(size, scene.rng, 26 * unit, 4) - 0.5
    grains = specks(size, scene.rng, max(0.12 * unit, 1.0)) * 0.10 - 0.13 * tooth
    luma = washes.mean(axis=2)
    dried = np.abs(luma - tone.blur(luma, 0.9 * unit))
    dried = tone.smoothstep(0.012, 0.10, tone.blur(dried, 0.15 * unit))
    backruns = clouds(size, scene.rng, 16 * unit, 3)
    ring = np.exp(-(((backruns - 0.62) / 0.018) ** 2)) * (1 - scene.subject)
    return 1 + 1.35 * pools + grains + 0.95 * dried + 0.35 * ring


def _drawn(scene: Scene, picture: ImageF, lines: paint.Flow, painted: ImageF) -> ImageF:
    """A fine pencil underdrawing that shows through."""
    luma = np.asarray(picture.mean(axis=2), np.float32)
    pencil = paint.ink(luma, lines, max(0.13 * scene.unit, 0.8), weight=22.0, black=0.0)
    faint = pencil * (0.35 + 0.4 * scene.subject)
    return tone.mix(painted, painted * np.array([0.34, 0.31, 0.34], np.float32), faint)


LOOK = Look(
    title="Watercolor",
    description=("Washes with dried edges and granulating pigment on cold-pressed paper."),
    prompt=(
        "watercolor painting of the product, loose transparent washes, wet-on-wet background, "
        "dark dried pigment edges, granulation on cold-pressed paper, fine pencil "
        "underdrawing, white paper border, botanical illustration quality, recognisable "
        "product, same shape and label layout"
    ),
    negative_prompt=(
        "photograph, 3d render, oil paint, thick impasto, digital smooth gradients, muddy "
        "colours, deformed product, garbled lettering, watermark, signature, frame"
    ),
    strength=0.6,
    grade=grade,
    paper=SHEET.bare,
    outline=0.010,
)
