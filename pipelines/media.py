"""The nouns that travel from stage to stage. All frozen; none knows how it was made.

``Source → Still → Clip → Loop → Artifact``
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from pipelines.arrays import Depth, Frames, Image, Mask, Matrix

MaskOrigin = Literal["alpha", "file", "u2netp", "grabcut", "none"]
DepthOrigin = Literal["proxy", "file", "depth-anything-v2-small"]
LoopMode = Literal["closed", "pingpong", "crossfade", "none"]
FramingMode = Literal["whole", "reframed", "extended", "blurred"]

BARE_RIM = 0.01
"""Share of the short side that a look on paper leaves bare, all along the border of its still."""


@dataclass(frozen=True, eq=False)
class Source:
    """The decoded upload.

    Attributes:
        pixels: (height, width, 3) uint8 sRGB, upright; colour under transparency is kept sane.
        alpha: (height, width) float32 coverage when the file had a useful alpha channel.
        sha256: hex digest of the file's bytes.
        format: what the bytes really were, e.g. ``"JPEG"``.
        file: its path as given, None when it came as bytes.
        warnings: sentences for the report.
    """

    pixels: Image
    alpha: Mask | None
    sha256: str
    format: str
    file: Path | None = None
    warnings: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]


@dataclass(frozen=True, eq=False)
class Subject:
    """Where the product is.

    Attributes:
        mask: (height, width) float32 coverage, feathered at its edge; all 0 when none was found.
        origin: who said so; ``"grabcut"`` is the fallback that needs no weights.
    """

    mask: Mask
    origin: MaskOrigin
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class DepthMap:
    """Nearness of each pixel.

    Attributes:
        nearness: (height, width) float32 in 0..1, 1 = nearest.
        origin: ``"proxy"`` is the layered stand-in, never an estimate.
        horizon: row (pixels from the top, may lie outside) where a proxy's ground ends; None
            when the scene is not a ground with a backdrop.
    """

    nearness: Depth
    origin: DepthOrigin
    horizon: float | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Still:
    """What stage one made of the source: the first frame of every clip.

    Attributes:
        pixels: (height, width, 3) uint8 sRGB.
        subject: mask of the same size.
        depth: nearness of the same size.
        look: name and strength that were applied; ``("natural", 0.0)`` is the source itself.
        engine: ``"grade"`` or ``"img2img"``.
        before: the picture before its look, same size; None when there is no look. Framing is
            decided on it, so that every look of a still is framed alike.
        paper: (height, width) → (height, width, 3) uint8 sRGB, as much bare paper as is wanted,
            for a look that is painted on paper and leaves `BARE_RIM` of it bare; None for one
            that fills the picture. It is what full strength shows, whatever the strength is.
        outline: how far beyond the product's silhouette the look has drawn what belongs to the
            product, share of the short side: that much of its surroundings moves with it.
        moving: (height, width) float32 0..1, where anything but the camera may move; None is
            everywhere.
        variations: every picture the engine made, same size, ``pixels`` first; empty when it
            made one.
        models: names of the weights that took part.
        details: what the engine chose and did, for the report, as JSON values.
    """

    pixels: Image
    subject: Subject
    depth: DepthMap
    look: str = "natural"
    strength: float = 0.0
    engine: str = "grade"
    before: Image | None = None
    paper: Callable[[int, int], Image] | None = None
    outline: float = 0.0
    moving: Mask | None = None
    variations: tuple[Image, ...] = ()
    models: tuple[str, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]


@dataclass(frozen=True)
class Framing:
    """Which part of the (grown) still an output shows.

    The window may be any real rectangle inside the still; its aspect is the output's.

    Attributes:
        left, top, width, height: the window in pixels of the still, pixel edges at integers.
        mode: how the still was made to fit: shown whole, reframed round the subject, its plain
            backdrop extended, or its backdrop continued out of focus.
        note: one sentence for the report.
    """

    left: float
    top: float
    width: float
    height: float
    mode: FramingMode
    note: str = ""


@dataclass(frozen=True, eq=False)
class CameraTrack:
    """The camera of every frame, frame 0 being the world.

    Pixel centres lie at integer coordinates; axes are x right, y down, z forward; the unit of
    length is the distance from camera to subject.

    Attributes:
        width, height: of the frames, in pixels.
        intrinsics: (frames, 3, 3).
        world_to_camera: (frames, 3, 4).
    """

    width: int
    height: int
    intrinsics: Matrix
    world_to_camera: Matrix


@dataclass(frozen=True, eq=False)
class Clip:
    """Frames with a rate and a camera path, rendered when asked for.

    Attributes:
        width, height: in pixels.
        fps: frames per second.
        count: number of frames.
        render: index in 0..count-1 → (height, width, 3) uint8 sRGB. A pure function, safe to
            call from several threads and in any order, so that frames stream and are never all
            held in memory.
        camera: the path in numbers.
        closed: whether frame ``count`` would equal frame 0, in position and velocity.
        twins: for each frame, the first one with the very same picture (itself, most often): a
            sway passes every pose twice. Empty when all differ.
        engine: name of the motion engine that made it.
        models: names of the weights that took part.
        details: what the engine chose and did, for the report, as JSON values.
        warnings: sentences for the report.
    """

    width: int
    height: int
    fps: float
    count: int
    render: Callable[[int], Image]
    camera: CameraTrack
    closed: bool
    twins: tuple[int, ...] = ()
    engine: str = "parallax"
    models: tuple[str, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.count / self.fps

    def stack(self) -> Frames:
        """Return all frames at once, (count, height, width, 3) uint8: for small clips."""
        return np.stack([self.render(index) for index in range(self.count)])


@dataclass(frozen=True, eq=False)
class Loop:
    """A clip and the way it closes; its own frames are already in playing order."""

    clip: Clip
    mode: LoopMode


@dataclass(frozen=True)
class Seam:
    """How well the wrap-around pair (last → first) hides among its neighbours.

    Attributes:
        ratio: 1.0 is perfect, below 0.8 a visible hold, above 1.25 a jump.
        kink: change of optical flow across the seam over the clip's mean flow; a straight
            reversal at speed scores 2, a smooth path under 0.3.
    """

    ratio: float
    kink: float


@dataclass(frozen=True)
class Check:
    """One platform rule, judged from the file.

    Attributes:
        rule: short id, e.g. ``"duration"``.
        limit: the allowed values, in words with units.
        value: what was measured, in words with units.
        ok: whether the platform would take it.
        source: where the limit was published.
        read_on: ISO date of reading it.
    """

    rule: str
    limit: str
    value: str
    ok: bool
    source: str
    read_on: str


@dataclass(frozen=True)
class Artifact:
    """One encoded file, read back and judged."""

    format: str
    path: Path
    width: int
    height: int
    fps: float
    frames: int
    seconds: float
    bytes: int
    seam: Seam
    mean_flow_percent_per_second: float
    conformance: tuple[Check, ...] = field(default=())


@dataclass(frozen=True, eq=False)
class Showing:
    """What one format shows, before it is encoded.

    Attributes:
        loop: what the file plays.
        framed: the still, grown where the format shows more than it had.
        framing: the window of it that frame 0 shows.
        repeats: how often the file plays the loop.
    """

    loop: Loop
    framed: Still
    framing: Framing
    repeats: int


@dataclass(frozen=True, eq=False)
class Delivery:
    """One format, done.

    Attributes:
        artifact: the file.
        showing: what it shows.
    """

    artifact: Artifact
    showing: Showing
