"""Draw the product stills of this folder: a small ray marcher with soft boxes for lights.

Run ``python samples/draw.py [FOLDER]``. Every surface is a signed distance field (Hart 1996,
sphere tracing); shadows and occlusion follow Quilez' distance-field approximations; shine is the
studio's soft boxes seen in the mirror direction. The same code gives the same bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Array = NDArray[np.float32]
Distance = Callable[[Array], Array]
Albedo = Callable[[Array, Array], Array]

SUPERSAMPLING = 2
STEPS = 90
FAR = 20.0
KEY = np.array([-0.62, 0.68, -0.42], np.float32) / np.float32(1.012)
"""Direction to the key light: from the left, above and in front."""


# --- shapes: points (n, 3), y up, the ground at y = 0 -> distance (n,) ---------------------------


def _cylinder(p: Array, bottom: float, top: float, radius: float, fillet: float) -> Array:
    across = np.hypot(p[:, 0], p[:, 2]) - (radius - fillet)
    along = np.abs(p[:, 1] - (bottom + top) / 2) - ((top - bottom) / 2 - fillet)
    outside = np.hypot(np.maximum(across, 0), np.maximum(along, 0))
    return np.asarray(outside + np.minimum(np.maximum(across, along), 0) - fillet, np.float32)


def _box(p: Array, centre: tuple[float, float, float], half: Array, fillet: float) -> Array:
    q = np.abs(p - np.array(centre, np.float32)) - (half - fillet)
    outside = np.sqrt((np.maximum(q, 0) ** 2).sum(1))
    return outside + np.minimum(q.max(1), 0) - fillet


def _smooth_min(a: Array, b: Array, width: float) -> Array:
    blend = np.maximum(width - np.abs(a - b), 0) / width
    return np.minimum(a, b) - blend * blend * width / 4


def _turn(p: Array, degrees: float) -> Array:
    angle = np.deg2rad(degrees)
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return np.stack([c * p[:, 0] + s * p[:, 2], p[:, 1], c * p[:, 2] - s * p[:, 0]], 1)


# --- textures -----------------------------------------------------------------------------------


def _noise(height: int, width: int, scale: tuple[float, float], seed: int) -> Array:
    """Smooth noise of mean 0 and deviation 1 that wraps round; ``scale`` in pixels (x, y)."""
    field = np.random.default_rng(seed).standard_normal((height, width)).astype(np.float32)
    fy = np.fft.fftfreq(height)[:, None] * scale[1]
    fx = np.fft.rfftfreq(width)[None, :] * scale[0]
    smooth = np.fft.irfft2(np.fft.rfft2(field) * np.exp(-2 * (fx**2 + fy**2)), (height, width))
    return ((smooth - smooth.mean()) / smooth.std()).astype(np.float32)


def _lookup(texture: Array, u: Array, v: Array) -> Array:
    """Sample a texture that repeats, ``u`` and ``v`` in texture widths; nearest texel."""
    height, width = texture.shape[:2]
    rows = (np.mod(v, 1) * height).astype(np.intp) % height
    return np.asarray(texture[rows, (np.mod(u, 1) * width).astype(np.intp) % width])


def _stone() -> Array:
    grain = 0.5 * _noise(1024, 1024, (60, 60), 1) + 0.35 * _noise(1024, 1024, (9, 9), 2)
    pits = np.maximum(_noise(1024, 1024, (5, 4), 3) - 1.6, 0)
    tone = 0.60 + 0.030 * grain - 0.13 * pits
    return (tone[..., None] * np.array([1.0, 0.86, 0.70])).astype(np.float32)


def _wood() -> Array:
    plank = 0.5 * _noise(1024, 1024, (500, 26), 4) + 0.5 * _noise(1024, 1024, (260, 5), 5)
    tone = 0.5 + 0.16 * plank + 0.05 * _noise(1024, 1024, (40, 2), 6)
    dark, light = np.array([0.16, 0.075, 0.035]), np.array([0.46, 0.27, 0.14])
    return (dark + (light - dark) * np.clip(tone, 0, 1)[..., None]).astype(np.float32)


def _label(
    size: tuple[int, int],
    paper: tuple[int, int, int],
    ink: tuple[int, int, int],
    lines: tuple[tuple[str, float, float, int], ...],
    rules: tuple[float, ...] = (),
) -> Array:
    """Set lines of (text, centre 0..1, height 0..1, stroke) on a label, in linear light."""
    width, height = size
    sheet = Image.new("RGB", size, paper)
    draw = ImageDraw.Draw(sheet)
    for text, middle, share, stroke in lines:
        font = ImageFont.load_default(size=share * height)
        draw.text((width / 2, middle * height), text, ink, font, "mm", stroke_width=stroke,
                  stroke_fill=ink)  # fmt: skip
    for middle in rules:
        y = middle * height
        draw.rectangle((width * 0.36, y - 2, width * 0.64, y + 2), fill=ink)
    return np.asarray((np.asarray(sheet, np.float32) / 255) ** 2.2, np.float32)


# --- the studio ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Product:
    """What stands on the ground.

    Attributes:
        distance: signed distance of the whole product.
        albedo: points, normals -> linear colour (n, 3).
        shine: points -> (reflectance at normal incidence, roughness 0..1, metal 0..1), (n, 3).
        reach: radius about the origin's axis that holds it.
        height: of its top.
    """

    distance: Distance
    albedo: Albedo
    shine: Callable[[Array], Array]
    reach: float
    height: float


@dataclass(frozen=True)
class Set:
    """Where it stands and who looks: eye and target in scene units, wall at z = ``wall``."""

    ground: Array
    ground_scale: float
    gloss: float
    wall_top: tuple[float, float, float]
    wall_low: tuple[float, float, float]
    wall: float
    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    focal: float
    exposure: float = 1.0


def _soft_box(
    d: Array, centre: tuple[float, float], half: tuple[float, float], soft: Array
) -> Array:
    """Light of a rectangle at azimuth and elevation (radians), its edge as soft as the surface."""
    azimuth = np.arctan2(d[:, 0], -d[:, 2])
    elevation = np.arcsin(np.clip(d[:, 1], -1, 1))
    across = (half[0] - np.abs(azimuth - centre[0])) / soft
    along = (half[1] - np.abs(elevation - centre[1])) / soft
    lit = np.clip(across + 0.5, 0, 1) * np.clip(along + 0.5, 0, 1)
    return np.asarray(lit, np.float32)


def _studio(d: Array, roughness: Array) -> Array:
    """Radiance (n,) seen in direction ``d``: a tall key left, a strip right, a dim room."""
    soft = 0.05 + 1.4 * roughness
    key = 6.5 * _soft_box(d, (-0.95, 0.42), (0.26, 0.72), soft)
    strip = 3.2 * _soft_box(d, (1.25, 0.35), (0.09, 0.85), soft)
    room = 0.16 + 0.22 * np.clip(d[:, 1] + 0.3, 0, 1)
    return np.asarray(key + strip + room, np.float32)


def _march(p: Array, d: Array, distance: Distance, reach: float) -> Array:
    """Distance along each ray to the surface, ``FAR`` when it misses."""
    travelled = np.zeros(len(p), np.float32)
    active = np.arange(len(p))
    for _ in range(STEPS):
        gap = distance(p[active] + d[active] * travelled[active, None])
        travelled[active] += gap
        going = (gap > 4e-4) & (travelled[active] < reach)
        active = active[going]
        if not len(active):
            break
    travelled[travelled >= reach] = FAR
    travelled[active] = FAR
    return travelled


def _normals(p: Array, distance: Distance) -> Array:
    step = np.float32(1.5e-3)
    taps = np.array([[1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1]], np.float32)
    n = sum(tap * distance(p + tap * step)[:, None] for tap in taps)
    return np.asarray(n / np.linalg.norm(n, axis=1, keepdims=True), np.float32)


def _shadow(p: Array, distance: Distance, spread: float) -> Array:
    """Light 0..1 that arrives from the key past the product; soft with distance."""
    light = np.ones(len(p), np.float32)
    travelled = np.full(len(p), 0.02, np.float32)
    for _ in range(40):
        gap = distance(p + KEY * travelled[:, None])
        light = np.minimum(light, 0.5 + 0.5 * gap / (spread * travelled))
        travelled += np.clip(gap, 0.015, 0.12)
    light = np.clip(light, 0, 1)
    return light * light * (3 - 2 * light)


def _occlusion(p: Array, n: Array, distance: Distance) -> Array:
    near = np.zeros(len(p), np.float32)
    for k, reach in enumerate((0.03, 0.1, 0.22, 0.4)):
        near += np.maximum(reach - distance(p + n * np.float32(reach)), 0) / reach * 0.62**k
    return np.clip(1 - 0.55 * near, 0.08, 1)


def _diffuse(n: Array, key: Array, open_sky: Array) -> Array:
    lit = np.clip(n @ KEY * 0.85 + 0.15, 0, 1)[:, None] * key[:, None]
    fill = (0.5 + 0.5 * n[:, 1])[:, None] * open_sky[:, None]
    warm, cool = np.array([1.75, 1.66, 1.54]), np.array([0.27, 0.30, 0.34])
    return np.asarray(lit * warm + fill * cool + 0.08 * open_sky[:, None], np.float32)


def _reflectance(n: Array, d: Array, base: Array) -> Array:
    facing = np.clip(-(n * d).sum(1), 0, 1)
    return base + (1 - base) * (1 - facing) ** 5


def _shade_product(p: Array, d: Array, product: Product) -> Array:
    def grounded(q: Array) -> Array:
        return np.minimum(product.distance(q), q[:, 1])

    n = _normals(p, product.distance)
    colour = product.albedo(p, n)
    base, roughness, metal = product.shine(p).T
    open_sky = _occlusion(p, n, grounded)
    key = _shadow(p + n * np.float32(0.01), product.distance, 0.35)
    mirror = d - 2 * (d * n).sum(1)[:, None] * n
    seen = (_studio(mirror, roughness) * np.where(mirror[:, 1] < 0, 0.55, 1))[:, None]
    shine = _reflectance(n, d, base)[:, None] * seen * open_sky[:, None]
    matte = colour * _diffuse(n, key, open_sky) * (1 - metal[:, None])
    tint = colour * metal[:, None] + (1 - metal[:, None])
    return np.asarray(matte + shine * tint, np.float32)


def _backdrop(p: Array, d: Array, scene: Set) -> Array:
    """Wall in the pool of one light."""
    reach = (scene.wall - p[:, 2]) / np.maximum(d[:, 2], 1e-4)
    at = p + d * reach[:, None]
    mix = np.clip(at[:, 1] / 3.2, 0, 1)[:, None]
    tone = np.array(scene.wall_low) * (1 - mix) + np.array(scene.wall_top) * mix
    pool = np.exp(-((at[:, 0] + 0.7) ** 2 + (at[:, 1] - 1.7) ** 2) / 5.0)[:, None]
    return np.asarray(tone * (0.52 + 0.75 * pool), np.float32)


def _shade_ground(p: Array, d: Array, product: Product, scene: Set) -> Array:
    n = np.tile(np.array([0, 1, 0], np.float32), (len(p), 1))
    colour = _lookup(scene.ground, p[:, 0] * scene.ground_scale, p[:, 2] * scene.ground_scale)
    key = np.ones(len(p), np.float32)
    open_sky = np.ones(len(p), np.float32)
    near = np.hypot(p[:, 0], p[:, 2]) < product.reach + 2.2 * product.height
    key[near] = _shadow(p[near], product.distance, 0.42)
    open_sky[near] = _occlusion(p[near], n[near], product.distance)
    pool = np.asarray(np.exp(-((p[:, 0] + 0.5) ** 2 + (p[:, 2] + 0.2) ** 2) / 7.0), np.float32)
    lit = colour * _diffuse(n, key * (0.45 + 0.75 * pool), open_sky * (0.5 + 0.5 * pool))
    return lit + _mirrored(p, d, product, scene)


def _mirrored(p: Array, d: Array, product: Product, scene: Set) -> Array:
    """What the polished ground shows of the product and the wall."""
    if scene.gloss <= 0:
        return np.zeros_like(p)
    up = d * np.array([1, -1, 1], np.float32)
    seen = _backdrop(p, up, scene)
    reach = product.reach * 2 + product.height
    close = np.hypot(p[:, 0], p[:, 2]) < reach
    where = np.flatnonzero(close)
    hit = _march(p[where] + up[where] * np.float32(0.01), up[where], product.distance, reach)
    where, hit = where[hit < FAR], hit[hit < FAR]
    at = p[where] + up[where] * hit[:, None]
    fade = np.exp(-1.8 * at[:, 1])[:, None]
    seen[where] = fade * _shade_product(at, up[where], product) + (1 - fade) * seen[where]
    normal = np.tile(np.array([0, 1, 0], np.float32), (len(p), 1))
    return scene.gloss * _reflectance(normal, d, np.full(len(p), 0.12, np.float32))[:, None] * seen


def _rays(size: tuple[int, int], scene: Set) -> tuple[Array, Array]:
    eye, target = np.array(scene.eye), np.array(scene.target)
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross([0, 1, 0], forward)
    right /= np.linalg.norm(right)
    up = np.cross(forward, right)
    width, height = size
    x = (np.arange(width) + 0.5 - width / 2) / height
    y = (height / 2 - np.arange(height) - 0.5) / height
    d = forward * scene.focal + x[None, :, None] * right + y[:, None, None] * up
    d /= np.linalg.norm(d, axis=2, keepdims=True)
    return eye.astype(np.float32), d.astype(np.float32)


def _trace(eye: Array, d: Array, product: Product, scene: Set) -> tuple[Array, Array]:
    """Return colours (n, 3) in linear light and whether the product was hit (n,)."""
    p = np.tile(eye, (len(d), 1))
    start = np.float32(np.linalg.norm(eye) - product.reach - product.height)
    hit = _march(p + d * start, d, product.distance, FAR / 2) + start
    colour = _backdrop(p, d, scene)
    floor = eye[1] / np.maximum(-d[:, 1], 1e-6)
    at = p + d * floor[:, None]
    ground = (d[:, 1] < 0) & (at[:, 2] < scene.wall) & (hit >= FAR / 2)
    colour[ground] = _shade_ground(at[ground], d[ground], product, scene)
    body = hit < FAR / 2
    colour[body] = _shade_product(p[body] + d[body] * hit[body, None], d[body], product)
    return colour, body.astype(np.float32)


def photograph(product: Product, scene: Set, size: tuple[int, int]) -> tuple[Array, Array]:
    """Render (height, width, 3) sRGB 0..1 and the coverage of the product, anti-aliased."""
    fine = (size[0] * SUPERSAMPLING, size[1] * SUPERSAMPLING)
    eye, d = _rays(fine, scene)
    colour, cover = np.empty((*d.shape[:2], 3), np.float32), np.empty(d.shape[:2], np.float32)
    for row in range(0, d.shape[0], 128):
        flat, hit = _trace(eye, d[row : row + 128].reshape(-1, 3), product, scene)
        colour[row : row + 128] = flat.reshape(-1, fine[0], 3)
        cover[row : row + 128] = hit.reshape(-1, fine[0])
    exposed = colour * scene.exposure
    toned = np.where(exposed < 0.6, exposed, 0.6 + 0.4 * np.tanh((exposed - 0.6) / 0.4))
    small = cv2.resize(np.clip(toned, 0, 1), size, interpolation=cv2.INTER_AREA)
    return small ** np.float32(1 / 2.2), cv2.resize(cover, size, interpolation=cv2.INTER_AREA)


# --- the products -------------------------------------------------------------------------------


def _wrapped(label: Array, p: Array, low: float, high: float, half_angle: float) -> Array:
    """Colour (n, 4) of a label wrapped round the front; the fourth channel says where it is."""
    u = np.arctan2(p[:, 0], -p[:, 2]) / (2 * half_angle) + 0.5
    v = (high - p[:, 1]) / (high - low)
    on = (u > 0) & (u < 1) & (v > 0) & (v < 1)
    return np.column_stack([_lookup(label, np.clip(u, 0, 0.999), np.clip(v, 0, 0.999)), on])


def _mixed(under: Array, label: Array) -> Array:
    on = label[:, 3:]
    return np.asarray(under * (1 - on) + label[:, :3] * on, np.float32)


def serum() -> Product:
    """Return an amber dropper bottle with a cream label."""
    label = _label((900, 760), (243, 236, 222), (58, 40, 28), (
        ("AURELIA", 0.27, 0.20, 4), ("Night Serum", 0.57, 0.135, 2), ("30 ml", 0.82, 0.11, 2),
    ), rules=(0.42,))  # fmt: skip

    def distance(p: Array) -> Array:
        body = _cylinder(p, 0.0, 1.12, 0.46, 0.09)
        neck = _cylinder(p, 1.0, 1.30, 0.19, 0.02)
        collar = _cylinder(p, 1.22, 1.52, 0.225, 0.02)
        bulb = _cylinder(p, 1.45, 1.98, 0.15, 0.13)
        return np.minimum(_smooth_min(body, neck, 0.12), _smooth_min(collar, bulb, 0.03))

    def albedo(p: Array, n: Array) -> Array:
        depth = np.clip(1 - np.abs(n[:, 2]), 0, 1)[:, None]
        glass = np.array([0.20, 0.055, 0.009]) * (0.55 + 1.1 * depth**2)
        black, gold = np.array([0.02, 0.018, 0.017]), np.array([0.88, 0.62, 0.30])
        top = np.where(p[:, 1:2] > 1.525, black, gold)
        under = np.where(p[:, 1:2] > 1.215, top, glass)
        return _mixed(under, _wrapped(label, p, 0.2, 0.92, 0.92))

    def shine(p: Array) -> Array:
        on = _wrapped(label, p, 0.2, 0.92, 0.92)[:, 3] > 0
        gold = (p[:, 1] > 1.215) & (p[:, 1] <= 1.525)
        base = np.where(gold, 0.85, np.where(on, 0.03, 0.07))
        rough = np.where(gold, 0.10, np.where(on, 0.55, np.where(p[:, 1] > 1.5, 0.3, 0.03)))
        return np.column_stack([base, rough, gold]).astype(np.float32)

    return Product(distance, albedo, shine, 0.6, 2.0)


def tin() -> Product:
    """Return a lidded coffee tin with a deep green wrap."""
    label = _label((1500, 1000), (22, 66, 56), (240, 222, 178), (
        ("NORTH ROAST", 0.30, 0.145, 5), ("Whole Bean Coffee", 0.54, 0.088, 2),
        ("250 g", 0.76, 0.10, 3),
    ), rules=(0.42, 0.655))  # fmt: skip

    def distance(p: Array) -> Array:
        body = _cylinder(p, 0.0, 1.30, 0.62, 0.03)
        lid = _cylinder(p, 1.27, 1.50, 0.645, 0.035)
        return np.minimum(body, np.minimum(lid, _cylinder(p, 1.46, 1.545, 0.5, 0.03)))

    def printed(p: Array) -> NDArray[np.bool_]:
        return (p[:, 1] > 0.06) & (p[:, 1] < 1.24)

    def albedo(p: Array, n: Array) -> Array:
        paint = np.tile(np.array([0.0085, 0.054, 0.040]), (len(p), 1))
        band = (np.abs(p[:, 1] - 0.13) < 0.022) | (np.abs(p[:, 1] - 1.17) < 0.022)
        paint[band] = [0.86, 0.70, 0.42]
        under = np.where(printed(p)[:, None], paint, np.array([0.80, 0.66, 0.45]))
        return _mixed(under, _wrapped(label, p, 0.2, 1.1, 1.05))

    def shine(p: Array) -> Array:
        metal = ~printed(p)
        values = [np.where(metal, 0.8, 0.05), np.where(metal, 0.14, 0.22), metal]
        return np.column_stack(values).astype(np.float32)

    return Product(distance, albedo, shine, 0.75, 1.55)


def shoe_box() -> Product:
    """Return a coral shoe box with a white word on its front."""
    coral, sand = (214, 74, 52), (246, 238, 226)
    front = _label(
        (1500, 640), coral, sand, (("STRIDE", 0.47, 0.46, 12), ("MODEL 04", 0.83, 0.13, 3))
    )
    side = _label(
        (900, 640), coral, sand, (("EU 42", 0.42, 0.30, 6), ("Cloud White", 0.74, 0.13, 2))
    )
    turn = 27.0
    half = np.array([0.95, 0.33, 0.58], np.float32)

    def distance(p: Array) -> Array:
        q = _turn(p, turn)
        lid = _box(q, (0, 0.70, 0), np.array([0.975, 0.10, 0.605], np.float32), 0.018)
        return np.minimum(_box(q, (0, 0.34, 0), half, 0.015), lid)

    def albedo(p: Array, n: Array) -> Array:
        q, m = _turn(p, turn), _turn(n, turn)
        v = np.clip((0.59 - q[:, 1]) / 0.57, 0, 0.999)
        faced = _lookup(front, np.clip((q[:, 0] + 0.95) / 1.9, 0, 0.999), v)
        ended = _lookup(side, np.clip((0.58 - q[:, 2]) / 1.16, 0, 0.999), v)
        body = np.where((np.abs(m[:, 2]) > np.abs(m[:, 0]))[:, None], faced, ended)
        lid = np.array([0.86, 0.80, 0.71])
        return np.where(q[:, 1:2] > 0.597, lid, body).astype(np.float32)

    def shine(p: Array) -> Array:
        return np.tile(np.array([0.035, 0.5, 0.0], np.float32), (len(p), 1))

    return Product(distance, albedo, shine, 1.3, 0.85)


def candle() -> Product:
    """Return a matte ceramic candle jar with a wooden lid."""
    label = _label((900, 700), (246, 243, 236), (44, 52, 48), (
        ("FIG & CEDAR", 0.30, 0.165, 3), ("Soy Candle", 0.58, 0.125, 2), ("220 g", 0.82, 0.11, 2),
    ), rules=(0.44,))  # fmt: skip
    wood = _wood()

    def distance(p: Array) -> Array:
        return np.minimum(_cylinder(p, 0.0, 1.0, 0.56, 0.07), _cylinder(p, 0.985, 1.17, 0.55, 0.03))

    def albedo(p: Array, n: Array) -> Array:
        glaze = np.array([0.20, 0.27, 0.235])
        lid = _lookup(wood, p[:, 0] * 0.5, p[:, 2] * 0.5 + p[:, 1] * 0.3) * 1.5
        return _mixed(np.where(p[:, 1:2] > 0.99, lid, glaze), _wrapped(label, p, 0.17, 0.83, 0.85))

    def shine(p: Array) -> Array:
        on = _wrapped(label, p, 0.17, 0.83, 0.85)[:, 3] > 0
        rough = np.where(on | (p[:, 1] > 0.99), 0.6, 0.28)
        return np.column_stack([np.full(len(p), 0.04), rough, np.zeros(len(p))]).astype(np.float32)

    return Product(distance, albedo, shine, 0.7, 1.2)


LEDGE = Set(_stone(), 0.28, 0.25, (0.62, 0.47, 0.35), (0.50, 0.36, 0.26), 2.6,
            (0.0, 1.35, -5.6), (0.0, 0.93, 0.0), 1.85)  # fmt: skip
TABLE = Set(_wood(), 0.22, 0.8, (0.20, 0.27, 0.29), (0.13, 0.18, 0.20), 3.4,
            (0.35, 1.5, -5.4), (0.0, 0.70, 0.0), 2.15, 1.1)  # fmt: skip
PAPER = np.full((8, 8, 3), 0.62, np.float32) * np.array([0.86, 0.92, 1.0], np.float32)
SHELF = Set(PAPER, 1.0, 0.5, (0.50, 0.62, 0.72), (0.46, 0.57, 0.66), 3.0,
            (0.0, 1.75, -5.2), (0.0, 0.42, 0.0), 1.7)  # fmt: skip


def _finish(srgb: Array, seed: int) -> NDArray[np.uint8]:
    """Add the sensor's noise: it also keeps the soft walls from banding."""
    noise = np.random.default_rng(seed).standard_normal(srgb.shape[:2]).astype(np.float32)
    return (np.clip(srgb + 0.0045 * noise[..., None], 0, 1) * 255 + 0.5).astype(np.uint8)


def main(folder: Path) -> None:
    """Write the four stills into ``folder``."""
    scenes = {
        "serum.jpg": (serum(), LEDGE, (1200, 1500)),
        "tin.jpg": (tin(), TABLE, (1500, 1200)),
        "shoebox.jpg": (shoe_box(), SHELF, (1400, 1400)),
    }
    for seed, (name, (product, scene, size)) in enumerate(scenes.items()):
        srgb, _ = photograph(product, scene, size)
        Image.fromarray(_finish(srgb, seed)).save(folder / name, quality=91, subsampling=0)
    close = replace(LEDGE, target=(0.0, 0.58, 0.0), focal=3.0)
    srgb, cover = photograph(candle(), close, (1200, 1200))
    rgba = (np.dstack([srgb, cover]) * 255 + 0.5).astype(np.uint8)
    rgba[cover == 0] = 0
    Image.fromarray(rgba, "RGBA").save(folder / "candle.png", optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
