"""Whether a generated clip closes, and what is done where it does not.

The way from its last frame to its first is one step like any other in a loop. Where it is larger,
it is given the time of as many steps as it is large, and filled along its motion: frame 0 stays
the first frame, and nothing jumps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import cv2

from pipelines.arrays import Frames, Image, Plane
from pipelines.media import Seam
from pipelines.motion.svd.film import Film
from pipelines.quality import mean_flow, measure_seam, shrink

JUMP = 1.25
"""A seam's ratio above this is a visible jump."""

LONGEST_GAP = 1 / 3
"""Most time that the way back may take, as a share of the clip's."""


@dataclass(frozen=True)
class Closing:
    """How a clip closes.

    Attributes:
        made: the seam of the frames as they were generated.
        shown: the seam of the film as it plays.
        way_back: steps that the way from the last frame to the first takes; 1 leaves it alone.
    """

    made: Seam
    shown: Seam
    way_back: float

    def report(self) -> dict[str, object]:
        """Return it for the report."""
        return {
            "close": "motion-compensated" if self.way_back > 1 else "as generated",
            "ratio": round(self.shown.ratio, 3),
            "kink": round(self.shown.kink, 3),
            "generated_ratio": round(self.made.ratio, 3),
            "way_back_steps": round(self.way_back, 2),
        }


def close(frames: Frames, advance: Callable[[], None]) -> tuple[Film, Closing]:
    """Return the closed film of ``frames``, and how it closes.

    Args:
        frames: (frames, height, width, 3) uint8 sRGB, two at least.
        advance: called after each pair of neighbours is prepared.
    """
    planes = [_grey(frame) for frame in frames]
    typical = mean_flow(pairwise([shrink(plane) for plane in planes]))
    made = measure_seam((planes[-2], planes[-1]), (planes[0], planes[1]), typical)
    gap = 1.0
    if made.ratio > JUMP:
        gap = min(made.ratio, max(1.0, LONGEST_GAP * len(frames)))
    film = Film(frames, closed=True, gap=gap, advance=advance)
    shown = _seam(film, len(frames), typical) if gap > 1 else made
    return film, Closing(made, shown, gap)


def _seam(film: Film, count: int, typical: float) -> Seam:
    """Measure the seam of the film as it plays, at its own number of frames."""
    before, last, first, after = (
        _grey(film.at(index / count)) for index in (count - 2, count - 1, 0, 1)
    )
    return measure_seam((before, last), (first, after), typical)


def _grey(frame: Image) -> Plane:
    return cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
