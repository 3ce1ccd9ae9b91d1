"""The model hub: which files a repository holds at a commit, and its refusals as sentences."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from pipelines.errors import MissingCapability, MissingExtra
from pipelines.models.entry import Model, Repository
from pipelines.models.notes import digest

PUBLIC_HUB = "https://huggingface.co"

TIMEOUT_SECONDS = 20.0
"""Longest wait for the listing."""


@dataclass(frozen=True)
class Hub:
    """Which hub is asked, and as whom.

    Attributes:
        url: its address; a mirror's in its place.
        token: shows that a gated repository's terms were accepted; None where none is needed.
            Never printed.
    """

    url: str = PUBLIC_HUB
    token: str | None = None

    def __repr__(self) -> str:
        return f"Hub({self.url!r})"


@dataclass(frozen=True)
class RemoteFile:
    """One file of a repository: its path, its size in bytes, and its digest as the hub says it."""

    path: str
    size: int
    sha256: str | None
    blob_id: str | None

    def is_at(self, path: Path) -> bool:
        """Whether ``path`` holds exactly this file."""
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        if self.sha256 is not None:
            return digest(path) == self.sha256
        data = path.read_bytes()
        header = b"blob %d\0" % len(data)
        return hashlib.sha1(header + data, usedforsecurity=False).hexdigest() == self.blob_id


def list_files(
    model: Model, repository: Repository, hub: Hub
) -> tuple[str, tuple[RemoteFile, ...]]:
    """Ask ``hub`` which commit the model's revision is, and for its wanted files, by path.

    Raises:
        MissingCapability: there are no such files.
    """
    from huggingface_hub import HfApi

    about = HfApi(endpoint=hub.url, token=hub.token or False).model_info(
        repository.name, revision=model.revision, files_metadata=True, timeout=TIMEOUT_SECONDS
    )
    files = tuple(
        RemoteFile(
            path=entry.rfilename,
            size=entry.size or 0,
            sha256=entry.lfs.sha256 if entry.lfs else None,
            blob_id=entry.blob_id,
        )
        for entry in sorted(about.siblings or (), key=lambda entry: entry.rfilename)
        if _is_wanted(entry.rfilename, repository)
    )
    if about.sha is None or not files:
        raise unusable(model, f"{repository.name} holds none of the files expected")
    return about.sha, files


def file_url(repository: Repository, file: RemoteFile, commit: str, hub: Hub) -> str:
    """Return where ``hub`` serves one file of a commit."""
    from huggingface_hub import hf_hub_url

    return hf_hub_url(repository.name, file.path, revision=commit, endpoint=hub.url)


def _is_wanted(path: str, repository: Repository) -> bool:
    inside = ".." not in path.split("/") and not path.startswith("/")
    return inside and any(fnmatch(path, pattern) for pattern in repository.files)


@contextmanager
def hub_errors(model: Model, hub: Hub) -> Iterator[None]:
    """Turn the hub library's refusals into sentences; a full disk passes."""
    try:
        import huggingface_hub.errors as refusals
        from httpx2 import HTTPError
    except ImportError as error:
        raise MissingExtra("fetching from the model hub", "diffusion") from error
    try:
        yield
    except (refusals.GatedRepoError, refusals.RepositoryNotFoundError) as error:
        raise _not_admitted(model) from error
    except (refusals.RevisionNotFoundError, refusals.EntryNotFoundError) as error:
        raise unusable(model, f"{model.origin} has no revision {model.revision!r}") from error
    except (refusals.OfflineModeIsEnabled, HTTPError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise unusable(model, f"{hub.url} does not give the files ({reason})") from error
    except OSError as error:
        if error.errno is not None:  # the disk's own; the library's have none
            raise
        raise unusable(model, "a file broke off") from error


def _not_admitted(model: Model) -> MissingCapability:
    terms = f"accept its terms at {model.origin} with an account, " if model.gated else ""
    return MissingCapability(
        f"the model hub does not show {model.origin} to you",
        actual=model.origin,
        allowed="a public repository, or a token of an account that was admitted",
        fix=f"{terms}put a token into STILLWAVE_HUB_TOKEN, and run: "
        f"stillwave models pull {model.name}",
    )


def unusable(model: Model, problem: str) -> MissingCapability:
    """Return the error of a pull that cannot go on."""
    return MissingCapability(
        f"the weights of {model.name!r} could not be fetched: {problem}",
        actual=model.origin,
        fix="what came stays, so run the same command again; or fetch them on another machine and "
        f"run: stillwave models pull {model.name} --from DIR",
    )
