"""Image-to-image pipelines of the families that ``AutoPipelineForImage2Image`` knows.

The safety checker of SD 1.5 is left where it is: it paints falsely suspected pictures black.
"""

from __future__ import annotations

from pipelines.models.entry import Memory, Model, Repository
from pipelines.models.licences import (
    APACHE,
    OPENRAIL_M,
    OPENRAIL_PLUS,
    SDXL_TURBO,
    STABILITY_COMMUNITY,
)

SD15_FILES = (
    "model_index.json",
    "scheduler/*.json",
    "text_encoder/config.json",
    "text_encoder/model.fp16.safetensors",
    "tokenizer/*",
    "unet/config.json",
    "unet/diffusion_pytorch_model.fp16.safetensors",
    "vae/config.json",
    "vae/diffusion_pytorch_model.fp16.safetensors",
)

SDXL_FILES = (
    *SD15_FILES,
    "text_encoder_2/config.json",
    "text_encoder_2/model.fp16.safetensors",
    "tokenizer_2/*",
)

SDXL_MEMORY = Memory(
    full=12_000_000_000, model_offload=8_000_000_000, sequential_offload=5_000_000_000
)
"""The decoder runs in float32 at 1024 × 1024, which no offload makes smaller."""

SD15 = Model(
    name="sd-1.5",
    kind="img2img",
    purpose="restyles a still, 512 pixels",
    origin="https://huggingface.co/stable-diffusion-v1-5/stable-diffusion-v1-5",
    revision="451f4fe16113bff5a5d2269ed5ad43b0592e9a14",
    terms=OPENRAIL_M,
    licence_note="model card",
    size=2_135_000_000,
    memory=Memory(
        full=3_500_000_000, model_offload=2_800_000_000, sequential_offload=1_500_000_000
    ),
    source=Repository(
        "stable-diffusion-v1-5/stable-diffusion-v1-5",
        SD15_FILES,
        digests={
            "text_encoder/model.fp16.safetensors": (
                "77795e2023adcf39bc29a884661950380bd093cf0750a966d473d1718dc9ef4e"
            ),
            "unet/diffusion_pytorch_model.fp16.safetensors": (
                "c83908253f9a64d08c25fc90874c9c8aef9a329ce1ca5fb909d73b0c83d1ea21"
            ),
            "vae/diffusion_pytorch_model.fp16.safetensors": (
                "4fbcf0ebe55a0984f5a5e00d8c4521d52359af7229bb4d81890039d2aa16dd7c"
            ),
        },
    ),
)

SDXL = Model(
    name="sdxl-1.0",
    kind="img2img",
    purpose="restyles a still, 1024 pixels",
    origin="https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0",
    revision="462165984030d82259a11f4367a4eed129e94a7b",
    terms=OPENRAIL_PLUS,
    licence_note="LICENSE.md of the repository",
    size=6_941_000_000,
    memory=SDXL_MEMORY,
    source=Repository(
        "stabilityai/stable-diffusion-xl-base-1.0",
        SDXL_FILES,
        digests={
            "text_encoder/model.fp16.safetensors": (
                "660c6f5b1abae9dc498ac2d21e1347d2abdb0cf6c0c0c8576cd796491d9a6cdd"
            ),
            "text_encoder_2/model.fp16.safetensors": (
                "ec310df2af79c318e24d20511b601a591ca8cd4f1fce1d8dff822a356bcdb1f4"
            ),
            "unet/diffusion_pytorch_model.fp16.safetensors": (
                "83e012a805b84c7ca28e5646747c90a243c65c8ba4f070e2d7ddc9d74661e139"
            ),
            "vae/diffusion_pytorch_model.fp16.safetensors": (
                "bcb60880a46b63dea58e9bc591abe15f8350bde47b405f9c38f4be70c6161e68"
            ),
        },
    ),
)

TURBO = Model(
    name="sdxl-turbo",
    kind="img2img",
    purpose="restyles a still in 1 to 4 steps, 512 pixels",
    origin="https://huggingface.co/stabilityai/sdxl-turbo",
    revision="71153311d3dbb46851df1931d3ca6e939de83304",
    terms=SDXL_TURBO,
    licence_note="model card of that revision",
    size=6_941_000_000,
    memory=SDXL_MEMORY,
    source=Repository("stabilityai/sdxl-turbo", SDXL_FILES),
)

SD35_MEDIUM = Model(
    name="sd-3.5-medium",
    kind="img2img",
    purpose="restyles a still, 1024 pixels; without its largest text encoder (T5)",
    origin="https://huggingface.co/stabilityai/stable-diffusion-3.5-medium",
    revision="b940f670f0eda2d07fbb75229e779da1ad11eb80",
    terms=STABILITY_COMMUNITY,
    licence_note="LICENSE.md of the repository",
    size=6_750_000_000,
    memory=Memory(
        full=10_000_000_000, model_offload=7_500_000_000, sequential_offload=3_000_000_000
    ),
    source=Repository(
        "stabilityai/stable-diffusion-3.5-medium",
        (
            "model_index.json",
            "scheduler/*.json",
            "text_encoder/config.json",
            "text_encoder/model.safetensors",
            "text_encoder_2/config.json",
            "text_encoder_2/model.safetensors",
            "tokenizer/*",
            "tokenizer_2/*",
            "transformer/config.json",
            "transformer/diffusion_pytorch_model.safetensors",
            "vae/config.json",
            "vae/diffusion_pytorch_model.safetensors",
        ),
        gated=True,
    ),
)

Z_IMAGE_TURBO = Model(
    name="z-image-turbo",
    kind="img2img",
    purpose="restyles a still in 8 steps, 1024 pixels; large, but free for any use",
    origin="https://huggingface.co/Tongyi-MAI/Z-Image-Turbo",
    revision="f332072aa78be7aecdf3ee76d5c247082da564a6",
    terms=APACHE,
    licence_note="model card",
    size=32_900_000_000,
    memory=Memory(
        full=23_000_000_000, model_offload=14_500_000_000, sequential_offload=3_000_000_000
    ),
    source=Repository(
        "Tongyi-MAI/Z-Image-Turbo",
        (
            "model_index.json",
            "scheduler/*.json",
            "text_encoder/*.json",
            "text_encoder/*.safetensors",
            "tokenizer/*",
            "transformer/*.json",
            "transformer/*.safetensors",
            "vae/config.json",
            "vae/diffusion_pytorch_model.safetensors",
        ),
    ),
)

IMAGE = (SD15, SDXL, TURBO, SD35_MEDIUM, Z_IMAGE_TURBO)
