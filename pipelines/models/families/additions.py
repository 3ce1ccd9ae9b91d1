"""What is added to an image pipeline: LoRAs, structure locks, reference pictures, previews."""

from __future__ import annotations

from pipelines.models.entry import Memory, Model, Repository
from pipelines.models.licences import APACHE, MIT, OPENRAIL_M, OPENRAIL_PLUS

LCM_LORA_SD15 = Model(
    name="lcm-lora-sd15",
    kind="lora",
    purpose="few steps (2 to 8), for sd-1.5",
    origin="https://huggingface.co/latent-consistency/lcm-lora-sdv1-5",
    revision="cf2fced511dbe7e26c8d1d397e728fbab875db4b",
    terms=OPENRAIL_PLUS,
    licence_note="model card",
    size=134_621_556,
    memory=Memory(full=135_000_000),
    source=Repository(
        "latent-consistency/lcm-lora-sdv1-5",
        ("pytorch_lora_weights.safetensors",),
        digests={
            "pytorch_lora_weights.safetensors": (
                "8f90d840e075ff588a58e22c6586e2ae9a6f7922996ee6649a7f01072333afe4"
            )
        },
    ),
)

LCM_LORA_SDXL = Model(
    name="lcm-lora-sdxl",
    kind="lora",
    purpose="few steps (2 to 8), for sdxl-1.0",
    origin="https://huggingface.co/latent-consistency/lcm-lora-sdxl",
    revision="a18548dd4956b174ec5b0d78d340c8dae0a129cd",
    terms=OPENRAIL_PLUS,
    licence_note="model card",
    size=393_855_224,
    memory=Memory(full=394_000_000),
    source=Repository(
        "latent-consistency/lcm-lora-sdxl",
        ("pytorch_lora_weights.safetensors",),
        digests={
            "pytorch_lora_weights.safetensors": (
                "a764e6859b6e04047cd761c08ff0cee96413a8e004c9f07707530cd776b19141"
            )
        },
    ),
)


def _controlnet(name: str, structure: str, repository: str, revision: str) -> Model:
    """Return the fp16 ControlNet 1.1 for SD 1.5 that holds ``structure`` in its place."""
    source = Repository(
        f"lllyasviel/{repository}",
        ("config.json", "diffusion_pytorch_model.fp16.safetensors"),
    )
    return Model(
        name=name,
        kind="controlnet",
        purpose=f"holds the still's {structure}, for sd-1.5",
        origin=source.url,
        revision=revision,
        terms=OPENRAIL_M,
        licence_note="model card",
        size=722_600_000,
        memory=Memory(full=800_000_000),
        source=source,
    )


CANNY = _controlnet(
    "controlnet-canny-sd15",
    "edges",
    "control_v11p_sd15_canny",
    "115a470d547982438f70198e353a921996e2e819",
)
DEPTH = _controlnet(
    "controlnet-depth-sd15",
    "depth",
    "control_v11f1p_sd15_depth",
    "539f99181d33db39cf1af2e517cd8056785f0a87",
)

IP_ADAPTER = Model(
    name="ip-adapter-sd15",
    kind="ip-adapter",
    purpose="takes a reference picture, for sd-1.5",
    origin="https://huggingface.co/h94/IP-Adapter",
    revision="018e402774aeeddd60609b4ecdb7e298259dc729",
    terms=APACHE,
    licence_note="model card",
    size=2_573_000_000,
    memory=Memory(full=1_350_000_000),
    source=Repository(
        "h94/IP-Adapter",
        (
            "models/image_encoder/config.json",
            "models/image_encoder/model.safetensors",
            "models/ip-adapter_sd15.safetensors",
        ),
        digests={
            "models/image_encoder/model.safetensors": (
                "6ca9667da1ca9e0b0f75e46bb030f7e011f44f86cbfb8d5a36590fcd7507b030"
            ),
            "models/ip-adapter_sd15.safetensors": (
                "289b45f16d043d0bf542e45831f971dcdaabe18b656f11e86d9dfba7e9ee3369"
            ),
        },
    ),
)

PREVIEW_FILES = ("config.json", "diffusion_pytorch_model.safetensors")

TAESD = Model(
    name="taesd",
    kind="preview-vae",
    purpose="previews while sd-1.5 or an svd works",
    origin="https://huggingface.co/madebyollin/taesd",
    revision="614f76814bbe30edbe2e627ace1c2234c81a2c0e",
    terms=MIT,
    licence_note="model card",
    size=9_793_292,
    memory=Memory(full=100_000_000),
    source=Repository(
        "madebyollin/taesd",
        PREVIEW_FILES,
        digests={
            "diffusion_pytorch_model.safetensors": (
                "db169d69145ec4ff064e49d99c95fa05d3eb04ee453de35824a6d0f325513549"
            )
        },
    ),
)

TAESDXL = Model(
    name="taesdxl",
    kind="preview-vae",
    purpose="previews while sdxl-1.0 or sdxl-turbo works",
    origin="https://huggingface.co/madebyollin/taesdxl",
    revision="b20258aaef75ef61e659c1e0f14f251cf0ad153e",
    terms=MIT,
    licence_note="model card",
    size=9_800_000,
    memory=Memory(full=100_000_000),
    source=Repository("madebyollin/taesdxl", PREVIEW_FILES),
)

ADDITIONS = (LCM_LORA_SD15, LCM_LORA_SDXL, CANNY, DEPTH, IP_ADAPTER, TAESD, TAESDXL)
