"""Where a result comes from: program, libraries, machine, source, time."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from pipelines.report.model import Provenance

LIBRARIES = ("numpy", "opencv-python-headless", "av", "pillow", "onnxruntime")
"""What the pixels depend on."""


def provenance(source_sha256: str) -> Provenance:
    """Describe this program on this machine at this moment."""
    return Provenance(
        program=f"stillwave {_version('stillwave')}",
        libraries={name: _version(name) for name in LIBRARIES},
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        source_sha256=source_sha256,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
