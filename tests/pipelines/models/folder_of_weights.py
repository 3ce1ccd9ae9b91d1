"""Folders of weights that are whole, and cheap: no network is made for them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save

SVD_PARTS = {
    "feature_extractor": ("transformers", "CLIPImageProcessor"),
    "image_encoder": ("transformers", "CLIPVisionModelWithProjection"),
    "scheduler": ("diffusers", "EulerDiscreteScheduler"),
    "unet": ("diffusers", "UNetSpatioTemporalConditionModel"),
    "vae": ("diffusers", "AutoencoderKLTemporalDecoder"),
}
NETWORKS = ("image_encoder", "unet", "vae")


def tensors(seed: int, count: int = 1000) -> bytes:
    """Return a safetensors file of ``count`` numbers."""
    numbers = np.random.default_rng(seed).normal(size=count).astype(np.float32)
    return save({"weight": numbers})


def svd_files() -> dict[str, bytes]:
    """Return the files of something that looks like Stable Video Diffusion, by path."""
    index = {"_class_name": "StableVideoDiffusionPipeline", **SVD_PARTS}
    files = {
        "model_index.json": json.dumps(index).encode(),
        "scheduler/scheduler_config.json": b"{}",
        "feature_extractor/preprocessor_config.json": b"{}",
    }
    for seed, part in enumerate(NETWORKS):
        stem = "model" if part == "image_encoder" else "diffusion_pytorch_model"
        files[f"{part}/config.json"] = b"{}"
        files[f"{part}/{stem}.fp16.safetensors"] = tensors(seed)
    return files


def lay_out(folder: Path, files: dict[str, bytes]) -> Path:
    """Write ``files`` into ``folder`` and return it."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
