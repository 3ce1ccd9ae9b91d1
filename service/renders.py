"""The use cases. Every door calls these, and nothing else of the jobs and the storage.

All calls are synchronous and safe from several threads; an asynchronous door calls them in a
thread. A tenant sees its own things only: an id of another tenant and an id that never was raise
the same :class:`service.errors.NotFound`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.spec import RenderSpec
from service.jobs.nouns import Delivered, Event, Page, Render, State
from service.settings import Settings

__all__ = ["Delivered", "Event", "Page", "Render", "Renders", "Stored", "open_renders"]


@dataclass(frozen=True)
class Stored:
    """A file to hand out: a path when it lies on this machine, else a link or a stream.

    Attributes:
        file: its name, size, sha256 (use it as a strong ETag) and media type.
        path: where it lies; None when the storage is elsewhere.
        link: a signed address that serves it for some minutes; None for a local folder.
    """

    file: Delivered
    path: Path | None
    link: str | None

    def read(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from ``start`` up to, not including, ``end``, in pieces."""
        raise NotImplementedError


class Renders:
    """Submit, follow, cancel, fetch."""

    def add_source(self, tenant: str, data: bytes | Iterable[bytes]) -> str:
        """Keep a still and return its id: the same bytes have the same id.

        Raises:
            InvalidSource: not an image, or beyond the limits; raised as soon as it is known.
            TooMany: the disk is nearly full.
            OutOfService: the store refuses.
        """
        raise NotImplementedError

    def submit(
        self,
        tenant: str,
        spec: RenderSpec,
        source_id: str,
        *,
        idempotency_key: str | None = None,
        priority: int = 0,
        metadata: Mapping[str, object] | None = None,
    ) -> Render:
        """Accept a render; once this returns, it is never lost.

        Args:
            spec: ``spec.source`` is not read: the door has turned it into ``source_id``.
            idempotency_key: the same key with the same request returns the render of the first
                time, in whatever state it is by now.
            priority: 0..9, higher goes first within a tenant.
            metadata: small JSON document that comes back with the render.

        Raises:
            NotFound: no such source of this tenant.
            KeyReused: the key came before with another request.
            InvalidRecipe: the recipe names files of this machine.
            OutOfRange: priority.
            TooMany: the queue or the disk is full.
        """
        raise NotImplementedError

    def explore(
        self,
        tenant: str,
        spec: RenderSpec,
        source_id: str,
        *,
        looks: Sequence[str],
        cameras: Sequence[str],
        seeds: Sequence[int] = (),
        idempotency_key: str | None = None,
        priority: int = 0,
        metadata: Mapping[str, object] | None = None,
    ) -> Render:
        """Accept a grid of drafts; its report lists ``drafts``, its artifacts hold their files.

        Args:
            seeds: none stands for the recipe's own.

        Raises:
            UnknownName: a look or a camera.
            OutOfRange: more than :data:`MAX_DRAFTS` drafts.
            StillwaveError: as :meth:`submit`.
        """
        raise NotImplementedError

    def promote(
        self,
        tenant: str,
        exploration_id: str,
        draft_id: str,
        *,
        changes: Mapping[str, object] | None = None,
        idempotency_key: str | None = None,
        priority: int = 0,
        metadata: Mapping[str, object] | None = None,
    ) -> Render:
        """Submit the final of a draft; ``changes``, part of a recipe, win over the draft's.

        Raises:
            NotFound: no such exploration, or no such draft in it.
            Conflict: the exploration has not succeeded (yet).
            StillwaveError: as :meth:`submit`.
        """
        raise NotImplementedError

    def get(self, tenant: str, render_id: str) -> Render:
        """Return a render or an exploration.

        Raises:
            NotFound: unknown.
        """
        raise NotImplementedError

    def list(
        self,
        tenant: str,
        *,
        cursor: str | None = None,
        limit: int = 20,
        state: State | None = None,
        kind: str = "render",
    ) -> Page:
        """Return renders, newest first.

        Args:
            cursor: the page before's ``next_cursor``.
            limit: 1..100.

        Raises:
            InvalidInput: cursor or limit.
        """
        raise NotImplementedError

    def cancel(self, tenant: str, render_id: str) -> Render:
        """Stop a job: a queued one never starts, a running one stops at its next step.

        The state is ``canceled`` when this returns. One that has ended stays as it is.

        Raises:
            NotFound: unknown.
        """
        raise NotImplementedError

    def delete(self, tenant: str, render_id: str) -> None:
        """Cancel a job when it is live, and forget it and its files.

        Raises:
            NotFound: unknown.
        """
        raise NotImplementedError

    def artifact(self, tenant: str, render_id: str, name: str) -> Stored:
        """Return a file of a succeeded job.

        Raises:
            NotFound: unknown job, or no file of that name (yet).
        """
        raise NotImplementedError

    def events(self, tenant: str, render_id: str, after: int = 0) -> tuple[Event, ...]:
        """Return what happened to a job since event ``after``, oldest first, at most 1000.

        Raises:
            NotFound: unknown.
        """
        raise NotImplementedError

    def tail(self, after: int) -> tuple[Event, ...]:
        """Return what happened to any tenant's jobs since event ``after``, oldest first.

        For one pump that feeds many listeners: at most 1000 at a time. ``tail(-1)`` returns only
        the newest event, to start from.
        """
        raise NotImplementedError

    def ready(self) -> Mapping[str, str]:
        """Say what works: ``database storage disk workers`` → ``"ok"``, or why not."""
        raise NotImplementedError

    def depths(self) -> Mapping[tuple[str, str], int]:
        """Count live jobs by (queue, state)."""
        raise NotImplementedError

    def close(self) -> None:
        """Give connections back."""
        raise NotImplementedError


MAX_DRAFTS = 64
"""Of one exploration."""


def open_renders(settings: Settings) -> Renders:
    """Open database, queue and storage as the settings say; makes what is not there yet.

    Raises:
        MissingExtra: the service's libraries are not installed.
        OutputRefused: the data folder cannot be written.
        OutOfService: the database or the storage does not answer.
    """
    raise NotImplementedError
