"""Structured logs: one JSON object a line, with the ids of the request and of the render."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from service.tracing import trace_ids

REQUEST: ContextVar[str | None] = ContextVar("request", default=None)
RENDER: ContextVar[str | None] = ContextVar("render", default=None)


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON; a traceback is one of its strings."""

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, logger, message, ids, and whatever ``extra={"fields": …}`` holds."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": REQUEST.get(),
            "render_id": RENDER.get(),
            **trace_ids(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        said = {key: value for key, value in line.items() if value is not None}
        return json.dumps(said, ensure_ascii=False, default=str)


def log_json(level: str = "INFO") -> None:
    """Have every logger of this process write JSON lines to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)


def about_render(id: str) -> None:
    """Name the render that this request is about in its log lines."""
    RENDER.set(id)


@contextmanager
def about_job(render_id: str, request_id: str | None) -> Iterator[None]:
    """Name a job, and the request that asked for it, in the lines written within the block."""
    tokens = RENDER.set(render_id), REQUEST.set(request_id)
    try:
        yield
    finally:
        RENDER.reset(tokens[0])
        REQUEST.reset(tokens[1])
