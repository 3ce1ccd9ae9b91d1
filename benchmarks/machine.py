"""Where and on what the figures were taken."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("numpy", "opencv-python-headless", "av", "pillow", "onnxruntime", "imageio-ffmpeg")


def describe_machine(repeats: int, load_before: float) -> str:
    """Return the lines that every table of results needs beside it."""
    return "\n".join(f"- {name}: {value}" for name, value in _facts(repeats, load_before))


def load() -> float:
    """Return the load average of the last minute."""
    return os.getloadavg()[0]


def _facts(repeats: int, load_before: float) -> Iterator[tuple[str, str]]:
    yield "taken", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {repeats} rounds after one warm-up"
    yield "commit", _commit()
    yield "processor", f"{_processor()}, {os.cpu_count()} cores"
    yield "load average", f"{load_before:.1f} before, {load():.1f} after"
    yield "system", f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    yield "libraries", ", ".join(f"{name} {version(name)}" for name in LIBRARIES)


def _commit() -> str:
    here = Path(__file__).parent
    commit = _git("rev-parse", "--short", "HEAD", folder=here)
    changed = _git("status", "--porcelain", "--untracked-files=no", "..", folder=here)
    return f"{commit} with uncommitted changes" if changed else commit


def _git(*arguments: str, folder: Path) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()
