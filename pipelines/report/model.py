"""The report: what was asked, what was done, what was measured. One JSON document per job.

Keys are only ever added; `SCHEMA_VERSION` rises when the meaning of one changes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import ConfigDict

from pipelines.documented import Documented
from pipelines.media import Artifact, CameraTrack, DepthOrigin, FramingMode, LoopMode, MaskOrigin

SCHEMA_VERSION = 1

Row3 = tuple[float, float, float]
Row4 = tuple[float, float, float, float]
Matrix3x3 = tuple[Row3, Row3, Row3]
Matrix3x4 = tuple[Row4, Row4, Row4]


class Part(Documented):
    """Base of every part."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class SourceReport(Part):
    """The still that came in."""

    width: int
    """Pixels, upright."""
    height: int
    """Pixels, upright."""
    sha256: str
    """Of the file's bytes."""
    file: str | None
    """Its path as given; kept here and never in an artifact when it is absolute."""
    format: str
    """What the bytes really were."""
    mask: MaskOrigin
    """Who said where the product is; ``none`` when there is none."""
    depth: DepthOrigin
    """Who said what is near; ``proxy`` is the layered stand-in, not an estimate."""
    advice: tuple[str, ...]
    """Sentences on what would make a better loop."""
    text: tuple[str, ...]
    """Text read in the still, when it is protected."""


class FramingReport(Part):
    """What the first frame shows of the (grown) still, as fractions of its width and height."""

    left: float
    """0 is the left edge."""
    top: float
    """0 is the top edge."""
    width: float
    """1 is the whole width."""
    height: float
    """1 is the whole height."""
    mode: FramingMode
    """How the still was made to fit."""
    note: str
    """The same in a sentence."""


class CameraReport(Part):
    """The camera of every frame of the first format's file, frame 0 being the world.

    Where the file plays the loop several times, so does the path. Pixel centres lie at integers;
    x right, y down, z forward; the subject's plane is z = 1.
    """

    width: int
    """Pixels."""
    height: int
    """Pixels."""
    intrinsics: tuple[Matrix3x3, ...]
    """One 3×3 matrix a frame."""
    world_to_camera: tuple[Matrix3x4, ...]
    """One 3×4 matrix a frame."""

    @classmethod
    def of(cls, track: CameraTrack, frames: int) -> CameraReport:
        """Turn the track of one loop into numbers for a file of ``frames`` frames."""
        order = np.arange(frames) % len(track.intrinsics)
        return cls(
            width=track.width,
            height=track.height,
            intrinsics=track.intrinsics[order].tolist(),
            world_to_camera=track.world_to_camera[order].tolist(),
        )


class SeamReport(Part):
    """How well the last frame meets the first, measured on the decoded file."""

    ratio: float
    """1 is perfect, below 0.8 a visible hold, above 1.25 a jump."""
    kink: float
    """Change of flow over the clip's mean flow; a smooth path is under 0.3."""


class LoopReport(SeamReport):
    """How the first format closes."""

    mode: LoopMode
    """How it was closed."""


class MotionReport(Part):
    """How much the first format moves."""

    mean_flow_percent_per_second: float
    """Mean optical flow, % of the short side per second."""


class TextReport(Part):
    """One text of the still, read again in a frame of the clip."""

    expected: str
    """As read in the still."""
    found: str
    """As read in the frame."""
    similarity: float
    """0..1, blind to case and spacing."""


class SubjectReport(Part):
    """The product in a later frame against frame 0, the camera's path undone."""

    frame: int
    """The frame compared with frame 0."""
    ciede2000: float
    """Mean colour difference inside the mask; 1 is about the least an eye sees."""
    ssim: float
    """Mean structural similarity inside the mask; 1 is equal."""
    drift: float
    """How far the product's mean colour strays from frame 0's, in CIEDE2000."""


class FidelityReport(Part):
    """What became of what was protected; empty where nothing was asked or found."""

    text: tuple[TextReport, ...] = ()
    """One for each text, when ``text`` is protected."""
    subject: SubjectReport | None = None
    """When ``subject`` is protected and there is one."""


class CheckReport(Part):
    """One platform rule, judged from the file."""

    rule: str
    """Short id."""
    limit: str
    """The allowed values, in words with units."""
    value: str
    """What was measured."""
    ok: bool
    """Whether the platform would take it."""
    source: str
    """Where the limit was published."""
    read_on: str
    """ISO date of reading it."""


class ArtifactReport(Part):
    """One file delivered."""

    format: str
    """The format's id."""
    path: str
    """Relative to the report."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    fps: float
    """Frames per second."""
    frames: int
    """Frames in the file."""
    seconds: float
    """Length of the file."""
    bytes: int
    """Size of the file."""
    framing: FramingReport
    """What frame 0 shows of the still."""
    seam: SeamReport
    """Measured on the decoded file."""
    conformance: tuple[CheckReport, ...]
    """Every rule of the platform."""

    @classmethod
    def of(cls, artifact: Artifact, framing: FramingReport) -> ArtifactReport:
        """Turn an artifact into numbers."""
        return cls(
            format=artifact.format,
            path=artifact.path.name,
            width=artifact.width,
            height=artifact.height,
            fps=artifact.fps,
            frames=artifact.frames,
            seconds=artifact.seconds,
            bytes=artifact.bytes,
            framing=framing,
            seam=SeamReport(**vars(artifact.seam)),
            conformance=tuple(CheckReport(**vars(check)) for check in artifact.conformance),
        )


class ModelReport(Part):
    """Weights that took part."""

    name: str
    """As in the model store."""
    purpose: str
    """What they did."""
    revision: str
    """Which ones; empty for what a person brought by hand."""
    sha256: str | None
    """Of the file; of a folder, of the list of its files as ``sha256sum`` prints one."""
    licence: str
    """SPDX id."""
    commercial: str
    """Whether that allows commercial use: ``yes``, ``no``, ``conditional`` or ``unknown``."""


class Provenance(Part):
    """Where the result comes from."""

    program: str
    """Name and version."""
    libraries: dict[str, str]
    """Versions of what the pixels depend on."""
    python: str
    """Version."""
    platform: str
    """Operating system and processor."""
    source_sha256: str
    """Of the source's bytes."""
    created: str
    """ISO time in UTC; the only part that two equal jobs do not share, beside the timings."""


class GenerationReport(Part):
    """What the engines chose and did, in their own words."""

    still: dict[str, Any]
    """Stage one: engine, model, sizes, modes."""
    motion: dict[str, Any]
    """Stage two: why this engine, model, modes, how the loop was closed."""


class RenderReport(Part):
    """The whole report."""

    schema_version: int = SCHEMA_VERSION
    """Rises when a key changes its meaning."""
    recipe: dict[str, Any]
    """The RenderSpec, complete."""
    engine: str
    """The motion engine that made the frames."""
    seed: int
    """The recipe's seed."""
    warnings: tuple[str, ...]
    """What a person should know."""
    timings: dict[str, float]
    """Seconds spent in each stage; stages overlap."""
    models: tuple[ModelReport, ...]
    """Weights that took part."""
    source: SourceReport
    """The still that came in."""
    camera: CameraReport
    """The first format's path."""
    loop: LoopReport
    """The first format's seam."""
    motion: MotionReport
    """The first format's motion."""
    fidelity: FidelityReport
    """What became of what was protected."""
    generation: GenerationReport
    """What the engines chose and did."""
    artifacts: tuple[ArtifactReport, ...]
    """One for each format, in the order asked for."""
    provenance: Provenance
    """Where the result comes from."""

    def to_json(self) -> str:
        """Return the document as the file and ``--json`` hold it."""
        return self.model_dump_json(indent=2)


def report_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of :class:`RenderReport`."""
    schema = RenderReport.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
