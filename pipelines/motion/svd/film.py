"""A generated clip at any moment: its few frames, and pictures between them along their motion."""

from __future__ import annotations

from collections.abc import Callable

from pipelines.arrays import Frames, Image
from pipelines.blend import Between

ON_A_FRAME = 1e-4
"""A moment this near to a frame, in frames, is that frame."""


class Film:
    """Frames that may be looked at in between. A pure function of the moment, for any thread.

    Args:
        frames: (frames, height, width, 3) uint8 sRGB, two at least.
        closed: whether the last one leads to the first.
        gap: steps that the way from the last frame to the first takes, where it is closed: more
            than one where the two are farther apart than neighbours are.
        advance: called after each pair of neighbours is prepared.
    """

    def __init__(
        self, frames: Frames, *, closed: bool, gap: float = 1.0, advance: Callable[[], None]
    ) -> None:
        self._frames = frames
        self._gap = gap
        self._pairs: list[Between] = []
        for index in range(len(frames) - (not closed)):
            self._pairs.append(Between(frames[index], frames[(index + 1) % len(frames)]))
            advance()

    @property
    def length(self) -> float:
        """Steps from the first moment to the last, or round the loop."""
        inner = len(self._frames) - 1
        return float(inner) if len(self._pairs) == inner else inner + self._gap

    def at(self, place: float) -> Image:
        """Return the (height, width, 3) uint8 picture at ``place``, 0..1 of the length."""
        moment = place * self.length
        index = min(int(moment + ON_A_FRAME), len(self._frames) - 1)
        share = (moment - index) / (self._gap if index == len(self._frames) - 1 else 1.0)
        if share < ON_A_FRAME:
            return self._frames[index]
        return self._pairs[index].at(share)
