"""How long a clip must be, so that its loop has the length that was asked for."""

from __future__ import annotations

from pipelines.media import LoopMode
from pipelines.retime import fade_frames


def frames_needed(mode: LoopMode, count: int, fps: float) -> int:
    """Return the frames of the clip that ``mode`` closes into ``count`` frames.

    There and back always takes an even number of frames: an odd ``count`` loses one.

    >>> frames_needed("pingpong", 90, 30.0), frames_needed("crossfade", 90, 30.0)
    (46, 108)
    """
    if mode == "pingpong":
        return count // 2 + 1
    if mode == "crossfade":
        return count + fade_frames(fps, count)
    return count
