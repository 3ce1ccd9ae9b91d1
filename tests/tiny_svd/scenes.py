"""Moving pictures with known truth: what the tiny model learns from and is tested on.

A scene is a large picture; a path says how its content moves through a small window. Every path is
brought to a wanted **mean speed** in pixels per frame, and the motion bucket names that speed, so
that the bucket means the same for pans, orbits, sways and zooms.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SIDE = 48
"""Height and width of the window in pixels."""

NUM_FRAMES = 8

TOP_SPEED = 2.0
"""Pixels per frame that the motion bucket 255 stands for."""

CANVAS = 2 * SIDE


def speed_of(motion_bucket_id: float) -> float:
    """Return the mean speed in pixels per frame that a bucket (0..255) stands for."""
    return motion_bucket_id / 255 * TOP_SPEED


def bucket_of(speed: float) -> int:
    """Return the bucket (0..255) that stands for a mean speed in pixels per frame."""
    return round(min(max(speed / TOP_SPEED, 0.0), 1.0) * 255)


# --- paths -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Path:
    """Where content lies in each frame, relative to frame 0.

    ``offsets`` (frames, 2): x and y in pixels, content moves by them. ``zooms`` (frames,): natural
    logarithm of the magnification about the window's middle. ``closed``: the frame after the last
    is frame 0 again.
    """

    offsets: Floats
    zooms: Floats
    closed: bool = False

    def scaled(self, amount: float) -> Path:
        """Return the same path with every offset and zoom multiplied by ``amount``."""
        factor = np.float32(amount)
        return Path(self.offsets * factor, self.zooms * factor, self.closed)


def mean_speed(path: Path, side: int = SIDE) -> float:
    """Return the mean over neighbouring frames and pixels of the motion, in pixels per frame.

    Between two frames a pixel at ``p`` from the middle moves by ``Δoffset + Δzoom · p``. A closed
    path counts the step from the last frame to frame 0 as well.
    """
    axis = np.arange(side) - (side - 1) / 2
    places = np.stack(np.meshgrid(axis, axis), axis=-1)
    order = np.arange(len(path.zooms) + path.closed) % len(path.zooms)
    shifts, zooms = np.diff(path.offsets[order], axis=0), np.diff(path.zooms[order])
    motion = shifts[:, None, None] + zooms[:, None, None, None] * places
    return float(np.linalg.norm(motion, axis=-1).mean())


def at_speed(path: Path, speed: float, side: int = SIDE) -> Path:
    """Return the path scaled to a mean speed in pixels per frame (``mean_speed`` is linear)."""
    return path.scaled(speed / mean_speed(path, side))


def pan(angle: float, frames: int = NUM_FRAMES) -> Path:
    """A straight path of one pixel per frame; ``angle`` in radians, 0 to the right, y down."""
    steps = np.arange(frames)[:, None] * np.array([math.cos(angle), math.sin(angle)])
    return Path(steps.astype(np.float32), np.zeros(frames, np.float32))


def orbit(angle: float, ratio: float = 1.0, phase: float = 0.0, frames: int = NUM_FRAMES) -> Path:
    """A closed ellipse, once around in ``frames`` frames; its long half axis is one pixel.

    ``angle`` turns the long axis, ``ratio`` is the short half axis (0 sways to and fro, a negative
    one runs the other way round), ``phase`` says where on it frame 0 lies; angles in radians.
    """
    turn = phase + np.arange(frames) * (2 * math.pi / frames)
    along, across = np.cos(turn) - math.cos(phase), ratio * (np.sin(turn) - math.sin(phase))
    cos, sin = math.cos(angle), math.sin(angle)
    offsets = np.stack([along * cos - across * sin, along * sin + across * cos], axis=1)
    return Path(offsets.astype(np.float32), np.zeros(frames, np.float32), closed=True)


def zoom(direction: float, frames: int = NUM_FRAMES) -> Path:
    """A steady zoom about the middle: inwards for ``direction`` +1, outwards for -1."""
    steps = direction * np.arange(frames)
    return Path(np.zeros((frames, 2), np.float32), steps.astype(np.float32))


def breath(phase: float, frames: int = NUM_FRAMES) -> Path:
    """A closed zoom, in and out once in ``frames`` frames."""
    swing = np.sin(phase + np.arange(frames) * (2 * math.pi / frames)) - math.sin(phase)
    return Path(np.zeros((frames, 2), np.float32), swing.astype(np.float32), closed=True)


def _random_orbit(rng: np.random.Generator) -> Path:
    """An ellipse from one of its far ends, either way round."""
    return orbit(rng.uniform(0, 2 * math.pi), rng.uniform(0.5, 1.0) * rng.choice([-1.0, 1.0]))


MOVES: dict[str, tuple[float, Callable[[np.random.Generator], Path]]] = {
    "pan": (0.76, lambda rng: pan(rng.uniform(0, 2 * math.pi))),
    "orbit": (0.12, _random_orbit),
    "sway": (0.07, lambda rng: orbit(rng.uniform(0, 2 * math.pi), 0.0)),
    "zoom": (0.03, lambda rng: zoom(rng.choice([-1.0, 1.0]))),
    "breath": (0.02, lambda rng: breath(rng.choice([0.0, math.pi]))),
}
"""Every kind of move with its share of the training clips: most are straight, since a network of
this size learns to carry content along one kind of path well before it learns many."""


def random_path(rng: np.random.Generator) -> tuple[Path, float]:
    """Return a random path and its mean speed in pixels per frame (0..``TOP_SPEED``)."""
    names = list(MOVES)
    name = names[rng.choice(len(names), p=[MOVES[each][0] for each in names])]
    speed = TOP_SPEED * math.sqrt(rng.random())  # fast ones teach more
    return at_speed(MOVES[name][1](rng), speed), speed


# --- pictures ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Blob:
    """A soft disc before the scene: middle (x, y) from the window's middle and radius in pixels,
    colour added (-1..1), and how many times the content's offset it moves.
    """

    place: Floats
    radius: float
    colour: Floats
    parallax: float


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture (height, width, 3) float32 sRGB in 0..1, seen through a window in its middle."""

    canvas: Floats
    blobs: tuple[Blob, ...] = ()

    def still(self, side: int = SIDE) -> NDArray[np.uint8]:
        """Return the window at rest, uint8 (side, side, 3)."""
        return to_bytes(self.window(np.zeros(2, np.float32), 0.0, side))

    def clip(self, path: Path, side: int = SIDE) -> NDArray[np.uint8]:
        """Return the window along a path, uint8 (frames, side, side, 3)."""
        moves = zip(path.offsets, path.zooms, strict=True)
        return np.stack([to_bytes(self.window(offset, float(z), side)) for offset, z in moves])

    def window(self, offset: Floats, zoomed: float, side: int) -> Floats:
        """Return one frame with the content moved by ``offset`` and magnified by exp(zoomed)."""
        shrink = math.exp(-zoomed)
        middle = (np.array(self.canvas.shape[1::-1]) - 1) / 2
        corner = middle - shrink * ((side - 1) / 2 + offset)
        matrix = np.array([[shrink, 0, corner[0]], [0, shrink, corner[1]]], np.float64)
        frame = cv2.warpAffine(
            self.canvas,
            matrix,
            (side, side),
            flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT,
        )
        for blob in self.blobs:
            frame += _cover(blob, offset, zoomed, side)[..., None] * blob.colour
        return np.clip(frame, 0, 1)


def _cover(blob: Blob, offset: Floats, zoomed: float, side: int) -> Floats:
    """Return a blob's coverage (side, side), 0..1, with an edge two pixels soft."""
    size = math.exp(zoomed)
    x, y = size * blob.place + blob.parallax * offset + (side - 1) / 2
    axis = np.arange(side, dtype=np.float32)
    distance = np.hypot(axis[None, :] - x, axis[:, None] - y)
    return np.clip((size * blob.radius + 1 - distance) / 2, 0, 1).astype(np.float32)


def to_bytes(picture: Floats) -> NDArray[np.uint8]:
    """Return a picture in 0..1 as uint8."""
    return np.rint(picture * 255).astype(np.uint8)


def textured(rng: np.random.Generator, size: int = CANVAS, varied: bool = False) -> Scene:
    """Band-passed colour noise (wavelengths 10 to 26 px) behind one or two soft discs.

    Mean 0.5 and standard deviation 0.2; ``varied`` changes brightness and contrast.
    """
    canvas = 0.5 + 0.2 * _noise(rng, size, lambda wave: ((wave > 10) & (wave < 26)) * 1.0)
    if varied:
        canvas = canvas * rng.uniform(0.25, 1.1) + rng.uniform(-0.2, 0.4)
    blobs = tuple(_random_blob(rng) for _ in range(rng.integers(1, 3)))
    return Scene(np.clip(canvas, 0, 1), blobs)


def _random_blob(rng: np.random.Generator) -> Blob:
    place = rng.uniform(-16, 16, 2).astype(np.float32)
    colour = rng.uniform(-0.3, 0.3, 3).astype(np.float32)
    return Blob(place, rng.uniform(4.5, 7.5), colour, 1 + rng.uniform(0.1, 0.4))


def photographic(rng: np.random.Generator, size: int = CANVAS) -> Scene:
    """Overlapping leaves over a gradient with a 1/f texture: edges and flats, as in photos.

    The "dead leaves" model of natural pictures (Lee, Mumford & Huang, IJCV 2001).
    """
    canvas = _leaves(rng, size) + rng.uniform(0.0, 0.06) * _noise(rng, size, lambda wave: wave)
    canvas = (canvas - 0.5) * rng.uniform(0.5, 1.3) + 0.5 + rng.uniform(-0.2, 0.2)
    return Scene(np.clip(canvas, 0, 1).astype(np.float32) ** np.float32(rng.uniform(0.7, 1.5)))


def _leaves(rng: np.random.Generator, size: int) -> Floats:
    """Draw at twice the size and shrink, so that edges are smooth."""
    large = 2 * size
    tint = rng.uniform(0.02, 0.2)
    cold, warm = _colour(rng, tint), _colour(rng, tint)
    ramp = np.linspace(0, 1, large)[:, None, None] * np.ones((1, large, 1))
    picture = np.ascontiguousarray(cold + (warm - cold) * ramp, np.float32)
    for _ in range(rng.integers(5, 60)):
        radius = min(8.0 * rng.pareto(1.5) + 6.0, 0.4 * large)
        axes = np.maximum(radius * rng.uniform(0.3, 1.0, 2), 2.0)
        place, turn = rng.integers(0, large, 2), int(rng.integers(180))
        corners = cv2.ellipse2Poly(place.tolist(), axes.astype(int).tolist(), turn, 0, 360, 10)
        every = int(rng.integers(5, 13)) if rng.random() < 0.5 else 1
        outline = np.ascontiguousarray(np.array(corners)[::every])
        cv2.fillPoly(picture, [outline], _colour(rng, tint).tolist())
    turned = np.rot90(picture, int(rng.integers(4)))
    return cv2.resize(np.ascontiguousarray(turned), (size, size), interpolation=cv2.INTER_AREA)


def _colour(rng: np.random.Generator, tint: float) -> Floats:
    """A random grey (0..1) with a normal deviation of ``tint`` in each channel."""
    return np.clip(rng.uniform(0, 1) + rng.normal(0, tint, 3), 0, 1).astype(np.float32)


def _noise(rng: np.random.Generator, size: int, gain: Callable[[Floats], Floats]) -> Floats:
    """Colour noise (size, size, 3) of mean 0, deviation 1; ``gain`` of the wavelength in pixels."""
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :])
    wave = np.where(frequency > 0, 1 / np.maximum(frequency, 1 / size), 0)
    spectrum = np.fft.rfft2(rng.standard_normal((3, size, size))) * gain(wave)
    layers = np.fft.irfft2(spectrum, (size, size)).transpose(1, 2, 0)
    mixed = layers @ (np.eye(3) + rng.uniform(-1, 1, (3, 3)))
    return ((mixed - mixed.mean()) / mixed.std()).astype(np.float32)


def random_scene(rng: np.random.Generator) -> Scene:
    """Return a scene of the training mixture: textures plain and varied, and leaves."""
    draw = rng.random()
    if draw < 0.88:
        return textured(rng, varied=draw > 0.7)
    return photographic(rng)
