"""The contract of a camera move: phase → pose, as a pure function."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from pipelines.camera.pose import Pose

EARLY = 0.05
"""How long before the seam a swell turns, share of the loop; it undershoots by 2.5 % there."""

Easing = Callable[[float], float]

EASINGS: Mapping[str, Easing] = {
    "linear": lambda t: t,
    "smooth": lambda t: t * t * t * (t * (6 * t - 15) + 10),
    "ease-in": lambda t: t * t * (2 - t),
    "ease-out": lambda t: t * (1 + t - t * t),
}
"""Progress 0..1 → progress 0..1, for one-way paths. ``smooth`` (the default) starts and ends at
rest in speed and acceleration (Perlin 2002's quintic)."""


@dataclass(frozen=True)
class Beat:
    """One moment of a path, in the three shapes a move may be built from.

    Every shape is 0 at phase 0, so that every move starts at the untouched still. In a closed path
    each is periodic with a continuous derivative; in a one-way path each runs 0 → 1 under the
    easing.

    Attributes:
        phase: 0 <= phase < 1.
        closed: whether the path returns to where it began.
        easing: shape of a one-way path.
        pivot: (x, y, z) of the subject, what orbits turn about.
        seed: for moves with chance in them.
    """

    phase: float
    closed: bool = True
    easing: str = "smooth"
    pivot: tuple[float, float, float] = (0.0, 0.0, 1.0)
    seed: int = 0

    @property
    def sway(self) -> float:
        """To one side, back, to the other side, back: sin 2πφ."""
        return math.sin(2 * math.pi * self.phase) if self.closed else self.progress

    @property
    def swell(self) -> float:
        """Out and back to one side only: 1 − cos 2π(φ + ε), from 0 at phase 0 to 1 at its peak.

        The turning point lies `EARLY` before the seam, not on it: there the picture would stand
        still for one frame in every loop, a visible hold, since the frames beside it move.
        """
        if not self.closed:
            return self.progress
        turn = 2 * math.pi * EARLY
        risen = math.cos(turn) - math.cos(2 * math.pi * self.phase + turn)
        return risen / (math.cos(turn) + 1)

    @property
    def progress(self) -> float:
        """Eased 0 → 1, for one-way paths."""
        return EASINGS[self.easing](self.phase)

    def tremble(self, name: str, harmonics: tuple[int, ...] = (1, 2, 3, 5)) -> float:
        """Return an irregular periodic wobble of about unit peak, 0 at phase 0."""
        stream = np.random.default_rng([self.seed, *name.encode()])
        total = 0.0
        for harmonic in harmonics:
            angle = float(stream.uniform(0, 2 * math.pi))
            swing = math.sin(2 * math.pi * harmonic * self.phase + angle) - math.sin(angle)
            total += swing / harmonic
        return total / 2.0


@dataclass(frozen=True)
class Move:
    """A camera move.

    Attributes:
        title: a few words for people.
        description: one sentence for people, in film words.
        unit: of the amount: ``"subject distances"``, ``"degrees"``, ``"focal ratio"`` …
        default: the calm amount used when none is given.
        limits: lowest and highest amount accepted.
        pose: beat and amount → pose; identity at phase 0.
        neutral: the amount that moves nothing; intensity scales away from it.
        directions: suffix → sign, e.g. ``{"right": 1, "left": -1}``; the first is the plain name's.
        preset: a name people choose from a list, as opposed to a bare axis.
        moves_subject: whether the product itself moves.
    """

    title: str
    description: str
    unit: str
    default: float
    limits: tuple[float, float]
    pose: Callable[[Beat, float], Pose]
    neutral: float = 0.0
    directions: Mapping[str, int] = field(default_factory=dict)
    preset: bool = True
    moves_subject: bool = False

    def scaled(self, amount: float, intensity: float) -> float:
        """Return the amount at ``intensity`` times its distance from neutral."""
        return self.neutral + (amount - self.neutral) * intensity
