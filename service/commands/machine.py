"""``stillwave doctor``: what this machine has and can do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass

import click

from service.cli import emit
from service.commands.options import json_option


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes:
        name: what.
        state: what was found.
        ok: whether everything that needs it works.
        fix: how to mend it.
    """

    name: str
    state: str
    ok: bool = True
    fix: str = ""


@click.command()
@json_option
def doctor(as_json: bool) -> int:
    """Say what works on this machine; exit code 3 when something needed is missing."""
    findings = [look() for look in EXAMINATIONS]
    healthy = all(finding.ok for finding in findings)
    if as_json:
        emit({"ok": healthy, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            mark = "ok " if finding.ok else "NO "
            fix = f"; {finding.fix}" if finding.fix else ""
            click.echo(f"{mark} {finding.name:<12} {finding.state}{fix}")
    return 0 if healthy else 3


def _versions() -> Finding:
    from importlib.metadata import version

    packages = ("stillwave", "numpy", "opencv-python-headless", "av", "pillow", "onnxruntime")
    listed = ", ".join(f"{package} {version(package)}" for package in packages)
    return Finding("versions", f"Python {sys.version.split()[0]}, {listed}")


def _codecs() -> Finding:
    from av.codec import codecs_available

    needed = ("libx264", "gif", "libwebp_anim", "ffv1")
    absent = [codec for codec in needed if codec not in codecs_available]
    if absent:
        fix = "run: pip install --force-reinstall av"
        return Finding("codecs", f"this PyAV lacks {', '.join(absent)}", False, fix)
    return Finding("codecs", ", ".join(needed))


def _processor() -> Finding:
    import cv2

    return Finding("processor", f"{cv2.getNumberOfCPUs()} cores")


def _data_folder() -> Finding:
    from pipelines.errors import OutputRefused
    from service.settings import read_settings

    try:
        return Finding("data folder", str(read_settings().require_data_dir()))
    except OutputRefused as error:
        return Finding("data folder", error.problem, False, error.fix)


def _weights() -> Finding:
    from pipelines.models import installed, known_models
    from service.settings import read_settings

    store = read_settings().data_dir / "models"
    here = installed(store)
    small = [model.name for model in known_models(store) if model.kind in ("mask", "depth")]
    absent = [name for name in small if name not in here]
    fix = "; ".join(f"optional: stillwave models pull {name}" for name in absent)
    return Finding("weights", f"{', '.join(here) or 'none'}; see stillwave models list", fix=fix)


def _networks() -> Finding:
    """Where the diffusion engines would run; they are an optional part, so its lack is no fault."""
    from importlib.metadata import version
    from importlib.util import find_spec

    packages = ("torch", "diffusers", "transformers", "accelerate")
    absent = [package for package in packages if find_spec(package) is None]
    if absent:
        fix = "optional: pip install 'stillwave[diffusion]'"
        return Finding("networks", f"not installed: {', '.join(absent)}", fix=fix)
    from pipelines.errors import MissingCapability
    from pipelines.models.compute import choose_precision, find_hardware
    from service.settings import read_settings

    machine = read_settings().machine()
    try:
        hardware = find_hardware(machine.device)
    except MissingCapability as error:
        return Finding("networks", error.problem, False, "set STILLWAVE_DEVICE=auto")
    free = "" if hardware.free is None else f", {hardware.free / 1e9:.1f} GB free"
    listed = ", ".join(f"{package} {version(package)}" for package in packages[:2])
    precision = choose_precision(machine, hardware)
    return Finding("networks", f"{hardware.name} in {precision}{free}; {listed}")


EXAMINATIONS: tuple[Callable[[], Finding], ...] = (
    _versions,
    _codecs,
    _processor,
    _networks,
    _data_folder,
    _weights,
)
"""What the doctor looks at, in this order. Missing weights have stand-ins, so they are no fault."""
