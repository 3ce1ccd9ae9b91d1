"""What each tool is told, as models: from them come its schema and its refusals."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from pipelines.documented import Documented
from pipelines.errors import InvalidSource
from pipelines.parts import SourceRef
from service.api.schemas import ExplorationRequest, PromotionRequest, RenderRequest

Choices = Literal["looks", "cameras", "ambient", "formats", "engines", "models"]


def _require_one(still: str | None, source: SourceRef | None) -> None:
    if (still is None) == (source is None):
        raise InvalidSource(
            "the request does not say where the still is",
            allowed="exactly one of still and source",
            fix="give still the path of a file on this machine",
        )


class InspectArguments(Documented):
    """A still to look at."""

    still: str
    """Path of the still's file on this machine."""


class ListArguments(Documented):
    """What to list."""

    what: Choices
    """Which of the catalogues."""


class RenderArguments(RenderRequest):
    """A still and its recipe."""

    still: str | None = None
    """Path of the still's file on this machine; or say where it is with source."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "still": "/home/ann/cup.jpg",
                    "look": "golden-hour",
                    "camera": "orbit=6,push-in=0.08",
                    "formats": ["instagram-reel", "gif"],
                    "quality": "draft",
                }
            ]
        }
    )

    @model_validator(mode="after")
    def _one_still(self) -> RenderArguments:
        _require_one(self.still, self.source)
        return self


class ExploreArguments(ExplorationRequest):
    """A still, its recipe, and what the drafts differ in."""

    still: str | None = None
    """Path of the still's file on this machine; or say where it is with source."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "still": "/home/ann/cup.jpg",
                    "looks": ["golden-hour", "watercolor"],
                    "cameras": ["orbit", "push-in=0.1"],
                }
            ]
        }
    )

    @model_validator(mode="after")
    def _one_still(self) -> ExploreArguments:
        _require_one(self.still, self.source)
        return self


class PromoteArguments(PromotionRequest):
    """The draft to make a final of."""

    exploration: str
    """The exploration's id, as explore returned it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "exploration": "0190f3c2a9e14b7d9c385f0c2a9e4b7d",
                    "draft": "03",
                    "changes": {"formats": ["instagram-reel", "gif"]},
                }
            ]
        }
    )


class JobArguments(Documented):
    """A job."""

    job: str
    """The id that render, explore or promote returned."""


class WaitArguments(JobArguments):
    """A job, and for how long to wait for it."""

    seconds: float = Field(default=50.0, ge=0.0, le=600.0)
    """Longest wait; most agents give a tool a minute."""


class FetchArguments(JobArguments):
    """A job, and where its files go."""

    folder: str | None = None
    """Folder on this machine; absent is one named after the job."""
