"""The folder of weights: looking one up and checking it.

``<file>`` holds a small network's weights with ``<name>.json`` beside it; ``<name>/`` holds a
diffusion model with ``stillwave.json`` in it. Each note says where the weights came from, under
which licence and with which digests. Whatever is there came in whole and checked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pipelines.errors import MissingCapability, MissingModel, UnknownName
from pipelines.models import table
from pipelines.models.entry import Kind, Model
from pipelines.models.licences import Licence, find_licence
from pipelines.models.notes import NOTE, FolderNote, digest, read_folder_note
from pipelines.models.weights import is_refused


def known_models(models_dir: Path) -> tuple[Model, ...]:
    """Return the table, and after it the models of one's own whose notes can be read."""
    return (*table.MODELS, *_own_models(models_dir))


def find_in_store(name: str, models_dir: Path, kind: Kind | None = None) -> Model:
    """Return the model called ``name``, from the table or from the store's own notes.

    ``kind`` is the one that is looked for: an unknown name is answered with those.

    Raises:
        UnknownName: no such model; names the nearest.
        MissingCapability: its note cannot be read.
    """
    for model in table.MODELS:
        if model.name == name:
            return model
    note = read_folder_note(models_dir / name) if Path(name).name == name else None
    if note is not None:
        return _own_model(name, note)
    known = known_models(models_dir)
    fitting = [model.name for model in known if kind is None or model.kind == kind]
    raise UnknownName("model", name, fitting)


def locate(name: str, models_dir: Path) -> Path:
    """Return the weights of ``name``, a file or a folder; quick: looks at sizes only.

    Raises:
        UnknownName: no such model.
        MissingModel: not in the store, or a single file of the wrong size.
        MissingCapability: a folder that lacks a file or holds one of another size.
    """
    model = find_in_store(name, models_dir)
    if model.file is None:
        return locate_folder(name, models_dir)
    path = models_dir / model.file
    if not path.is_file() or (model.size is not None and path.stat().st_size != model.size):
        raise MissingModel(name)
    return path


def locate_folder(name: str, models_dir: Path) -> Path:
    """Return the folder of ``name``; quick: looks at names and sizes only, see :func:`verify`.

    Raises:
        UnknownName: no such model.
        MissingModel: not in the store.
        MissingCapability: a file is missing, of another size, or one that is refused.
    """
    model = find_in_store(name, models_dir)
    folder = models_dir / name
    if not folder.is_dir():
        raise MissingModel(name)
    note = _require_note(model, folder)
    for path, expected in note.files.items():
        if not (folder / path).is_file():
            raise damaged(model, f"{folder / path} is missing")
        if (folder / path).stat().st_size != expected.size:
            raise damaged(model, f"{folder / path} is not the file that came in")
    for found in folder.rglob("*"):
        if is_refused(found):
            raise damaged(model, f"{found} is a pickle or code, which is never loaded")
    return folder


def edition(name: str, models_dir: Path) -> str:
    """Return what tells these weights from others that bear the same name: their notes' digests.

    The base of a model counts too. Empty where there is no note; whoever loads is told why.

    Raises:
        UnknownName: no such model.
    """
    base = find_in_store(name, models_dir).base
    notes = (models_dir / each / NOTE for each in (name, base) if each is not None)
    return " ".join(digest(note) for note in notes if note.is_file())


def as_brought(model: Model, models_dir: Path) -> Model:
    """Return ``model`` with the revision and the sha256 that its note in the store says.

    What a person brought by hand has no revision, whatever the table says of that name. A folder's
    digest is that of the list of its files, as ``sha256sum`` prints one, by path.
    """
    with suppress(MissingCapability):  # whoever used it was told
        if note := read_folder_note(models_dir / model.name):
            lines = (f"{file.sha256}  {path}\n" for path, file in sorted(note.files.items()))
            listed = hashlib.sha256("".join(lines).encode()).hexdigest()
            return replace(model, revision=note.revision, sha256=listed)
        return replace(model, sha256=_noted_digest(model, models_dir) or model.sha256)
    return model


def installed(models_dir: Path) -> tuple[str, ...]:
    """Return the names of the models whose weights are in the store."""
    return tuple(
        model.name for model in known_models(models_dir) if _is_here(model.name, models_dir)
    )


def present(models_dir: Path) -> tuple[str, ...]:
    """Return the names of the models of which the store holds something, usable or not."""
    paths = {model.name: models_dir / (model.file or model.name) for model in table.MODELS}
    here = [name for name, path in paths.items() if path.exists()]
    return (*here, *_own_names(models_dir))


def verify(name: str, models_dir: Path) -> Path:
    """Return the weights of ``name`` after reading them whole and checking every digest.

    A model of which several exports exist is checked against the digest noted when it came in.

    Raises:
        UnknownName: no such model.
        MissingModel: not in the store.
        MissingCapability: the bytes are not the ones expected; names the file.
    """
    model = find_in_store(name, models_dir)
    path = locate(name, models_dir)
    if model.file is None:
        for file, expected in _require_note(model, path).files.items():
            if digest(path / file) != expected.sha256:
                raise damaged(model, f"{path / file} is not the file that came in")
        return path
    expected_digest = model.sha256 or _noted_digest(model, models_dir)
    if expected_digest is not None and digest(path) != expected_digest:
        raise damaged(model, f"{path} does not have the sha256 {expected_digest}")
    return path


def damaged(model: Model, what: str) -> MissingCapability:
    """Return the error of a model in the store that does not work as it is."""
    return MissingCapability(
        f"the weights of {model.name!r} cannot be used: {what}",
        actual=what,
        fix=f"run: {mend(model)}",
    )


def mend(model: Model) -> str:
    """Return the command that brings ``model`` in again."""
    if model in table.MODELS:
        return f"stillwave models pull {model.name}"
    return f"stillwave models add {model.name} --from DIR --kind {model.kind}"


def _require_note(model: Model, folder: Path) -> FolderNote:
    note = read_folder_note(folder)
    if note is None:
        raise damaged(model, f"{folder / NOTE} is missing, so nothing says what they should be")
    return note


def _own_models(models_dir: Path) -> Iterator[Model]:
    for name in _own_names(models_dir):
        with suppress(MissingCapability):  # whoever asks for it by name is told
            yield find_in_store(name, models_dir)


def _own_names(models_dir: Path) -> list[str]:
    known = {model.name for model in table.MODELS}
    names = sorted(path.parent.name for path in models_dir.glob(f"*/{NOTE}"))
    return [name for name in names if name not in known]


def _own_model(name: str, note: FolderNote) -> Model:
    terms = find_licence(note.licence)
    if terms.commercial != note.commercial:
        terms = Licence(note.licence, note.commercial)
    return Model(
        name=name,
        kind=note.kind,
        purpose=f"{note.kind}, your own",
        origin=note.origin,
        revision=note.revision,
        terms=terms,
        licence_note="said when it was added",
        size=sum(file.size for file in note.files.values()),
    )


def _noted_digest(model: Model, models_dir: Path) -> str | None:
    """Return the digest of a single file as it came in; None where nothing was noted."""
    note = models_dir / f"{model.name}.json"
    if not note.is_file():
        return None
    try:
        return str(json.loads(note.read_text(encoding="utf-8"))["sha256"])
    except (ValueError, TypeError, KeyError) as error:
        raise damaged(model, f"its note {note} cannot be read") from error


def _is_here(name: str, models_dir: Path) -> bool:
    try:
        locate(name, models_dir)
    except MissingCapability:
        return False
    return True
