"""The child of `service.proving`: reads files as a job will, and says what is wrong with them.

It ends by itself when its parent does.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from pipelines.errors import InvalidInput
from service.tuning import fit_to_service

MOST_PIXELS = 64_000_000


def serve(connection: Connection) -> None:
    """Answer what comes down the line until it closes."""
    fit_to_service()
    os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(MOST_PIXELS)  # read when OpenCV is loaded
    with suppress(OSError):  # when memory runs out, this process goes, not its parent
        Path("/proc/self/oom_score_adj").write_text("500")
    import pipelines.source.decode  # noqa: F401 - ready before the first file comes

    with suppress(EOFError, ConnectionError):
        while True:
            question = json.loads(connection.recv_bytes())
            os.chdir(question["folder"])  # a sentence names a file, not where it lies
            said = fault({role: Path(name) for role, name in question["files"].items()})
            connection.send_bytes(json.dumps(said).encode())


def fault(files: Mapping[str, Path]) -> dict[str, object]:
    """Say what is wrong with files, or nothing."""
    try:
        check(files)
    except InvalidInput as error:
        return {
            "type": type(error).__name__,
            "problem": error.problem,
            "allowed": error.allowed,
            "fix": error.fix,
        }
    return {}


def check(files: Mapping[str, Path]) -> None:
    """Read files, each as its role asks for; a still among them is what the others have to fit.

    Raises:
        InvalidSource, InvalidMask, InvalidDepth: one cannot be used.
    """
    from pipelines.source.decode import decode

    size = None
    if "source" in files:
        size = decode(files["source"].read_bytes()).size
    for role, path in files.items():
        if role in ("mask", "motion_mask"):
            from pipelines.protect import read_mask

            read_mask(path, size or decode(path).size)
        elif role == "depth":
            from pipelines.depth.file import read_depth

            read_depth(path, None if size is None else (size[1], size[0]))
        elif role != "source":
            decode(path)


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
