"""The last look at a folder before it is published: safe, whole, digested, noted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipelines.errors import InvalidInput
from pipelines.models.entry import Model, Repository
from pipelines.models.notes import NOTE, FileNote, FolderNote, file_note, write_folder_note
from pipelines.models.structure import find_flaw
from pipelines.models.weights import objection


def seal(
    model: Model, folder: Path, known_as: str, brought_from: str, revision: str = ""
) -> FolderNote:
    """Check ``folder`` for the last time, digest every file and write its note.

    Args:
        model: what it is.
        folder: not published yet, so that nobody knows its path.
        known_as: what stands for that path in errors: where its files came from.
        brought_from: for the note.
        revision: for the note.

    Raises:
        InvalidInput: a file is not what it says, or the folder is not whole.
    """
    flaw = _unsafe(folder) or find_flaw(folder, model.kind, part_of_base=model.base is not None)
    if flaw is not None:
        raise refused(model, flaw.replace(str(folder), known_as))
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


def _unsafe(folder: Path) -> str | None:
    """Name a pickle, code, or a file that is not what its name says; None when there is none."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return next(filter(None, map(objection, files)), None)


def refused(model: Model, problem: str) -> InvalidInput:
    """Return the error of a folder that cannot come in."""
    return InvalidInput(
        problem,
        actual=model.name,
        allowed="a folder as save_pretrained writes it: safetensors and configs, nothing else",
        fix=f"give such a folder for {model.name} with --from",
    )


def _digests(folder: Path) -> Mapping[str, FileNote]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != NOTE)
    return {path.relative_to(folder).as_posix(): file_note(path) for path in paths}


def _require_known_digests(model: Model, files: Mapping[str, FileNote]) -> None:
    known = model.source.digests if isinstance(model.source, Repository) else {}
    for path, expected in known.items():
        if path in files and files[path].sha256 != expected:
            raise refused(
                model, f"{path} has sha256 {files[path].sha256}, the table says {expected}"
            )
