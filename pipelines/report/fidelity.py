"""What became of the product: a later frame against frame 0, with the camera's path undone."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence

import cv2
import numpy as np

from pipelines.arrays import Image, Mask, Matrix
from pipelines.camera.pose import plane_homography
from pipelines.context import Context
from pipelines.media import CameraTrack, Clip, Framing, Showing
from pipelines.protect import TextBox, find_text
from pipelines.quality import (
    colour_difference,
    colour_drift,
    flow_between,
    structural_similarity,
    text_similarity,
)
from pipelines.report.model import FidelityReport, SubjectReport, TextReport

SHORT_SIDE = 270
"""Pixels; the frames are compared at this size, where an eye on a phone would judge them."""


FLOW_SMOOTHING = 2.0
"""Pixels; only smooth displacement is forgiven, a broken letter is not."""


def measure_fidelity(
    protect: Collection[str], texts: Sequence[TextBox], showing: Showing, context: Context
) -> FidelityReport:
    """Return what became of the product and of ``texts``, the lines read in the source."""
    clip = showing.loop.clip
    subject = None
    if "subject" in protect:
        subject = subject_fidelity(clip, showing.framed.subject.mask, showing.framing)
    found = _read_again(clip, context) if texts else ()
    text = tuple(_nearest(box.text, found) for box in texts)
    return FidelityReport(subject=subject, text=text)


def subject_fidelity(clip: Clip, subject: Mask, framing: Framing) -> SubjectReport | None:
    """Compare the product a quarter into the clip with frame 0.

    The path is undone in two steps: the homography of the subject's plane, z = 1, then what is
    left of parallax within the product (and of its own turning) by optical flow. What remains is
    what a viewer would call a change: lost detail, another colour, a hole, an effect laid over it.

    Args:
        clip: frame 0 is the still.
        subject: (height, width) coverage at the size of the framed still.
        framing: the window of the still that frame 0 shows.

    Returns:
        None when frame 0 shows no product.
    """
    scale = min(1.0, SHORT_SIDE / min(clip.width, clip.height))
    size = (max(1, round(clip.width * scale)), max(1, round(clip.height * scale)))
    index = clip.count // 4
    back = _back_to_start(clip.camera, index, _scaling(clip, size))
    mask = _framed(subject, framing, size)
    mask *= cv2.warpPerspective(np.ones_like(mask), back, size)
    if mask.max() < 0.5:
        return None
    first = _shrunk(clip.render(0), size)
    small = _shrunk(clip.render(index), size)
    later = _settled(first, np.asarray(cv2.warpPerspective(small, back, size), np.uint8))
    return SubjectReport(
        frame=index,
        ciede2000=colour_difference(first, later, mask),
        ssim=structural_similarity(first, later, mask),
        drift=colour_drift([first, later], mask),
    )


def _settled(first: Image, later: Image) -> Image:
    """Carry each pixel of a nearly aligned picture to where it lies in the first."""
    before, after = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (first, later))
    flow = cv2.GaussianBlur(flow_between(before, after), (0, 0), FLOW_SMOOTHING)
    columns, rows = np.meshgrid(*(np.arange(side, dtype=np.float32) for side in flow.shape[1::-1]))
    return cv2.remap(later, columns + flow[..., 0], rows + flow[..., 1], cv2.INTER_LINEAR)


def _shrunk(image: Image, size: tuple[int, int]) -> Image:
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _scaling(clip: Clip, size: tuple[int, int]) -> Matrix:
    """Pixels of the clip → pixels of its small copy, centres at integers."""
    x, y = size[0] / clip.width, size[1] / clip.height
    return np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]])


def _back_to_start(track: CameraTrack, index: int, scaling: Matrix) -> Matrix:
    """Homography of the subject's plane, small frame ``index`` → small frame 0."""
    motion = np.vstack([track.world_to_camera[index], [0, 0, 0, 1]])
    forth = plane_homography(track.intrinsics[0], track.intrinsics[index], motion)
    return np.asarray(scaling @ np.linalg.inv(forth) @ np.linalg.inv(scaling))


def _framed(subject: Mask, framing: Framing, size: tuple[int, int]) -> Mask:
    x, y = framing.width / size[0], framing.height / size[1]
    window = np.array(
        [[x, 0, framing.left + (x - 1) / 2], [0, y, framing.top + (y - 1) / 2]], np.float64
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(subject, window, size, flags=flags), np.float32)


def _read_again(clip: Clip, context: Context) -> tuple[str, ...]:
    frame = clip.render(clip.count // 4)
    key = hashlib.sha256(frame.tobytes()).hexdigest()
    return tuple(box.text for box in find_text(frame, context, key))


def _nearest(expected: str, found: Iterable[str]) -> TextReport:
    scored = [(text_similarity(expected, line), line) for line in found]
    similarity, line = max(scored, default=(0.0, ""))
    return TextReport(expected=expected, found=line, similarity=similarity)
