"""Bringing a folder of this machine into the store: copied, checked, noted, then published."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from pipelines.context import ProgressListener
from pipelines.errors import InvalidInput
from pipelines.files import publish_folder
from pipelines.models import table
from pipelines.models.entry import Kind, Model
from pipelines.models.licences import Commercial, find_licence
from pipelines.models.notes import FileNote, FolderNote, file_note, write_folder_note
from pipelines.models.structure import find_flaw
from pipelines.models.weights import TAKEN, is_refused, objection

NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
"""What a model of one's own may be called: it becomes a folder's name and a word in commands."""

MEGABYTE = 1_000_000


def _silent(stage: str, done: int, total: int) -> None:
    """Listen to nothing."""


def add_folder(
    name: str,
    folder: Path,
    models_dir: Path,
    *,
    kind: Kind,
    licence: str = "unknown",
    commercial: Commercial | None = None,
    progress: ProgressListener = _silent,
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
    model: Model, source: Path, models_dir: Path, progress: ProgressListener = _silent
) -> Path:
    """Copy ``source`` into the store as ``model``: weights, configs and vocabularies, no more.

    Raises:
        InvalidInput: ``source`` is no folder, holds a pickle, or is not what the model needs.
        OutputRefused, NoSpace: the store cannot be written.
    """
    files = _wanted(model, source)
    total = sum(path.stat().st_size for path in files)
    with publish_folder(models_dir, last=model.name) as staging:
        target = staging / model.name
        copied = 0
        for path in files:
            progress(f"copy {model.name}", copied // MEGABYTE, max(1, total // MEGABYTE))
            destination = target / path.relative_to(source)
            destination.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, destination)
            copied += path.stat().st_size
        seal(model, target, f"folder:{source.name}")
    progress(f"copy {model.name}", max(1, total // MEGABYTE), max(1, total // MEGABYTE))
    return models_dir / model.name


def seal(model: Model, folder: Path, brought_from: str, revision: str = "") -> FolderNote:
    """Check ``folder`` for the last time, digest every file and write its note.

    Raises:
        InvalidInput: a file is not what it says, or the folder is not whole.
    """
    require_safe(model, folder)
    flaw = find_flaw(folder, model.kind, part_of_base=model.base is not None)
    if flaw is not None:
        raise refused(model, flaw)
    files = _digests(folder)
    _require_known_digests(model, files)
    note = FolderNote(
        name=model.name,
        kind=model.kind,
        origin=model.origin,
        revision=revision,
        brought_from=brought_from,
        licence=model.licence,
        commercial=model.commercial,
        files=files,
    )
    write_folder_note(folder, note)
    return note


def require_safe(model: Model, folder: Path) -> None:
    """Refuse a folder that holds a pickle, code, or a file that is not what its name says.

    Raises:
        InvalidInput: there is one.
    """
    for path in sorted(folder.rglob("*")):
        problem = objection(path) if path.is_file() else None
        if problem is not None:
            raise refused(model, problem)


def refused(model: Model, problem: str) -> InvalidInput:
    """Return the error of a folder that cannot come in."""
    return InvalidInput(
        f"{problem}",
        actual=model.name,
        allowed="a folder as save_pretrained(…, safe_serialization=True) writes it: safetensors "
        "and configs only",
        fix=f"give such a folder with --from, without that file, for {model.name}",
    )


def _wanted(model: Model, source: Path) -> list[Path]:
    if not source.is_dir():
        raise refused(model, f"{source} is not a folder")
    paths = [path for path in sorted(source.rglob("*")) if path.is_file()]
    for path in paths:
        hidden = any(part.startswith(".") for part in path.relative_to(source).parts)
        if not hidden and is_refused(path):
            raise refused(model, str(objection(path)))
    return [path for path in paths if path.suffix.lower() in TAKEN]


def _digests(folder: Path) -> Mapping[str, FileNote]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(PurePosixPath(path.relative_to(folder))): file_note(path) for path in paths}


def _require_known_digests(model: Model, files: Mapping[str, FileNote]) -> None:
    known = model.repository.digests if model.repository is not None else {}
    for path, expected in known.items():
        if path in files and files[path].sha256 != expected:
            raise refused(
                model, f"{path} has sha256 {files[path].sha256}, the table says {expected}"
            )


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
