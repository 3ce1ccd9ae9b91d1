"""Particles that travel on while their picture repeats each loop, and how they are drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Mask, Matrix

Floats = NDArray[np.float32]
Reals = NDArray[np.floating[Any]]
Profile = Callable[[Reals, Reals], Floats]
"""Brightness of a particle at (x, y) from its centre, both in radii."""


_FINEST = 0.6  # pixels, the least radius that the grid can show without flicker


class Drift:
    """Particles that cross the frame, each slower than one crossing a loop if need be.

    A track is a closed path that takes ``loops`` loops to travel. It holds that many particles,
    one loop apart, so after each loop every particle stands where the one before it stood: the
    picture repeats, though no particle is back yet. Swing along the track is smooth and closed,
    so velocity matches too.

    Args:
        count: particles wanted; rounded up to whole tracks.
        loops: loops for one crossing, a whole number ≥ 1.
        swing: how far a track bends to the side, as a fraction of the crossing.
        bends: whole bends of a track on its way.
    """

    def __init__(
        self, rng: np.random.Generator, count: int, loops: int, swing: float, bends: int
    ) -> None:
        tracks = -(-count // loops)
        self._start = rng.random((tracks, 1))
        # One track to each lane, jittered within it: random alone clumps.
        self._lane = (rng.permutation(tracks)[:, None] + rng.random((tracks, 1))) / tracks
        self._order = np.maximum(1, rng.integers(bends - 1, bends + 2, (tracks, 2, 1)))
        self._angle = rng.uniform(0, 2 * np.pi, (tracks, 2, 1))
        self._swing = swing * rng.uniform(0.4, 1.0, (tracks, 1))
        self._loops = loops
        self.owner = np.repeat(np.arange(tracks), loops)

    @property
    def tracks(self) -> int:
        """How many tracks there are; particle i runs on track ``owner[i]``."""
        return len(self._start)

    def at(self, phase: float) -> tuple[Floats, Floats]:
        """Return how far along (0..1) and where across (about 0..1) each particle is."""
        along = (self._start + (phase + np.arange(self._loops)) / self._loops) % 1.0
        wave = np.sin(2 * np.pi * self._order * along[:, None, :] + self._angle)
        across = self._lane + self._swing * wave.mean(axis=1)
        return along.ravel().astype(np.float32), across.ravel().astype(np.float32)


def place(points: Reals, warp: Matrix, nearness: float | Reals = 1.0) -> Floats:
    """Move (n, 2) pixels of frame 0 to this frame.

    Args:
        nearness: share of the subject's own motion: below 1 behind it, above 1 before it.
    """
    moved = points @ warp[:, :2].T + warp[:, 2]
    return np.asarray(points + (moved - points) * np.asarray(nearness)[..., None], np.float32)


def splat(
    canvas: Mask,
    centres: Reals,
    radii: Reals,
    weights: Reals,
    profile: Profile,
    extent: float = 3.0,
) -> None:
    """Add particles to ``canvas`` (height, width) in place, at exact sub-pixel places.

    Args:
        centres: (n, 2) pixels, (x, y); may lie outside.
        radii: (n,) pixels; one too small for the grid is drawn larger and dimmer, else it would
            twinkle with its place on the grid.
        weights: (n,) brightness.
        profile: shape of one particle.
        extent: how far a particle reaches, in radii.
    """
    height, width = canvas.shape
    weights = weights * np.minimum(1.0, radii / _FINEST) ** 2
    radii = np.maximum(radii, _FINEST)
    reach = int(np.ceil(extent * float(radii.max(initial=0.0)))) + 1
    offsets = np.arange(-reach, reach + 1)
    corner = np.floor(centres).astype(np.int64)
    columns, rows = (corner[:, axis, None] + offsets for axis in (0, 1))
    x = ((columns - centres[:, 0, None]) / radii[:, None]).astype(np.float32)
    y = ((rows - centres[:, 1, None]) / radii[:, None]).astype(np.float32)
    stamp = profile(x[:, None, :], y[:, :, None]) * weights[:, None, None].astype(np.float32)
    seen_rows, seen_columns = (rows >= 0) & (rows < height), (columns >= 0) & (columns < width)
    inside = seen_rows[:, :, None] & seen_columns[:, None, :] & (stamp > 0)
    index = rows[:, :, None] * width + columns[:, None, :]
    np.add.at(canvas.reshape(-1), index[inside], stamp[inside])


def soft_ball(x: Reals, y: Reals) -> Floats:
    """Shape of a flake or mote: a bell that ends at three radii."""
    return np.asarray(np.exp(-0.5 * (x * x + y * y)) * ((x * x + y * y) < 9), np.float32)


def lens_disc(x: Reals, y: Reals) -> Floats:
    """Shape of a light out of focus: a flat disc, a little brighter at its edge."""
    r = np.sqrt(x * x + y * y)
    edge = np.clip((1.0 - r) / 0.12, 0.0, 1.0)
    return np.asarray(edge * (0.72 + 0.28 * r**4), np.float32)


def glint(x: Reals, y: Reals) -> Floats:
    """Shape of a specular point through a lens: a small core and four thin rays of 2.2 radii."""
    core = np.exp(-0.5 * (x * x + y * y) / 0.22**2)
    across = np.exp(-np.abs(x) / 0.55 - np.abs(y) / 0.07)
    down = np.exp(-np.abs(y) / 0.75 - np.abs(x) / 0.07)
    fade = np.clip((2.2 - np.maximum(np.abs(x), np.abs(y))) / 1.2, 0.0, 1.0)
    return np.asarray((core + 0.8 * across + 0.8 * down) * fade, np.float32)
