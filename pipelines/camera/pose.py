"""Cameras as matrices: pinhole intrinsics and rigid motions.

Axes are x right, y down, z forward; the unit of length is the distance from camera to subject, so
the subject plane is z = 1 in the world, and the world is the camera of phase 0. Pixel centres lie
at integer coordinates. Source of the conventions: Hartley & Zisserman, Multiple View Geometry,
2nd ed., ch. 6 (pinhole), ch. 13 (plane-induced homography).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from pipelines.arrays import Matrix


def identity() -> Matrix:
    """Return the 4×4 motion that moves nothing."""
    return np.eye(4)


@dataclass(frozen=True, eq=False)
class Pose:
    """Everything a move decides for one moment.

    Attributes:
        camera: (4, 4) world → camera rigid motion; identity at phase 0.
        subject: (4, 4) rigid motion of the product in the world; identity at phase 0.
        zoom: focal ratio, 1 at phase 0; 2 shows half the width.
        shift: (x, y) of the lens against the sensor in focal lengths, as on a view camera: the
            picture moves right and down without the camera turning.
        focus: distance that is sharp, in subject distances; infinity is the scene's farthest.
        blur: diameter of the blur disc at infinity, in % of the frame's short side; 0 = all sharp.
        veil: how far a blurred near edge has come into the frame, −1..1 of its width; positive
            from the left, negative from the right.
    """

    camera: Matrix = field(default_factory=identity)
    subject: Matrix = field(default_factory=identity)
    zoom: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    focus: float = 1.0
    blur: float = 0.0
    veil: float = 0.0

    @property
    def key(self) -> bytes:
        """The pose to a billionth, the same for poses that show the same picture."""
        scalars = (self.zoom, *self.shift, self.blur, self.veil, min(self.focus, 1e3))
        values = np.concatenate([self.camera.ravel(), self.subject.ravel(), scalars])
        return (values.round(9) + 0.0).tobytes()

    def lens(self, width: int, height: int, fov_deg: float) -> Matrix:
        """Return the (3, 3) intrinsics of this moment for a frame of that size."""
        matrix = intrinsics(width, height, fov_deg, self.zoom)
        matrix[:2, 2] += matrix[0, 0] * np.array(self.shift)
        return matrix


def intrinsics(width: int, height: int, fov_deg: float, zoom: float = 1.0) -> Matrix:
    """Return the (3, 3) pinhole matrix of a frame, its principal point at the centre.

    Args:
        width, height: of the frame in pixels.
        fov_deg: field of view along the longer side at zoom 1, degrees.
        zoom: focal ratio.

    >>> intrinsics(101, 101, 90.0).round(3).tolist()
    [[50.5, 0.0, 50.0], [0.0, 50.5, 50.0], [0.0, 0.0, 1.0]]
    """
    focal = zoom * 0.5 * max(width, height) / math.tan(math.radians(fov_deg) / 2)
    return np.array(
        [[focal, 0.0, (width - 1) / 2], [0.0, focal, (height - 1) / 2], [0.0, 0.0, 1.0]]
    )


def translation(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Matrix:
    """Return the (4, 4) motion of a point by (x, y, z)."""
    motion = np.eye(4)
    motion[:3, 3] = (x, y, z)
    return motion


def rotation(axis: str, degrees: float) -> Matrix:
    """Return the (4, 4) right-handed rotation of a point about ``"x"``, ``"y"`` or ``"z"``."""
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    motion = np.eye(4)
    motion[first, first] = motion[second, second] = cosine
    motion[first, second], motion[second, first] = -sine, sine
    return motion


def about(pivot: tuple[float, float, float], motion: Matrix) -> Matrix:
    """Return ``motion`` done about ``pivot`` instead of about the origin."""
    x, y, z = pivot
    return translation(x, y, z) @ motion @ translation(-x, -y, -z)


def inverse(motion: Matrix) -> Matrix:
    """Invert a rigid (4, 4) motion."""
    turned = motion[:3, :3].T
    result = np.eye(4)
    result[:3, :3] = turned
    result[:3, 3] = -turned @ motion[:3, 3]
    return result


def plane_homography(start: Matrix, end: Matrix, motion: Matrix, distance: float = 1.0) -> Matrix:
    """Return the (3, 3) homography of the plane z = ``distance`` from one frame to another.

    Args:
        start: (3, 3) intrinsics of the first camera, which is the world.
        end: (3, 3) intrinsics of the second camera.
        motion: (4, 4) world → second camera.
        distance: of the fronto-parallel plane.
    """
    plane = motion[:3, :3].copy()
    plane[:, 2] += motion[:3, 3] / distance
    result = end @ plane @ np.linalg.inv(start)
    return np.asarray(result / result[2, 2])
