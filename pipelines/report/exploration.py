"""The document of an exploration: which drafts there are, and what each one is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.arrays import Image
from pipelines.media import Artifact
from pipelines.report.model import Part, SeamReport

EXPLORATION_VERSION = 1


@dataclass(frozen=True, eq=False)
class Tile:
    """One draft, as a person is shown it.

    Attributes:
        name: its file's name without the ending, e.g. ``"07"``.
        title: what makes it different, in a few words.
        frames: a few (height, width, 3) uint8 sRGB frames, in playing order, frame 0 first.
    """

    name: str
    title: str
    frames: list[Image]


class DraftReport(Part):
    """One draft."""

    id: str
    """Also its file's name."""
    title: str
    """What makes it different."""
    path: str
    """Relative to this document."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    fps: float
    """Frames per second."""
    frames: int
    """Frames in the file."""
    seconds: float
    """Length."""
    bytes: int
    """Size of the file."""
    seam: SeamReport
    """Measured on the decoded file."""
    recipe: dict[str, Any]
    """The RenderSpec, complete."""

    @classmethod
    def of(cls, tile: Tile, artifact: Artifact, recipe: Mapping[str, Any]) -> DraftReport:
        """Turn a draft into numbers."""
        return cls(
            id=tile.name,
            title=tile.title,
            path=artifact.path.name,
            width=artifact.width,
            height=artifact.height,
            fps=artifact.fps,
            frames=artifact.frames,
            seconds=artifact.seconds,
            bytes=artifact.bytes,
            seam=SeamReport(**vars(artifact.seam)),
            recipe=dict(recipe),
        )


class ExploredSource(Part):
    """The still that came in."""

    width: int
    """Pixels, upright."""
    height: int
    """Pixels, upright."""
    sha256: str
    """Of the file's bytes."""
    file: str | None
    """Its path as given."""


class ExplorationReport(Part):
    """The whole exploration."""

    schema_version: int = EXPLORATION_VERSION
    """Rises when a key changes its meaning."""
    source: ExploredSource
    """The still that came in."""
    drafts: tuple[DraftReport, ...]
    """In the order of their numbers."""
    contact_sheet: str
    """Picture of all drafts, relative to this document."""
    page: str
    """Page on which all drafts play, relative to this document."""
    seconds: float
    """The whole exploration took this long."""
    timings: dict[str, float]
    """Seconds spent in each stage, summed over the workers."""

    def to_json(self) -> str:
        """Return the document as the file and ``--json`` hold it."""
        return self.model_dump_json(indent=2)
