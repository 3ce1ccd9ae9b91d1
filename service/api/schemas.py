"""What the routes take and answer, as models: from them come validation and OpenAPI."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator

from pipelines.documented import Documented
from pipelines.errors import InvalidRecipe
from pipelines.parts import SourceRef
from pipelines.spec import RenderSpec
from service.resources import RenderResource

MOST_METADATA = 8192
"""Bytes of metadata, as JSON."""


class Wish(Documented):
    """What a job is asked for beside its recipe."""

    priority: int = Field(default=0, ge=0, le=9)
    """Higher goes first among your own jobs."""
    metadata: dict[str, Any] = Field(default_factory=dict)
    """Comes back with the job as it was; up to 8 KiB as JSON."""

    @field_validator("metadata")
    @classmethod
    def _small(cls, value: dict[str, Any]) -> dict[str, Any]:
        if len(json.dumps(value, ensure_ascii=False).encode()) > MOST_METADATA:
            raise InvalidRecipe(
                "metadata is too large",
                allowed=f"up to {MOST_METADATA} bytes as JSON",
                fix="keep a reference in it",
            )
        return value


class RenderRequest(RenderSpec, Wish):
    """A RenderSpec, and what the job is asked for beside it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "source": {"url": "https://shop.example/cup.jpg"},
                    "look": "golden-hour",
                    "camera": "orbit=6,push-in=0.08",
                    "ambient": "steam",
                    "formats": ["instagram-reel", "gif"],
                    "metadata": {"sku": "CUP-7"},
                }
            ]
        }
    )


class ExplorationRequest(RenderRequest):
    """A recipe, and what its drafts differ in."""

    looks: tuple[str, ...] = ()
    """Looks to try; none stands for the recipe's own."""
    cameras: tuple[str, ...] = ()
    """Cameras to try, each as a string; none stands for the recipe's own."""
    seeds: tuple[int, ...] = ()
    """Seeds to try; none stands for the recipe's own."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "source": {"id": "9f86d081884c7d65"},
                    "looks": ["golden-hour", "watercolor"],
                    "cameras": ["orbit", "push-in=0.1"],
                }
            ]
        }
    )


class PromotionRequest(Wish):
    """Which draft becomes a final."""

    draft: str = Field(min_length=1, max_length=20)
    """The draft's id, as its exploration names it."""
    changes: dict[str, Any] = Field(default_factory=dict)
    """Part of a recipe that wins over the draft's, e.g. formats or the engine."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"draft": "03", "changes": {"formats": ["instagram-reel", "gif"]}}]
        }
    )


class SourceRequest(SourceRef):
    """Where to take a still from."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"url": "https://shop.example/cup.jpg"}]}
    )


class SourceResource(Documented):
    """A still that was kept."""

    id: str
    """To be named in later requests; the same bytes have the same id."""
    object: Literal["source"] = "source"
    """What this is."""


Status = Literal["queued", "in_progress", "completed", "failed"]


class VideoError(Documented):
    """Why a video failed."""

    code: str
    """The kind of error."""
    message: str
    """What was wrong."""


class VideoResource(Documented):
    """A render in the shape of the OpenAI video routes."""

    id: str
    """Its id; also the render's."""
    object: Literal["video"] = "video"
    """What this is."""
    model: str
    """The engine that makes it."""
    status: Status
    """``queued``, ``in_progress``, ``completed`` or ``failed``."""
    progress: int = Field(ge=0, le=100)
    """Percent done, about."""
    created_at: int
    """Seconds since 1970, UTC."""
    completed_at: int | None
    """Seconds since 1970, UTC."""
    expires_at: int | None
    """Not said here: retention decides."""
    size: str | None
    """``WIDTHxHEIGHT`` of the file once there is one, before that as asked for."""
    seconds: str
    """Length."""
    prompt: str | None
    """As it was given."""
    quality: str
    """``draft`` or ``final``."""
    error: VideoError | None
    """Why it failed."""
    remixed_from_video_id: str | None
    """Videos are not remixed here."""


class VideoPage(Documented):
    """Part of the list of videos, newest first."""

    object: Literal["list"] = "list"
    """What this is."""
    data: tuple[VideoResource, ...]
    """The videos."""
    first_id: str | None
    """Id of the first one here."""
    last_id: str | None
    """Id of the last one here: give it as ``after`` for more."""
    has_more: bool
    """Whether there are more."""


class VideoDeleted(Documented):
    """A video that is gone."""

    id: str
    """Its id."""
    object: Literal["video.deleted"] = "video.deleted"
    """What this is."""
    deleted: bool = True
    """That it is."""


class PageResource(Documented):
    """Part of a list, newest first."""

    object: Literal["list"] = "list"
    """What this is."""
    data: tuple[RenderResource, ...]
    """Without their reports."""
    next_cursor: str | None
    """Give it as ``cursor`` for the next part; absent at the end."""


class CatalogueResource(Documented):
    """What there is to choose from."""

    object: Literal["list"] = "list"
    """What this is."""
    data: tuple[dict[str, Any], ...]
    """Each with its ``id`` and what it says about itself."""


class HealthResource(Documented):
    """How the service is."""

    status: Literal["ok", "degraded", "unready"]
    """``ok``; ``degraded`` accepts jobs that wait; ``unready`` accepts none."""
    checks: dict[str, str] = Field(default_factory=dict)
    """Part of the service → ``ok``, or what is wrong with it."""
