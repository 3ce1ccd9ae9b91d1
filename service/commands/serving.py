"""``stillwave serve`` and ``worker``."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli import emit
from service.commands.options import json_option, out_option, server_option
from service.console import say

if TYPE_CHECKING:
    from service.settings import Settings

NEEDED = ("dbos", "fastapi", "mcp", "sqlalchemy", "uvicorn")
"""Packages of the optional part ``service``."""

TO_TRACE = ("opentelemetry.sdk", "opentelemetry.exporter")
"""Packages of the optional part ``otel``."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--workers",
    type=click.IntRange(0, 64),
    default=1,
    show_default=True,
    help="Worker processes beside the HTTP process; 0 leaves the work to other machines.",
)
@json_option
def serve(host: str, port: int, workers: int, as_json: bool) -> int:
    """Serve HTTP, and do the jobs, on this machine; Ctrl-C stops it.

    Beyond this machine (another --host) it serves only when there is an API key.
    """
    _require_service()
    from service.logs import log_json
    from service.processes import Household, listen
    from service.settings import read_settings

    settings = read_settings()
    _require_tracing(settings)
    _require_keys(settings, host)
    with listen(host, port) as listener:
        port = listener.getsockname()[1]
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        if as_json:
            emit({"url": url})
        say(f"Stillwave serves on {url}")
        log_json()
        return Household(settings, listener, workers).run()


@click.command()
@json_option
def worker(as_json: bool) -> None:
    """Do the service's jobs until told to stop; as many workers as you like share one queue."""
    _require_service()
    from service.logs import log_json
    from service.settings import read_settings
    from service.supervised import run_worker

    settings = read_settings()
    _require_tracing(settings)
    log_json()
    if as_json:
        emit({"queues": list(settings.worker_queues)})
    run_worker(settings)


@click.command()
@out_option
@server_option
def mcp(out: Path, server: str | None) -> None:
    """Offer tools to an agent: the Model Context Protocol on stdin and stdout.

    Without --server the work is done on this machine, by a service that this command starts.
    """
    _require_service()
    from service.mcp.server import serve_agents
    from service.settings import read_settings

    serve_agents(read_settings(), server, out)


def _require_service() -> None:
    """Raise MissingExtra where the service's packages are not installed."""
    if any(find_spec(package) is None for package in NEEDED):
        from pipelines.errors import MissingExtra

        raise MissingExtra("the render service", "service")


def _require_tracing(settings: Settings) -> None:
    """Raise MissingExtra where traces are asked for and nothing can send them."""
    if settings.tracing and any(find_spec(package) is None for package in TO_TRACE):
        from pipelines.errors import MissingExtra

        raise MissingExtra("tracing", "otel")


def _require_keys(settings: Settings, host: str) -> None:
    """Raise the refusal of an open service that asks nobody for a key."""
    from service.auth import Keys, require_keys
    from service.jobs.database import connect, prepare

    engine = connect(settings)
    prepare(engine)
    require_keys(host, Keys(engine))
    engine.dispose()
