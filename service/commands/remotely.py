"""``--server URL``: what a command does here, done by a service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import MissingExtra
from service.work import run

if TYPE_CHECKING:
    from pipelines.context import Context
    from pipelines.spec import RenderSpec
    from service.jobs.nouns import Kind

PARTING_SECONDS = 6.0
"""A cancelled command gets so long to have the service stop."""


def render_remotely(server: str, spec: RenderSpec, source: Path, out: Path) -> str:
    """Have a service render a still into ``out``; return the report's text.

    Raises:
        StillwaveError: the error that a render here would have raised, or RemoteFailed.
    """
    return _delivered(server, "render", spec, source, out, {})


def explore_remotely(
    server: str, spec: RenderSpec, source: Path, out: Path, axes: Mapping[str, Sequence[object]]
) -> str:
    """Have a service render a grid of drafts into ``out``; return the report's text.

    Args:
        axes: ``looks``, ``cameras`` and ``seeds`` of the drafts.

    Raises:
        StillwaveError: as :func:`render_remotely`.
    """
    return _delivered(server, "exploration", spec, source, out, axes)


def _delivered(
    server: str,
    kind: Kind,
    spec: RenderSpec,
    source: Path,
    out: Path,
    more: Mapping[str, Sequence[object]],
) -> str:
    if any(find_spec(package) is None for package in ("httpx2", "tenacity")):
        raise MissingExtra("--server", "remote")
    from service.client.connection import Connection
    from service.client.delivery import deliver
    from service.client.parcel import parcel
    from service.settings import read_settings

    recipe, parts = parcel(spec.model_dump(mode="json", exclude_none=True), source)
    secret = read_settings().server_key
    key = None if secret is None else secret.get_secret_value()

    def work(context: Context) -> str:
        with Connection(server, key, context.cancel) as connection:
            return deliver(connection, kind, ({**recipe, **more}, parts), out, context)

    return run(work, PARTING_SECONDS)
