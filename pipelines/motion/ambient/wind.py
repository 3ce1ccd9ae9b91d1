"""Wind: the background sways like leaves, pinned at its foot; the product stands still."""

from __future__ import annotations

import numpy as np

from pipelines.arrays import Image, Mask
from pipelines.motion.craft import flow, noise, scene
from pipelines.motion.effect import Effect, Moment, Painter, Stage

_CELLS = 135  # along the short side
_REACH = 0.016  # greatest sway at amount 1, in short sides
_NATURAL_HZ = 0.45  # of a twig
_DAMPING = 0.5
_HARMONICS = 4


def _stem(stage: Stage, most: float, bleed: float) -> Mask:
    """Return how far each pixel may sway, 0..1: 0 at the foot, the product and every border."""
    allowed = np.asarray(stage.region * (1 - stage.subject), np.float32)
    rows = np.flatnonzero(allowed.max(axis=1) > 0.5)
    top, foot = (float(rows[0]), float(rows[-1])) if rows.size else (0.0, 1.0)
    down = np.arange(allowed.shape[0], dtype=np.float32)[:, None]
    height = np.clip((foot - down) / max(foot - top, 1.0), 0, 1) ** 1.3
    # Over six times the sway the taper's slope stays under 1: nothing folds or tears.
    # The frame's border counts too: nothing is known of what lies beyond it.
    framed = np.pad(allowed, 1)
    clear = scene.clearance(framed)[1:-1, 1:-1]
    taper = scene.smoothstep(bleed, bleed + max(6 * most, 6.0), clear)
    return np.asarray(height * taper, np.float32)


def _response(seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return each harmonic's share: wind that falls as f^(−5/6), through a damped oscillator."""
    order = np.arange(1, _HARMONICS + 1)
    f = order / seconds / _NATURAL_HZ
    gain = f ** (-5 / 6) / np.abs((1 - f**2) + 1j * _DAMPING * f)
    return np.asarray(gain / gain.sum(), np.float64)


class _Sway:
    """Σ_k A_k cos(2πkφ − ψ_k(x)), a gust that travels: cosine and sine fields by harmonic."""

    def __init__(self, stage: Stage, shape: scene.Shape) -> None:
        grid = flow.pixel_grid(shape) / max(shape)
        self._orders = np.arange(1, _HARMONICS + 1)
        leaf = (0.3 * min(shape), 0.3 * min(shape))
        fields = []
        for order, share in zip(self._orders, _response(stage.seconds), strict=True):
            gust = 2 * np.pi * (1.1 + 0.35 * order) * (grid[..., 0] + 0.25 * grid[..., 1])
            lag = gust + 0.8 * noise.tile(stage.rng, shape, leaf, 4.5)
            fields += [share * np.cos(lag), share * np.sin(lag)]
        self._fields = np.stack(fields).reshape(2 * _HARMONICS, -1).astype(np.float32)
        self._shape = shape

    def at(self, phase: float) -> Mask:
        """Return the sway since phase 0, so that frame 0 is the still."""
        turn = 2 * np.pi * self._orders * phase
        weights = np.stack([np.cos(turn) - 1, np.sin(turn)], axis=1).ravel()
        return np.asarray(weights.astype(np.float32) @ self._fields).reshape(self._shape)


def prepare(stage: Stage, amount: float) -> Painter:
    """Return the sway; ``amount`` sets how far. Source: Chuang et al. 2005, as in `noise`."""
    grid = scene.Grid.over(stage, _CELLS)
    most = _REACH * amount * min(scene.shape_of(stage))
    # Enlarging the grid bleeds by a cell and a half.
    stem = grid.coarsen(_stem(stage, most, 1.5 * grid.factor + 2))
    sway, dip = _Sway(stage, grid.shape), _Sway(stage, grid.shape)

    def paint(moment: Moment) -> Image:
        right = sway.at(moment.phase)
        # A stem that leans also comes down a little.
        down = 0.3 * dip.at(moment.phase)
        offset = 0.6 * most * stem[..., None] * np.stack([right, down], axis=-1)
        here = scene.follow(np.asarray(offset, np.float32), moment.warp, grid.factor)
        return flow.displace(moment.pixels, np.asarray(here, np.float32))

    return paint


EFFECT = Effect(
    title="Wind",
    description="Leaves and cloth in the background sway; the product stands still.",
    prepare=prepare,
)
