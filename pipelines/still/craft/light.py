"""Light on a picture: relief blown up from the silhouette, key, rim, shadow, bloom, shafts.

Directions are unit vectors *towards* the light: x right, y down, z towards the viewer.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipelines.arrays import ImageF, Mask
from pipelines.colour import luminance
from pipelines.relief import inflate
from pipelines.still.craft.noise import clouds
from pipelines.still.craft.tone import Rgb, blur, mix, smoothstep, spread
from pipelines.still.look import Scene

RELIEF_SIDE = 288
"""Longest side at which shape is solved: light on it is soft, and the mask gives its edge."""


@dataclass(frozen=True, eq=False)
class Relief:
    """The shape of a scene as light sees it.

    Attributes:
        normals: (height, width, 3), of the subject inside its mask, else of the set; of length 1
            but for the soft edge, where the two blend.
        floor: (height, width) 0..1, where the set is a ground that faces up.
        distance: (height, width) 0..1, 0 at the subject, 1 at the farthest.
    """

    normals: ImageF
    floor: Mask
    distance: Mask


def relief(scene: Scene) -> Relief:
    """Shape of the whole scene: the subject rounded, a floor where nearness grows downwards."""
    height, width = scene.subject.shape
    shrink = min(1.0, RELIEF_SIDE / max(height, width))
    size = (max(round(width * shrink), 2), max(round(height * shrink), 2))
    mask = cv2.resize(scene.subject, size, interpolation=cv2.INTER_AREA)
    near = cv2.resize(scene.nearness, size, interpolation=cv2.INTER_AREA)
    floor = _grow(_floor(near, mask), (width, height))
    subject = _grow(_rounded(mask), (width, height))
    ground = cv2.merge((np.zeros_like(floor), -0.85 * floor, 1 - np.float32(0.47) * floor))
    normals = mix(ground, subject, scene.subject)
    distance = _grow(_distance(near, mask), (width, height)) * (1 - scene.subject)
    return Relief(normals, floor, distance)


def _grow(small: Mask, size: tuple[int, int]) -> Mask:
    return cv2.resize(small, size, interpolation=cv2.INTER_LINEAR)


def _rounded(mask: Mask) -> ImageF:
    """Normals of the inflated mask, continued outside so that the full-size mask cuts them."""
    z = blur(inflate(mask), 1.0)
    slope_x = cv2.Sobel(z, cv2.CV_32F, 1, 0, scale=1 / 8)
    slope_y = cv2.Sobel(z, cv2.CV_32F, 0, 1, scale=1 / 8)
    n = np.dstack([-slope_x, -slope_y, np.full_like(z, 1.0)])
    n /= np.sqrt((n * n).sum(axis=2, keepdims=True))
    weight = blur(mask * mask, 1.6)
    around = cv2.GaussianBlur(n * spread(mask * mask), (0, 0), 1.6)
    front = np.array([0, 0, 1], np.float32)
    known = (weight > 1e-3)[..., None]
    return np.where(known, around / spread(weight + np.float32(1e-6)), front).astype(np.float32)


def _floor(near: Mask, mask: Mask) -> Mask:
    """Where the set comes nearer row by row; seen only where the product is well away."""
    rise = cv2.Sobel(near, cv2.CV_32F, 0, 1, scale=1 / 8) * np.float32(min(near.shape))
    clear = 1 - cv2.dilate((mask > 0.02).astype(np.float32), np.ones((9, 9), np.uint8))
    total, weight = np.zeros_like(near), np.full_like(near, 1e-6)
    for sigma, trust in ((2.0, 1.0), (8.0, 1e-2), (30.0, 1e-4)):
        total += np.float32(trust) * blur(rise * clear, sigma)
        weight += np.float32(trust) * blur(clear, sigma)
    return smoothstep(0.08, 0.4, total / weight)


def _distance(near: Mask, mask: Mask) -> Mask:
    """Farther than the subject (or than the nearest thing), in shares of what there is."""
    inside = near[mask > 0.5]
    reference = float(np.median(inside)) if len(inside) else float(np.percentile(near, 95))
    span = max(reference - float(near.min()), 0.05)
    behind = np.clip((reference - near) / np.float32(span), 0, 1)
    return np.maximum(behind, 0.3 * (1 - mask))


def lit_side(scene: Scene) -> int:
    """Say from which side light already comes: −1 left, +1 right; left when it is even.

    A look that adds light adds it on that side, so that new light never fights the old.
    """
    size = (64, 64)
    small = cv2.resize(scene.linear, size, interpolation=cv2.INTER_AREA)
    mask = cv2.resize(scene.subject, size, interpolation=cv2.INTER_AREA)
    mask = mask if float(mask.max()) > 0.5 else np.ones_like(mask)
    light = mask * np.sqrt(np.clip(luminance(small), 0, 1))
    columns = np.arange(size[0], dtype=np.float32)
    left = columns < (mask.sum(axis=0) * columns).sum() / mask.sum()
    means = [float(light[:, part].sum()) / max(float(mask[:, part].sum()), 1e-6)
             for part in (left, ~left)]  # fmt: skip
    return 1 if means[1] > means[0] * 1.03 else -1


def lambert(shape: Relief, towards: Rgb, wrap: float = 0.0) -> Mask:
    """Diffuse light 0..1; ``wrap`` lets it reach round the edge, as a large source does."""
    direction = np.array(towards, np.float32) / np.float32(np.linalg.norm(towards))
    facing = cv2.transform(shape.normals, direction[None])
    return np.clip((facing + np.float32(wrap)) / np.float32(1 + wrap), 0, 1)


def rim(shape: Relief, scene: Scene, side: float, lift: float = -0.35, width: float = 2.0) -> Mask:
    """Light from behind that catches the subject's edge on one side (−1 left, +1 right)."""
    direction = np.array([side, lift, 0.0], np.float32)
    direction /= np.linalg.norm(direction)
    facing = np.clip(cv2.transform(shape.normals, direction[None]), 0, 1)
    turned = 1 - np.clip(shape.normals[..., 2], 0, 1)
    return np.asarray(facing * turned ** np.float32(width) * scene.subject, np.float32)


def across(shape: tuple[int, int], side: float, reach: float = 0.5, tilt: float = 0.25) -> Mask:
    """Fall-off 0..1 of a lamp beyond one side of the picture; ``tilt`` raises it."""
    height, width = shape
    x = (np.arange(width, dtype=np.float32) / width - 0.5) * np.float32(side)
    y = 0.5 - np.arange(height, dtype=np.float32) / height
    t = x[None, :] + np.float32(tilt) * y[:, None]
    return np.asarray(1 / (1 + np.exp(t * np.float32(-3 / reach))), np.float32)


def glow(shape: tuple[int, int], centre: tuple[float, float], radius: float) -> Mask:
    """Round glow 0..1 about a point given in shares of the picture, radius in short sides."""
    height, width = shape
    unit = min(height, width) * radius
    x = (np.arange(width, dtype=np.float32) - centre[0] * width) / np.float32(unit)
    y = (np.arange(height, dtype=np.float32) - centre[1] * height) / np.float32(unit)
    return np.exp(-x * x)[None, :] * np.exp(-y * y)[:, None]


def contact_row(mask: Mask) -> float:
    """Row on which the subject stands: where its lowest hundredth of area begins."""
    rows = np.cumsum(mask.sum(axis=1))
    return float(np.searchsorted(rows, 0.99 * rows[-1])) if rows[-1] > 0 else float(len(rows))


def cast_shadow(scene: Scene, lean: float, squash: float, softness: float) -> Mask:
    """Shadow 0..1 that the standing subject throws on its ground, outside itself.

    Args:
        scene: gives the silhouette.
        lean: sideways pixels per pixel of height; + falls to the right.
        squash: pixels up the picture per pixel of height; negative falls towards the viewer.
        softness: blur at the tip of the shadow, in percent of the short side.
    """
    height, width = scene.subject.shape
    shrink = min(1.0, 2 * RELIEF_SIDE / max(height, width))
    size = (max(round(width * shrink), 2), max(round(height * shrink), 2))
    mask = cv2.resize(scene.subject, size, interpolation=cv2.INTER_AREA)
    base = contact_row(mask) - 0.02 * size[1]
    matrix = np.array([[1, -lean, lean * base], [0, squash, base * (1 - squash)]], np.float32)
    thrown = cv2.warpAffine(mask, matrix, size)
    unit = scene.unit * shrink
    sharp, soft = blur(thrown, 0.4 * unit), blur(thrown, softness * unit)
    rows = np.abs(np.arange(size[1], dtype=np.float32) - np.float32(base))
    tip = np.clip(rows / max(abs(squash) * size[1] * 0.4, 1), 0, 1)[:, None]
    shadow = (sharp + (soft - sharp) * tip) * (1 - 0.45 * tip)
    return _grow(shadow, (width, height)) * (1 - scene.subject)


def bloom(
    linear: ImageF,
    unit: float,
    *,
    threshold: float,
    radius: float = 3.0,
    weight: Mask | None = None,
) -> ImageF:
    """Light that spills from bright parts: a bright-pass and three wider and wider blurs.

    Args:
        linear: linear light.
        unit: one percent of the short side, pixels.
        threshold: luminance at which spilling starts.
        radius: of the middle blur, in units.
        weight: (height, width), how much each pixel spills.
    """
    height, width = linear.shape[:2]
    shrink = max(int(unit * radius / 12), 1)
    small = cv2.resize(
        linear, (max(width // shrink, 1), max(height // shrink, 1)), interpolation=cv2.INTER_AREA
    )
    bright = small * spread(smoothstep(threshold * 0.7, threshold * 1.5, luminance(small)))
    if weight is not None:
        bright *= spread(cv2.resize(weight, bright.shape[1::-1], interpolation=cv2.INTER_AREA))
    sigma = radius * unit / shrink
    spill = sum(share * blur(bright, sigma * wide) for share, wide in
                ((0.45, 0.35), (0.33, 1.0), (0.22, 3.2)))  # fmt: skip
    return _grow(np.asarray(spill, np.float32), (width, height))


def contact_shadow(scene: Scene, depth: float) -> Mask:
    """Shadow 0..1 hugging the line on which the subject stands, outside it.

    The lower edge of the silhouette, moved down and blurred by ``depth`` units; parts that hang
    well above the ground throw none.
    """
    height = scene.subject.shape[0]
    reach = depth * scene.unit
    base = contact_row(scene.subject)
    rows = np.arange(height, dtype=np.float32)
    grounded = smoothstep(base - 0.30 * height, base - 0.10 * height, rows)[:, None]
    down = max(round(0.5 * reach), 1)
    lowered = np.vstack([np.zeros_like(scene.subject[:down]), scene.subject[:-down]])
    return blur(lowered * grounded, 0.6 * reach) * (1 - scene.subject)


def dapple(shape: tuple[int, int], rng: np.random.Generator, unit: float) -> Mask:
    """Sunlight through leaves, 0 shade to 1 sun: every gap throws a round image of the sun."""
    height, width = shape
    shrink = max(unit / 2.5, 1.0)
    fine = unit / shrink
    layers = np.zeros((3, round(height / shrink) + 1, round(width / shrink) + 1), np.float32)
    crowd = clouds(layers.shape[1:], rng, 24 * fine, 2)
    for index, (x, y, chance, size, level) in enumerate(rng.random((480, 5))):
        at = (int(x * layers.shape[2]), int(y * layers.shape[1]))
        if chance < 2.4 * float(crowd[at[1], at[0]]) - 0.8:
            axes = [max(round(r * fine), 1) for r in (1.4 + 2.6 * size, 1.1 + 1.8 * size)]
            cv2.ellipse(layers[index % 3], at, axes, 0, 0, 360, 0.3 + 0.4 * level, -1)
    sun = layers.max(axis=0) + np.float32(0.3) * layers.min(axis=0)
    return np.clip(_grow(blur(sun, 1.2 * fine), (width, height)), 0, 1)


def blinds(shape: tuple[int, int], degrees: float, pitch: float, softness: float) -> Mask:
    """Light through a window blind: bars at an angle, ``pitch`` pixels apart, 1 = lit."""
    height, width = shape
    angle = np.deg2rad(degrees)
    x = np.arange(width, dtype=np.float32) * np.float32(np.sin(angle))
    y = np.arange(height, dtype=np.float32) * np.float32(np.cos(angle))
    wave = np.sin((x[None, :] + y[:, None]) * np.float32(2 * np.pi / pitch))
    return smoothstep(-softness, softness, wave + np.float32(0.25))
