"""The note beside weights: where they came from, under which licence, with which digests.

A single file ``x.onnx`` has its note beside it, ``x.json``; a folder has it inside,
``stillwave.json``, so that weights and note come and go in one step.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.errors import MissingCapability
from pipelines.models.entry import Kind
from pipelines.models.licences import Commercial

NOTE = "stillwave.json"
"""A folder's note."""


@dataclass(frozen=True)
class FileNote:
    """One file as it came in: its sha256 (hex) and its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class FolderNote:
    """What is known of a folder of weights.

    Attributes:
        name: as in the store.
        kind: how it is loaded.
        origin: the home of the weights.
        revision: which ones: a commit id, a branch, or empty.
        brought_from: how they came in.
        licence: its id.
        commercial: whether the weights may earn money.
        files: every file by its path inside the folder.
    """

    name: str
    kind: Kind
    origin: str
    revision: str
    brought_from: str
    licence: str
    commercial: Commercial
    files: Mapping[str, FileNote]


def file_note(path: Path) -> FileNote:
    """Read ``path`` whole and return its note."""
    return FileNote(digest(path), path.stat().st_size)


def digest(path: Path) -> str:
    """Return the sha256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_folder_note(folder: Path, note: FolderNote) -> None:
    """Write the note of ``folder`` into it."""
    text = json.dumps(asdict(note), indent=2, ensure_ascii=False)
    (folder / NOTE).write_text(f"{text}\n", encoding="utf-8")


def read_folder_note(folder: Path) -> FolderNote | None:
    """Return the note of ``folder``, or None when it has none.

    Raises:
        MissingCapability: the note is there and cannot be read.
    """
    path = folder / NOTE
    if not path.is_file():
        return None
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        files = {name: FileNote(**entry) for name, entry in fields.pop("files").items()}
        return FolderNote(**fields, files=files)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise MissingCapability(
            f"the note {path} of the model {folder.name!r} is damaged",
            actual=str(path),
            fix=f"delete the folder {folder} and bring the model in again",
        ) from error
