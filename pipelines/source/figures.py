"""The figures an inspection gives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """Measures of one still.

    Attributes:
        width, height, short_side: in pixels.
        blur: 0 crisp .. 1 soft, round the subject.
        noise: deviation in 8-bit levels.
        brightness: mean luma of the subject, 0..1.
        clipped_shadows, clipped_highlights: shares of the subject that are plain black or white.
        clutter: share of what is not the subject that is edges.
        subject_share: share of the picture that is the subject; 0 when none was found.
        margin: least distance from the subject to the picture's edge over the short side.
    """

    width: int
    height: int
    short_side: int
    blur: float
    noise: float
    brightness: float
    clipped_shadows: float
    clipped_highlights: float
    clutter: float
    subject_share: float
    margin: float
