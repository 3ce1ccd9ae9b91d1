"""A still's figures and advice: what `stillwave inspect` and the agents' tool of that name say."""

from __future__ import annotations

from pathlib import Path

from pipelines.context import Context
from pipelines.encode import FORMATS
from pipelines.protect import find_subject, find_text
from pipelines.source import Inspection, decode, inspect


def inspect_file(source: Path, mask: Path | None, context: Context) -> Inspection:
    """Look at a still and at what is on it.

    Args:
        source: its file.
        mask: a file of its size, white is the product; None finds it.
        context: the job.

    Raises:
        InvalidSource: the still cannot be read or used.
        InvalidMask: the mask does not fit.
    """
    with context.stage("source"):
        still = decode(source)
    with context.stage("mask"):
        subject = find_subject(still, context, mask)
    with context.stage("text"):
        text = find_text(still.pixels, context, still.sha256)
    sizes = [(name, *kind.size) for name, kind in FORMATS.items() if kind.size]
    return inspect(still, subject, text, sizes)
