"""The contract of a look: one description that the CPU grade and the prompts share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipelines.arrays import Depth, ImageF, Mask


@dataclass(frozen=True, eq=False)
class Scene:
    """What a grade may look at.

    Attributes:
        linear: (height, width, 3) float32 linear light 0..1, the still before the look.
        subject: (height, width) float32 coverage; all 0 when no subject was found.
        nearness: (height, width) float32, 1 = nearest.
        rng: the look's own random stream, for grain, paper and snow.
    """

    linear: ImageF
    subject: Mask
    nearness: Depth
    rng: np.random.Generator

    @property
    def unit(self) -> float:
        """One percent of the short side, in pixels: the measure for radii."""
        return min(self.linear.shape[:2]) / 100.0


EDGES = " ,\n\r\t"
"""What is worth nothing at the ends of a text."""

Grade = Callable[[Scene], ImageF]
"""Scene → (height, width, 3) float32 linear light at full strength; must not change its input."""

Paper = Callable[[tuple[int, int], tuple[int, int], np.random.Generator], ImageF]
"""(height, width), (height, width) of the still, random stream → bare paper.

Linear light, as large as the first, with the grain it has in that still."""


@dataclass(frozen=True)
class Look:
    """A look: what both engines need to make it.

    Attributes:
        title: a few words for people.
        description: one sentence for people.
        prompt: what img2img is told to make of the still.
        negative_prompt: what img2img is told to avoid.
        strength: suggested denoising strength for img2img, 0..1.
        grade: the CPU rendering of the look at full strength.
        paper: what it paints on, for a look that leaves `pipelines.media.BARE_RIM` of it bare
            along the border; None for one that fills the picture.
        outline: how far beyond the product's silhouette it draws what belongs to the product,
            share of the short side.
    """

    title: str
    description: str
    prompt: str
    negative_prompt: str
    strength: float
    grade: Grade
    paper: Paper | None = None
    outline: float = 0.0


def join_words(own: str | None, look: str) -> str:
    """Return a person's words, then the look's: what comes first counts most and is cut last.

    >>> join_words(" on a marble table ", "soft light")
    'on a marble table, soft light'
    """
    return ", ".join(filter(None, ((own or "").strip(EDGES), look)))
