"""Running ONNX weights on the CPU."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import MissingCapability

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


def default_threads() -> int:
    """Return how many CPU threads one network may take: all of a laptop, a few of a server."""
    return min(4, os.cpu_count() or 1)


def open_session(path: Path, threads: int | None = None) -> InferenceSession:
    """Return an ``onnxruntime.InferenceSession`` for ``path`` on ``threads`` CPU threads.

    None takes :func:`default_threads`.

    Raises:
        MissingCapability: the file is not a network this runtime can load.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or default_threads()
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only: warnings would reach the terminal
    try:
        return onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
    except Exception as error:  # the runtime's own exceptions share no narrower base
        raise MissingCapability(
            f"the weights in {path} cannot be loaded",
            actual=str(path),
            allowed="an ONNX network",
            fix=f"delete that file and run: stillwave models pull {path.stem}",
        ) from error
