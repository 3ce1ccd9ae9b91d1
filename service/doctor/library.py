"""What the media library needs: codecs, cores, networks, a folder, weights."""

from __future__ import annotations

import sys
from collections.abc import Callable

from service.doctor.finding import Finding


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
"""In this order. Missing weights have stand-ins, so they are no fault."""
