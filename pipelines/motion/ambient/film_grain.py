"""Film grain: fine grain, strongest in the mid-tones, new with every frame."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import Image, Plane
from pipelines.motion.craft import scene
from pipelines.motion.effect import Effect, Moment, Painter, Stage

_FIELDS_PER_SECOND = 60
_ROOM = 192  # pixels by which one field may be shifted against another
_DEEPEST = 10.0  # standard deviation in grey levels, mid-grey at amount 1


def _grain(stage: Stage, shape: scene.Shape) -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
    """Return grain of standard deviation 512, clumped to about a pixel and a half."""
    white = stage.rng.standard_normal(shape, np.float32)
    clump = 0.62 * min(scene.shape_of(stage)) / 1080
    soft = cv2.GaussianBlur(white, (0, 0), max(clump, 0.35))
    scaled: np.ndarray[tuple[int, int], np.dtype[np.int16]] = np.clip(
        soft * (512 / soft.std()), -2048, 2047
    ).astype(np.int16)
    return scaled


def _by_luma(amount: float) -> Plane:
    """Return 256 gains: grains are seen most in the mid-tones, least where film is clear."""
    tone = np.linspace(0, 1, 256) ** 0.8
    gain = 0.22 + 0.78 * 4 * tone * (1 - tone)
    table: Plane = (gain * amount * 255 + 0.5).astype(np.uint8)
    return table


def prepare(stage: Stage, amount: float) -> Painter:
    """Return grain on the screen, not on the scene; ``amount`` sets its depth.

    Each sixtieth of a second has its own field, cut from one large sheet at its own place, so
    the seam's two frames differ as much as any two, at any frame rate up to 60.
    """
    height, width = scene.shape_of(stage)
    sheet = _grain(stage, (height + _ROOM, width + _ROOM))
    fields = max(1, round(stage.seconds * _FIELDS_PER_SECOND))
    corners = stage.rng.integers(0, _ROOM, (fields, 2))
    table = _by_luma(amount)
    reach = scene.Reach(scene.soft_region(stage))

    def paint(moment: Moment) -> Image:
        down, right = corners[round(moment.phase * fields) % fields]
        field = sheet[down : down + height, right : right + width]
        gain = cv2.LUT(cv2.cvtColor(moment.pixels, cv2.COLOR_RGB2GRAY), table)
        depth = reach.limit(np.asarray(gain, np.uint8), moment).astype(np.int16)
        grain = cv2.multiply(field, depth, scale=_DEEPEST / (512 * 255))
        light, dark = (np.maximum(part, 0).astype(np.uint8) for part in (grain, -grain))
        brighter = cv2.add(moment.pixels, cv2.cvtColor(light, cv2.COLOR_GRAY2RGB))
        return np.asarray(cv2.subtract(brighter, cv2.cvtColor(dark, cv2.COLOR_GRAY2RGB)), np.uint8)

    return paint


EFFECT = Effect(
    title="Film grain",
    description="Fine grain over the whole picture, as on film.",
    prepare=prepare,
    over_subject=True,
)
