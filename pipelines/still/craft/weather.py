"""Air and what falls through it: haze with depth, lying snow, lights out of focus, lens depth."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import ImageF, Mask
from pipelines.still.craft.light import Relief
from pipelines.still.craft.noise import clouds
from pipelines.still.craft.tone import Rgb, blur, mix, smoothstep, spread
from pipelines.still.look import Scene


def haze(
    linear: ImageF, distance: Mask, air: Rgb | ImageF, density: float, patches: Mask | None = None
) -> ImageF:
    """Mist between the eye and each thing: I·e^(−βd) + A·(1 − e^(−βd)) (Koschmieder).

    Args:
        linear: linear light.
        distance: 0..1 from subject to farthest.
        air: colour of the lit air.
        density: β.
        patches: noise of mean about 0.5 that makes it drift in swathes.
    """
    depth = distance * np.float32(density)
    if patches is not None:
        depth = depth * (0.35 + 1.3 * np.clip(patches, 0, 1))
    return mix(linear, np.asarray(air, np.float32), 1 - np.exp(-depth))


def defocus(linear: ImageF, scene: Scene, distance: Mask, radius: float) -> ImageF:
    """Blur what lies behind, more with distance, in linear light; the subject stays sharp.

    The subject is taken out before blurring (its pixels carry no weight), so that it leaves no
    glow of itself in the background; being at distance 0 it is not touched.
    """
    keep = 1 - cv2.dilate(scene.subject, np.ones((5, 5), np.uint8)) + np.float32(1e-4)
    source = linear * spread(keep)
    soft = linear
    for share in (0.35, 1.0):
        sigma = radius * scene.unit * share
        blurred = blur(source, sigma) / spread(blur(keep, sigma))
        start, full = (0.02, 0.35) if share < 1 else (0.35, 0.9)
        soft = mix(soft, blurred, smoothstep(start, full, distance))
    return soft


def snow_cover(scene: Scene, shape: Relief) -> Mask:
    """Where snow lies, 0..1: on up-facing edges of the subject and, thinner, on the ground.

    The blanket follows the upper silhouette, thicker where it faces straight up, its lower edge
    broken by noise. It stays inside the silhouette: the product carries it when it moves.
    """
    height, width = scene.subject.shape
    unit = scene.unit
    thickness = unit * (0.4 + 3.6 * np.clip(clouds((height, width), scene.rng, 7 * unit, 2), 0, 1))
    up = smoothstep(0.22, 0.62, -blur(shape.normals[..., 1] * scene.subject, 0.5 * unit))
    depth = _height_below_top(scene.subject)
    blanket = (1 - smoothstep(0.75, 1.0, depth / thickness)) * up
    blanket = np.minimum(blur(blanket, 0.12 * unit), scene.subject)
    drift = smoothstep(0.30, 0.62, clouds((height, width), scene.rng, 22 * unit, 5))
    ground = shape.floor * (0.55 + 0.45 * drift) * (1 - scene.subject)
    return np.maximum(blanket, ground)


def _height_below_top(mask: Mask) -> Mask:
    """Pixels since the mask was entered from above, column by column."""
    inside = mask > 0.5
    rows = np.arange(mask.shape[0], dtype=np.float32)[:, None]
    entered = np.where(inside, -np.float32(1), rows)
    return rows - np.maximum.accumulate(entered, axis=0)


def bokeh(
    scene: Scene, distance: Mask, colours: tuple[Rgb, ...], count: int, size: tuple[float, float]
) -> ImageF:
    """Lights far out of focus: discs with a brighter rim, behind the subject only.

    Args:
        scene: gives size, subject and stream.
        distance: 0..1; lights live where it is large.
        colours: linear light of the lamps.
        count: how many.
        size: smallest and largest radius, in percent of the short side.
    """
    height, width = scene.subject.shape
    shrink = max(int(scene.unit * size[0] / 6), 1)
    canvas = np.zeros((height // shrink + 1, width // shrink + 1, 3), np.float32)
    for _ in range(count):
        radius = float(scene.rng.uniform(*size)) * scene.unit / shrink
        centre = scene.rng.random(2) * (canvas.shape[1], canvas.shape[0] * 0.62)
        lamp = np.array(colours[int(scene.rng.integers(len(colours)))])
        _add_disc(canvas, centre, radius, lamp * float(scene.rng.uniform(0.25, 1.0)))
    grown = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_LINEAR)
    return grown * spread(smoothstep(0.35, 0.8, distance) * (1 - scene.subject))


def _add_disc(
    canvas: ImageF,
    centre: np.ndarray[tuple[int], np.dtype[np.float64]],
    radius: float,
    lamp: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> None:
    reach = int(radius) + 2
    x0, y0 = max(int(centre[0]) - reach, 0), max(int(centre[1]) - reach, 0)
    window = canvas[y0 : int(centre[1]) + reach + 1, x0 : int(centre[0]) + reach + 1]
    y, x = np.mgrid[: window.shape[0], : window.shape[1]]
    r = np.hypot(x + x0 - centre[0], y + y0 - centre[1])
    disc = np.clip((radius - r) / 2, 0, 1) * (0.72 + 0.28 * np.clip(r / radius, 0, 1) ** 3)
    window += (disc[..., None] * lamp).astype(np.float32)
