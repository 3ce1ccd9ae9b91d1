"""The program as a person runs it, in a data folder of its own."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from service.settings import read_settings

PROGRAM = str(Path(sys.executable).with_name("stillwave"))

PLAIN = ("--look", "natural", "--strength", "0")
"""The look switched off: its cost is a matter apart."""


def render(still: Path, out: Path, *options: str) -> list[str]:
    """Return the command that makes the measured reel, with ``options`` besides."""
    reel = ("--for", "instagram-reel", "--camera", "orbit", "--out", str(out))
    return [PROGRAM, "render", str(still), *reel, *options]


def fresh_data(folder: Path) -> Path:
    """Make a data folder that has this machine's models and nothing else.

    Raises:
        SystemExit: there are no models.
    """
    models = read_settings().data_dir / "models"
    if not models.is_dir():
        raise SystemExit(f"no models in {models}; run: stillwave models pull u2netp")
    shutil.copytree(models, folder / "models")
    return folder


def using(data: Path) -> Mapping[str, str]:
    """Return the environment that names a data folder."""
    return {"STILLWAVE_DATA_DIR": str(data)}


def forget(data: Path) -> None:
    """Empty the cache: the next run is the first one of its still."""
    shutil.rmtree(data / "cache", ignore_errors=True)


def x264_params() -> str:
    """Return what x264 is told beside its preset."""
    from pipelines.encode.video import SMOOTH_PATH, x264_params

    return x264_params(SMOOTH_PATH)
