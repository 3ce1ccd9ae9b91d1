"""Bringing a folder of this machine into the store: copied, checked, noted, then published."""

from __future__ import annotations

import re
from dataclasses import replace
from fnmatch import fnmatch
from itertools import chain
from pathlib import Path

from pipelines.context import ProgressListener
from pipelines.errors import InvalidInput
from pipelines.files import publish_folder
from pipelines.models import table
from pipelines.models.entry import Kind, Model, Repository
from pipelines.models.licences import Commercial, find_licence
from pipelines.models.meter import Meter, silent
from pipelines.models.notes import NOTE
from pipelines.models.seal import refused, seal
from pipelines.models.weights import TAKEN, is_refused, objection

NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
"""What a model of one's own may be called: it becomes a folder's name and a word in commands."""

CHUNK = 1 << 24
"""Bytes copied between two words of progress."""


def add_folder(
    name: str,
    folder: Path,
    models_dir: Path,
    *,
    kind: Kind,
    licence: str = "unknown",
    commercial: Commercial | None = None,
    progress: ProgressListener = silent,
) -> Path:
    """Register a folder of one's own under a new name and return its place in the store.

    Args:
        name: lower-case letters, digits, ``-`` and ``.``; not one of the table's.
        folder: as ``save_pretrained`` writes it; copied.
        models_dir: the store; made when needed.
        kind: how it is loaded.
        licence: SPDX id or any other name.
        commercial: whether the weights may earn money; None asks our list of licences.
        progress: told megabytes as they are copied.

    Raises:
        InvalidInput: a bad name, a pickle, or a folder that is not whole.
        OutputRefused, NoSpace: the store cannot be written.
    """
    _require_free_name(name)
    model = Model(
        name=name,
        kind=kind,
        purpose=f"{kind}, your own",
        origin=folder.resolve().as_uri(),
        revision="",
        terms=replace(find_licence(licence), commercial=commercial)
        if commercial
        else find_licence(licence),
    )
    return bring_folder(model, folder, models_dir, progress)


def bring_folder(
    model: Model, source: Path, models_dir: Path, progress: ProgressListener = silent
) -> Path:
    """Copy ``source`` into the store as ``model``: weights, configs and vocabularies, no more.

    Args:
        model: what it is.
        source: a folder, or the one safetensors file of a model that is no more than that.
        models_dir: the store; made when needed.
        progress: told megabytes as they are copied.

    Raises:
        InvalidInput: ``source`` holds a pickle, or is not what the model needs.
        OutputRefused, NoSpace: the store cannot be written.
    """
    files = _wanted(model, source)
    root = source if source.is_dir() else source.parent
    meter = Meter(f"copy {model.name}", sum(path.stat().st_size for path in files), progress)
    with publish_folder(models_dir, last=model.name) as staging:
        folder = staging / model.name
        for path in files:
            _copy(path, folder / path.relative_to(root), meter)
        seal(model, folder, known_as=str(root), brought_from=f"file:{source.name}")
    meter.finish()
    return models_dir / model.name


def _wanted(model: Model, source: Path) -> list[Path]:
    """Return the files to copy: those the table names when all are there, else all of a kind."""
    if not source.exists():
        raise refused(model, f"{source} does not exist")
    if source.is_file():
        if source.suffix != ".safetensors":
            raise refused(model, objection(source) or f"{source} is neither safetensors nor folder")
        return [source]
    paths = [path for path in sorted(source.rglob("*")) if path.is_file()]
    paths = [path for path in paths if not _is_hidden(path.relative_to(source))]
    for path in paths:
        if is_refused(path):
            raise refused(model, str(objection(path)))
    taken = [path for path in paths if path.suffix.lower() in TAKEN]
    patterns = model.source.files if isinstance(model.source, Repository) else ()
    named = [[path for path in taken if _fits(path, source, pattern)] for pattern in patterns]
    return sorted({*chain(*named)}) if named and all(named) else taken


def _fits(path: Path, root: Path, pattern: str) -> bool:
    return fnmatch(path.relative_to(root).as_posix(), pattern)


def _is_hidden(path: Path) -> bool:
    return path.name == NOTE or any(part.startswith(".") for part in path.parts)


def _copy(source: Path, target: Path, meter: Meter) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as reading, target.open("wb") as writing:
        while data := reading.read(CHUNK):
            writing.write(data)
            meter.add(len(data))


def _require_free_name(name: str) -> None:
    if name in {model.name for model in table.MODELS}:
        raise InvalidInput(
            f"{name!r} is already a model of the table",
            actual=name,
            allowed="a new name",
            fix=f"bring your copy of it with: stillwave models pull {name} --from DIR",
        )
    if NAME.fullmatch(name) is None:
        raise InvalidInput(
            f"{name!r} cannot be a model's name",
            actual=name,
            allowed="lower-case letters, digits, '-' and '.', at most 64, a letter or digit first",
            fix="choose another name",
        )
