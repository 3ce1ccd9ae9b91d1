"""Fetching a model from the hub so that nothing is lost.

Done files stay, a half-fetched one goes on where it stopped, and each is compared with the digest
that the hub states for that commit: sha256 for large files, git's blob id for small ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from pipelines.context import ProgressListener
from pipelines.models.entry import Model, Repository
from pipelines.models.hub import Hub, RemoteFile, file_url, hub_errors, list_files, unusable
from pipelines.models.meter import Meter


def download(model: Model, folder: Path, hub: Hub, progress: ProgressListener) -> str:
    """Fetch the files of ``model`` into ``folder`` and return the commit they are of.

    Args:
        model: one whose source is a repository.
        folder: keeps what an earlier try left there.
        hub: where to ask.
        progress: told ``("pull <name>", megabytes, all megabytes)``; what it raises ends the
            download at once and loses nothing.

    Raises:
        MissingCapability: the hub cannot be reached, refuses, has no such files, or sent others.
        MissingExtra: its library is not installed.
    """
    repository = model.source
    assert isinstance(repository, Repository), model.name
    with hub_errors(model, hub):
        commit, files = list_files(model, repository, hub)
        _drop_others(folder, files)
        meter = Meter(f"pull {model.name}", sum(file.size for file in files), progress)
        for file in files:
            url = file_url(repository, file, commit, hub)
            if not _fetch(file, url, folder, hub, meter):
                raise unusable(model, f"{file.path} came damaged")
    return commit


def _drop_others(folder: Path, files: Sequence[RemoteFile]) -> None:
    """Delete what another revision left in ``folder``."""
    keep = {path for file in files for path in (folder / file.path, _partial(folder, file))}
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if path not in keep:
            path.unlink()


def _partial(folder: Path, file: RemoteFile) -> Path:
    """Return where ``file`` grows; its digest is in the name, so that no two get mixed."""
    target = folder / file.path
    return target.with_name(f"{target.name}.{(file.sha256 or file.blob_id or '')[:8]}.partial")


def _fetch(file: RemoteFile, url: str, folder: Path, hub: Hub, meter: Meter) -> bool:
    """Bring one file into ``folder``, going on where an earlier try stopped.

    Returns:
        whether its bytes are the ones stated; if not, they are gone again.
    """
    target, partial = folder / file.path, _partial(folder, file)
    if file.is_at(target):
        meter.add(file.size)
        return True
    partial.parent.mkdir(parents=True, exist_ok=True)
    _transfer(file, url, partial, hub, meter)
    whole = file.is_at(partial)
    if whole:
        partial.replace(target)
    else:
        partial.unlink()
    return whole


def _transfer(file: RemoteFile, url: str, partial: Path, hub: Hub, meter: Meter) -> None:
    """Append to ``partial`` what it lacks; the library tries again where a connection drops."""
    from huggingface_hub.file_download import http_get

    with partial.open("ab") as stream:
        have = stream.tell()
        meter.add(have)
        http_get(
            url,
            stream,
            resume_size=have,
            headers={"authorization": f"Bearer {hub.token}"} if hub.token else {},
            expected_size=file.size,
            displayed_filename=file.path,
            tqdm_class=cast(Any, _Bar(meter)),
        )


class _Bar:
    """What the library takes for its progress bar: shows nothing, tells ``meter``."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def __call__(self, **options: object) -> _Bar:
        """Stand for the library's making of one."""
        return self

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *error: object) -> None:
        """Keep nothing open."""

    def update(self, count: float) -> None:
        """Listen to ``count`` bytes that came."""
        self._meter.add(int(count))
