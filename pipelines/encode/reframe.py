"""Fitting a still into another aspect: which part is shown, and what must be added.

In this order: shown whole, its plain backdrop extended, cropped round the subject, or laid on a
blurred backdrop of its own. A look that is painted on paper has more of that paper wherever
another's backdrop would be extended or blurred. Never a crop of a crop: the window is in pixels of
the still returned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from pipelines.arrays import Image
from pipelines.encode.backdrop import CALM, Edge, is_plain
from pipelines.encode.grow import (
    NO_MARGINS,
    Extend,
    Margins,
    extend_blurred,
    extend_plain,
    extend_soft,
)
from pipelines.encode.paper import lay_on_paper
from pipelines.media import Framing, FramingMode, Still

ASPECT_TOLERANCE = 0.01
"""Aspects this close are filled by trimming up to half a percent from two sides."""

MOST_GROWTH = 2.0
"""A plain backdrop is extended to at most this multiple of what is kept of the still."""

AIR = 0.06
"""Room kept on either side of the subject, as a share of its own extent."""

SLACK = 0.08
"""Paper added round a painted still for a moving camera, as a share of the frame's longer side: as
much as the strongest moves look past the frame. Any other backdrop is mirrored there by the camera,
which paper would betray: paint would come again beyond its bare rim."""


@dataclass(frozen=True)
class _Span:
    """A stretch along one axis, in pixels."""

    start: float
    end: float

    @property
    def length(self) -> float:
        return self.end - self.start

    @property
    def pixels(self) -> slice:
        """The whole pixels it touches."""
        return slice(int(self.start), int(np.ceil(self.end)))

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


@dataclass(frozen=True)
class _Fit:
    """How a still is made to fit.

    Attributes:
        framing: the window, in pixels of the still with its margins.
        margins: what is added.
        extend: how.
    """

    framing: Framing
    margins: Margins = NO_MARGINS
    extend: Extend = extend_plain


def frame_still(still: Still, width: int, height: int) -> tuple[Still, Framing]:
    """Return the still, grown where needed, and the window of it an output of that aspect shows.

    Only the aspect of ``width`` and ``height`` counts. The subject is kept whole, with air. What is
    plain is decided on the still before its look, so that all its looks are framed alike.
    """
    fit = _fit(still, width / height)
    if still.paper is not None:
        return _on_paper(still, still.paper, fit)
    if fit.margins == NO_MARGINS:
        return still, fit.framing
    return fit.extend(still, fit.margins), fit.framing


def _on_paper(still: Still, paper: Callable[[int, int], Image], fit: _Fit) -> tuple[Still, Framing]:
    """Fit a still that is painted on paper: the same window, on a larger piece of the paper."""
    framing = fit.framing
    slack = int(np.ceil(SLACK * max(framing.width, framing.height)))
    grown = lay_on_paper(still, paper, fit.margins, fit.extend, slack)
    window = replace(framing, left=framing.left + slack, top=framing.top + slack)
    if fit.margins == NO_MARGINS:
        return grown, window
    note = "The bare paper that the look is painted on goes on to fill the frame."
    return grown, replace(window, mode="extended", note=note)


def _fit(still: Still, aspect: float) -> _Fit:
    still_width, still_height = still.size
    if abs(still_width / still_height / aspect - 1) <= ASPECT_TOLERANCE:
        return _Fit(_largest_window(still, aspect, "whole", "The still is shown whole."))
    taller = still_width / still_height > aspect
    across, along = (still_width, still_height) if taller else (still_height, still_width)
    slope = aspect if taller else 1 / aspect  # across = slope · along, in the window
    subject_across, subject_along = _subject(still, taller)
    narrowest = along * slope
    kept = _kept(subject_across, max(narrowest, along * MOST_GROWTH * slope), across)
    missing = kept.length / slope - along
    sides = _sides(still, taller, kept, missing, subject_along)
    if sides is not None:
        extend, mode, note = _extension(still, sides, taller, kept)
        framing = _window(kept, along + sum(sides), slope, taller, mode, note)
        return _Fit(framing, _margins(sides, taller), extend)
    if _fits(subject_across, narrowest):
        cut = _kept(subject_across, narrowest, across)
        note = "The sides were cropped; the subject is whole. Its backdrop is not plain."
        return _Fit(_window(cut, along, slope, taller, "reframed", note))
    every = _Span(0.0, float(across))
    half = int(np.ceil((across / slope - along) / 2))
    calm = all(is_plain(_judged(still), edge, every.pixels, CALM) for edge in _edges(taller))
    note = (
        "A crop would cut the subject and the backdrop is too busy, or too small, to be extended: "
        "it goes on out of focus."
    )
    framing = _window(every, along + 2 * half, slope, taller, "blurred", note)
    return _Fit(framing, _margins((half, half), taller), extend_soft if calm else extend_blurred)


def _extension(
    still: Still, sides: tuple[int, int], taller: bool, kept: _Span
) -> tuple[Extend, FramingMode, str]:
    """How a backdrop that was plain goes on: out of focus where its look made it busy."""
    grows = [edge for edge, side in zip(_edges(taller), sides, strict=True) if side]
    if still.paper is not None or all(is_plain(still, edge, kept.pixels) for edge in grows):
        return extend_plain, "extended", "The plain backdrop was extended to fill the frame."
    note = "The plain backdrop was extended; its look made it busy, so it goes on out of focus."
    return extend_soft, "blurred", note


def _edges(taller: bool) -> tuple[Edge, Edge]:
    return ("top", "bottom") if taller else ("left", "right")


def _subject(still: Still, taller: bool) -> tuple[_Span | None, _Span | None]:
    """Extent of the subject across the axis that would be cropped, and along the other."""
    mask = still.subject.mask > 0.5
    if not mask.any():
        return None, None
    columns, rows = (_extent(np.asarray(mask.any(axis=axis))) for axis in (0, 1))
    return (columns, rows) if taller else (rows, columns)


def _extent(present: np.ndarray) -> _Span:
    found = np.flatnonzero(present)
    return _Span(float(found[0]), float(found[-1] + 1))


def _fits(subject: _Span | None, length: float) -> bool:
    return subject is None or subject.length * (1 + 2 * AIR) <= length


def _kept(subject: _Span | None, length: float, limit: int) -> _Span:
    """A stretch of ``length`` (at most ``limit``) round the subject, or round the middle."""
    length = min(length, float(limit))
    if subject is not None:
        length = max(length, min(subject.length * (1 + 2 * AIR), float(limit)))
    middle = limit / 2 if subject is None else subject.middle
    start = min(max(middle - length / 2, 0.0), limit - length)
    return _Span(start, start + length)


def _sides(
    still: Still, taller: bool, kept: _Span, missing: float, subject: _Span | None
) -> tuple[int, int] | None:
    """Pixels to add before and after, where the backdrop is plain; None when it must not grow.

    When both edges are plain the subject comes to the middle; when one is, that one grows, as long
    as the subject stays in the middle part of the frame.
    """
    along = still.size[1] if taller else still.size[0]
    total = int(np.ceil(missing))
    if total <= 0 or total > (MOST_GROWTH - 1) * along + 1:
        return None
    before, after = (is_plain(_judged(still), edge, kept.pixels) for edge in _edges(taller))
    middle = along / 2 if subject is None else subject.middle
    wish = round(float(np.clip((along + total) / 2 - middle, 0, total)))
    if before and after:
        return wish, total - wish
    first = total if before else 0
    centre = (middle + first) / (along + total)
    return (first, total - first) if before != after and 0.3 <= centre <= 0.7 else None


def _judged(still: Still) -> Still:
    """The still before its look, which decides how all its looks are framed."""
    return still if still.before is None else replace(still, pixels=still.before)


def _margins(sides: tuple[int, int], taller: bool) -> Margins:
    before, after = sides
    return Margins(top=before, bottom=after) if taller else Margins(left=before, right=after)


def _window(
    across: _Span, along: float, slope: float, taller: bool, mode: FramingMode, note: str
) -> Framing:
    """The window that spans ``across`` and lies in the middle of ``along``."""
    length = min(across.length / slope, float(along))
    start = (along - length) / 2
    if taller:
        return Framing(across.start, start, across.length, length, mode, note)
    return Framing(start, across.start, length, across.length, mode, note)


def _largest_window(still: Still, aspect: float, mode: FramingMode, note: str) -> Framing:
    """The largest centred window of an aspect."""
    still_width, still_height = still.size
    width = min(float(still_width), still_height * aspect)
    height = width / aspect
    return Framing(
        (still_width - width) / 2, (still_height - height) / 2, width, height, mode, note
    )
