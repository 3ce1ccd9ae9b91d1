"""Image models of toy size: the libraries' own classes, random weights, no download."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderTiny,
    ControlNetModel,
    DDIMScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from peft import LoraConfig, get_peft_model_state_dict
from safetensors.torch import save_file
from transformers import (
    CLIPImageProcessor,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

WIDTH = 32
"""Channels everywhere: the least that the networks' 32 norm groups allow."""

WORDS = ("<|startoftext|>", "<|endoftext|>", "a</w>", "cup</w>")


def make_tokenizer(folder: Path) -> CLIPTokenizer:
    """Return a tokenizer that knows two words."""
    folder.mkdir(parents=True)
    vocabulary = {word: index for index, word in enumerate(WORDS)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=8)


def make_image_pipeline(scratch: Path, seed: int = 0) -> StableDiffusionPipeline:
    """Return a text-to-image pipeline, as families are published; 32 × 32 pixels."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        pipeline = StableDiffusionPipeline(
            vae=AutoencoderKL(
                block_out_channels=(WIDTH, WIDTH),
                down_block_types=("DownEncoderBlock2D",) * 2,
                up_block_types=("UpDecoderBlock2D",) * 2,
                latent_channels=4,
            ).eval(),
            text_encoder=make_text_encoder(),
            tokenizer=make_tokenizer(scratch / "words"),
            unet=UNet2DConditionModel(
                sample_size=16,
                block_out_channels=(WIDTH, WIDTH),
                layers_per_block=1,
                down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
                up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
                cross_attention_dim=WIDTH,
            ).eval(),
            scheduler=DDIMScheduler(clip_sample=False, steps_offset=1),
            safety_checker=None,
            feature_extractor=make_image_processor(),
            requires_safety_checker=False,
        )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def make_text_encoder() -> CLIPTextModel:
    """Return a text encoder for the two words."""
    config = CLIPTextConfig(
        vocab_size=len(WORDS),
        hidden_size=WIDTH,
        intermediate_size=WIDTH,
        num_hidden_layers=1,
        num_attention_heads=4,
        max_position_embeddings=8,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    return CLIPTextModel(config).eval()


def make_controlnet(pipeline: StableDiffusionPipeline) -> ControlNetModel:
    """Return a ControlNet that fits the toy's UNet."""
    return ControlNetModel.from_unet(pipeline.unet, conditioning_embedding_out_channels=(16, 32))


def make_preview_vae() -> AutoencoderTiny:
    """Return a tiny autoencoder."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return AutoencoderTiny(
            encoder_block_out_channels=(8, 8),
            decoder_block_out_channels=(8, 8),
            num_encoder_blocks=(1, 1),
            num_decoder_blocks=(1, 1),
        ).eval()


def make_vision_encoder() -> CLIPVisionModelWithProjection:
    """Return the network that reads a reference picture."""
    config = CLIPVisionConfig(
        hidden_size=WIDTH,
        intermediate_size=WIDTH,
        projection_dim=WIDTH,
        num_hidden_layers=1,
        num_attention_heads=4,
        image_size=32,
        patch_size=16,
    )
    return CLIPVisionModelWithProjection(config).eval()


def make_image_processor() -> CLIPImageProcessor:
    """Return what prepares a reference picture."""
    return CLIPImageProcessor(crop_size=32, size={"shortest_edge": 32})


def save_lora(pipeline: StableDiffusionPipeline, folder: Path) -> None:
    """Save a LoRA for the toy's UNet whose weights are random and matter."""
    unet = copy.deepcopy(pipeline.unet)
    unet.add_adapter(LoraConfig(r=2, init_lora_weights=False, target_modules=["to_q", "to_v"]))
    layers = get_peft_model_state_dict(unet)
    StableDiffusionPipeline.save_lora_weights(folder, unet_lora_layers=layers)


def save_ip_adapter(pipeline: StableDiffusionPipeline, folder: Path) -> None:
    """Save an IP-Adapter for the toy's UNet and its encoder, laid out as they are published."""
    encoder = make_vision_encoder()
    encoder.save_pretrained(folder / "models" / "image_encoder")
    tokens, width = 4, pipeline.unet.config.cross_attention_dim
    tensors = {
        "image_proj.proj.weight": torch.randn(tokens * width, encoder.config.projection_dim),
        "image_proj.proj.bias": torch.zeros(tokens * width),
        "image_proj.norm.weight": torch.ones(width),
        "image_proj.norm.bias": torch.zeros(width),
    }
    crossing = [name for name in pipeline.unet.attn_processors if "attn2" in name]
    for index in range(len(crossing)):
        for projection in ("to_k_ip", "to_v_ip"):
            tensors[f"ip_adapter.{2 * index + 1}.{projection}.weight"] = torch.randn(WIDTH, width)
    save_file(tensors, folder / "models" / "ip-adapter_toy.safetensors")
