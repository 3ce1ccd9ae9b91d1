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
from service.jobs.recipe_files import SOURCE
from service.tuning import fit_to_service

MOST_PIXELS = 64_000_000


def serve(connection: Connection) -> None:
    """Answer what comes down the line until it closes."""
    fit_to_service()
    os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(MOST_PIXELS)  # read when OpenCV is loaded
    with suppress(OSError):  # when memory runs out, this process goes, not its parent
        Path("/proc/self/oom_score_adj").write_text("500")
    import pipelines.source.decoding  # noqa: F401 - ready before the first file comes

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
    from pipelines.source.decoding import decode

    still = files.get(SOURCE)
    size = None if still is None else decode(still.read_bytes()).size
    check_beside({role: path for role, path in files.items() if role != SOURCE}, size)


def check_beside(files: Mapping[str, Path], size: tuple[int, int] | None) -> None:
    """Read files that a recipe names.

    Args:
        files: role → file.
        size: (width, height) of the still; None where none is known.

    Raises:
        InvalidSource, InvalidMask, InvalidDepth: one cannot be used.
    """
    from pipelines.depth.file import read_depth
    from pipelines.protect.mask_file import MOTION, SUBJECT, read_mask
    from pipelines.source.decoding import decode

    marks = {"mask": SUBJECT, "motion_mask": MOTION}
    for role, path in files.items():
        if role in marks:
            read_mask(path, size or decode(path).size, marks[role])
        elif role == "depth":
            read_depth(path, None if size is None else (size[1], size[0]))
        else:
            decode(path)


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
