"""A job as it is shown to others: by the API, and in the messages of webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipelines.documented import Documented
from service.jobs.nouns import Kind, QueueName, Render, State


class ProgressResource(Documented):
    """Where a running job is."""

    stage: str
    """What it does now."""
    done: int
    """Steps of that stage that are done."""
    total: int
    """All steps of that stage; 0 while that is not known."""


class FileResource(Documented):
    """A file of a job that succeeded."""

    name: str
    """Its name, e.g. ``instagram-reel.mp4``."""
    url: str
    """Where it is; relative to this service."""
    bytes: int
    """Its size."""
    sha256: str
    """Of its bytes; also its ETag."""
    content_type: str
    """Its media type."""


class FailureResource(Documented):
    """Why a job failed."""

    type: str
    """The kind of error."""
    title: str
    """The kind in words."""
    detail: str
    """What was wrong, what is allowed and how to mend it."""
    allowed: str
    """What would have been accepted, in words; may be empty."""
    fix: str
    """How to mend it; may be empty."""


class DraftOrigin(Documented):
    """The draft that a final was made of."""

    exploration: str
    """The exploration's id."""
    draft: str
    """The draft's id in it."""


class RenderResource(Documented):
    """A render, or an exploration, as it is now."""

    id: str
    """Its id."""
    object: Kind
    """What this is."""
    state: State
    """``queued``, ``running``, ``succeeded``, ``failed`` or ``canceled``."""
    created_at: datetime
    """When it was accepted."""
    started_at: datetime | None
    """When a worker began it."""
    finished_at: datetime | None
    """When it ended."""
    progress: ProgressResource | None
    """Where it is while it runs."""
    recipe: dict[str, Any]
    """The complete RenderSpec."""
    options: dict[str, Any]
    """What an exploration's drafts differ in."""
    metadata: dict[str, Any]
    """As it was given."""
    source_id: str
    """The still."""
    queue: QueueName
    """Which workers take it."""
    priority: int
    """As it was given."""
    attempts: int
    """How often a worker began it."""
    artifacts: tuple[FileResource, ...]
    """Its files, once it succeeded."""
    error: FailureResource | None
    """Why it failed."""
    promoted_from: DraftOrigin | None
    """The draft it is the final of."""
    report: dict[str, Any] | None = None
    """What was done and measured, once it succeeded; left out of lists."""
    links: dict[str, str]
    """Where more of it is."""

    @classmethod
    def of(cls, render: Render, with_report: bool = True) -> RenderResource:
        """Show a job as the API does."""
        home = home_of(render)
        return cls(
            id=render.id,
            object=render.kind,
            state=render.state,
            created_at=render.created_at,
            started_at=render.started_at,
            finished_at=render.finished_at,
            progress=_progress(render),
            recipe=dict(render.recipe),
            options=dict(render.options),
            metadata=dict(render.metadata),
            source_id=render.source_id,
            queue=render.queue,
            priority=render.priority,
            attempts=render.attempts,
            artifacts=files_of(render),
            error=_failure(render.error),
            promoted_from=_origin(render),
            report=_report(render.report) if with_report else None,
            links={"self": home, "events": f"{home}/events"},
        )


def home_of(render: Render) -> str:
    """Return the address of a job."""
    return f"/v1/{render.kind}s/{render.id}"


def files_of(render: Render) -> tuple[FileResource, ...]:
    """Return a job's files with their addresses."""
    home = home_of(render)
    return tuple(
        FileResource(
            name=file.name,
            url=f"{home}/artifacts/{file.name}",
            bytes=file.size,
            sha256=file.sha256,
            content_type=file.content_type,
        )
        for file in render.artifacts
    )


def _progress(render: Render) -> ProgressResource | None:
    at = render.progress
    return None if at is None else ProgressResource(stage=at.stage, done=at.done, total=at.total)


def _failure(error: Mapping[str, Any] | None) -> FailureResource | None:
    if error is None:
        return None
    said = {key: str(error.get(key, "")) for key in FailureResource.model_fields}
    return FailureResource(**said)


def _origin(render: Render) -> DraftOrigin | None:
    if render.promoted_from is None:
        return None
    exploration, draft = render.promoted_from
    return DraftOrigin(exploration=exploration, draft=draft)


def _report(report: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if report is None else dict(report)
