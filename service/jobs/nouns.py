"""What every door says about a job. All frozen; times are aware and in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

State = Literal["queued", "running", "succeeded", "failed", "canceled"]
Kind = Literal["render", "exploration"]
QueueName = Literal["cpu", "gpu"]

LIVE: tuple[State, ...] = ("queued", "running")
ENDED: tuple[State, ...] = ("succeeded", "failed", "canceled")


@dataclass(frozen=True)
class Progress:
    """Where a job is: ``done`` of ``total`` steps of a stage; ``total`` 0 means not known yet."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True)
class Delivered:
    """One file of a finished job.

    Attributes:
        name: as in ``artifacts/{name}``, e.g. ``"instagram-reel.mp4"``.
        sha256: of its bytes; also its key in the storage, and its ETag.
        size: bytes.
        content_type: its media type.
    """

    name: str
    sha256: str
    size: int
    content_type: str


@dataclass(frozen=True)
class Render:
    """One job, as it is now.

    Attributes:
        id: unguessable, sorts by time of creation.
        kind: ``"render"``, or ``"exploration"`` for a grid of drafts.
        attempts: how often a worker began it.
        recipe: the complete RenderSpec.
        options: an exploration's ``looks``, ``cameras`` and ``seeds``; empty for a render.
        metadata: what the client asked to be remembered, returned as it was.
        report: the RenderReport (the ExplorationReport) of a succeeded job.
        artifacts: files of a succeeded job; of no other.
        error: of a failed job: ``type title detail actual allowed fix``.
        promoted_from: ``(exploration id, draft id)`` of a promoted draft.
    """

    id: str
    tenant: str
    kind: Kind
    state: State
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    progress: Progress | None
    recipe: Mapping[str, Any]
    options: Mapping[str, Any]
    metadata: Mapping[str, Any]
    source_id: str
    queue: QueueName
    priority: int
    attempts: int
    report: Mapping[str, Any] | None = None
    artifacts: tuple[Delivered, ...] = ()
    error: Mapping[str, Any] | None = None
    promoted_from: tuple[str, str] | None = None


@dataclass(frozen=True)
class Page:
    """Part of a list, newest first; ``next_cursor`` is None on the last page."""

    items: tuple[Render, ...] = ()
    next_cursor: str | None = None


@dataclass(frozen=True)
class Event:
    """One line of the log.

    Attributes:
        id: rises within a job; what ``Last-Event-ID`` carries.
        kind: a state entered (``queued running succeeded failed canceled``), ``progress``
            (``data`` holds ``stage done total``), or ``retrying`` (``data`` holds ``reason``).
    """

    id: int
    render_id: str
    tenant: str
    kind: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
