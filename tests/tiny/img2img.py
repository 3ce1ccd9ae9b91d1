"""Image-to-image pipelines of toy size, and what is added to them: real classes, random weights.

64×64 pixels; three VAE blocks, so latents are 16×16, and two UNet levels, so sides are multiples of
8 pixels. 32 channels is the least that the networks' fixed 32 norm groups allow. Nothing is
downloaded: the tokenizer's vocabulary is made here, a token for each letter.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch
from diffusers import (
    AutoencoderKL,
    ControlNetModel,
    DDIMScheduler,
    DiffusionPipeline,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    LatentConsistencyModelPipeline,
    LCMScheduler,
    SchedulerMixin,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from diffusers.models.attention_processor import Attention
from diffusers.models.autoencoders.vae import Decoder, Encoder
from diffusers.models.downsampling import Downsample2D
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.upsampling import Upsample2D
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from peft import LoraConfig, get_peft_model_state_dict
from safetensors.torch import save_file
from tokenizers.pre_tokenizers import ByteLevel
from torch import nn
from transformers import (
    CLIPConfig,
    CLIPImageProcessor,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    Qwen2Tokenizer,
    Qwen3Config,
    Qwen3Model,
)

Pipeline = TypeVar("Pipeline", bound=DiffusionPipeline)
Scheduler = TypeVar("Scheduler", bound=SchedulerMixin)

SIDE = 64
"""Height and width in pixels that the toys are made for."""

CHANNELS = 16
"""Of the autoencoder: three colours, two constants, the rest empty."""

CONSTANT = 200.0
"""What colours are small beside."""

MULTIPLE = 8
"""What sides have to be multiples of, in pixels."""

WIDTH = 32
"""Channels of the text encoder and of the finest layers."""

LANGUAGE_MARKS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")

CONVERSATION = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""How the language model is shown what a person says (Jinja)."""

TOKENS = 512
"""Length of a prompt in tokens, its start and end among them: letters, here, not words."""


def make_tiny_sd(seed: int = 0, max_tokens: int = TOKENS) -> StableDiffusionPipeline:
    """Return a pipeline in the shape of SD 1.5, text-to-image, as the family is published."""
    with _weights(seed):
        return _quiet(
            StableDiffusionPipeline(
                vae=make_vae(),
                text_encoder=CLIPTextModel(_text_config(max_tokens)).eval(),
                tokenizer=make_tokenizer(max_tokens),
                unet=make_unet(),
                scheduler=_scheduler(DDIMScheduler, clip_sample=False, set_alpha_to_one=False),
                safety_checker=None,
                feature_extractor=make_image_processor(),
                requires_safety_checker=False,
            )
        )


def make_tiny_sdxl(seed: int = 0, max_tokens: int = TOKENS) -> StableDiffusionXLPipeline:
    """Return a pipeline in the shape of SDXL: two text encoders, and sizes as a condition."""
    text = _text_config(max_tokens)
    with _weights(seed):
        return _quiet(
            StableDiffusionXLPipeline(
                vae=make_vae(),
                text_encoder=CLIPTextModel(text).eval(),
                text_encoder_2=CLIPTextModelWithProjection(text).eval(),
                tokenizer=make_tokenizer(max_tokens),
                tokenizer_2=make_tokenizer(max_tokens),
                unet=make_unet(
                    cross_attention_dim=2 * WIDTH,
                    addition_embed_type="text_time",
                    addition_time_embed_dim=8,
                    projection_class_embeddings_input_dim=WIDTH + 6 * 8,
                ),
                scheduler=_scheduler(EulerDiscreteScheduler),
            )
        )


def make_tiny_sd3(seed: int = 0, max_tokens: int = TOKENS) -> StableDiffusion3Pipeline:
    """Return a pipeline in the shape of SD 3.5 without its T5: a transformer on a flow."""
    text = _text_config(max_tokens)
    with _weights(seed):
        return _quiet(
            StableDiffusion3Pipeline(
                transformer=_make_transformer(),
                scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
                vae=make_vae(shift_factor=0.0609, use_quant_conv=False, use_post_quant_conv=False),
                text_encoder=CLIPTextModelWithProjection(text).eval(),
                tokenizer=make_tokenizer(max_tokens),
                text_encoder_2=CLIPTextModelWithProjection(text).eval(),
                tokenizer_2=make_tokenizer(max_tokens),
                text_encoder_3=None,
                tokenizer_3=None,
            )
        )


def make_tiny_lcm(seed: int = 0) -> LatentConsistencyModelPipeline:
    """Return a latent consistency model: guidance is an input of its UNet, no negative prompt."""
    with _weights(seed):
        return _quiet(
            LatentConsistencyModelPipeline(
                vae=make_vae(),
                text_encoder=CLIPTextModel(_text_config(TOKENS)).eval(),
                tokenizer=make_tokenizer(TOKENS),
                unet=make_unet(time_cond_proj_dim=WIDTH),
                scheduler=_scheduler(LCMScheduler),
                safety_checker=None,
                feature_extractor=make_image_processor(),
                requires_safety_checker=False,
            )
        )


def make_tiny_z_image(seed: int = 0) -> ZImagePipeline:
    """Return a pipeline in the shape of Z-Image: a language model reads the prompt."""
    with _weights(seed):
        return _quiet(
            ZImagePipeline(
                scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
                vae=make_vae(shift_factor=0.1159),
                text_encoder=Qwen3Model(_language_config()).eval(),
                tokenizer=_make_language_tokenizer(),
                transformer=ZImageTransformer2DModel(
                    in_channels=4,
                    dim=WIDTH,
                    n_layers=1,
                    n_refiner_layers=1,
                    n_heads=2,
                    n_kv_heads=2,
                    cap_feat_dim=WIDTH,
                    axes_dims=[4, 6, 6],
                    axes_lens=[1024, SIDE, SIDE],
                ).eval(),
            )
        )


def make_vae(**options: object) -> AutoencoderKL:
    """Return an autoencoder that works: a latent is the mean colour of 4×4 pixels.

    Its residual blocks add nothing. Its norms, over one group, divide by the deviation of two large
    constants, so that colours, which are small beside them, pass unchanged but for a factor; there
    the activation is a line of slope a half. Of an even tint a fifth is lost.
    """
    vae = AutoencoderKL(
        block_out_channels=(CHANNELS,) * 3,
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=1,
        sample_size=SIDE,
        scaling_factor=2.5,
        **options,
    ).eval()
    with torch.no_grad():
        for half in (vae.encoder, vae.decoder):
            _pass_through(half)
        logarithms = slice(4, 8)  # of the variance: none
        vae.encoder.conv_out.bias[logarithms] = -30.0
        for convolution in filter(None, (vae.quant_conv, vae.post_quant_conv)):
            _carry(convolution, convolution.weight.shape[0])
    return vae


def make_unet(**options: object) -> UNet2DConditionModel:
    """Return the denoiser: two levels, one of them with attention."""
    settings: dict[str, object] = {"cross_attention_dim": WIDTH} | options
    return UNet2DConditionModel(
        sample_size=SIDE // 4,
        block_out_channels=(WIDTH, 2 * WIDTH),
        layers_per_block=1,
        attention_head_dim=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        **settings,
    ).eval()


def make_tokenizer(max_tokens: int) -> CLIPTokenizer:
    """Return CLIP's tokenizer with a token for every letter, in a word and at a word's end."""
    letters = sorted(ByteLevel.alphabet())
    words = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    vocabulary = {word: index for index, word in enumerate(words)}
    return CLIPTokenizer(vocabulary, [], model_max_length=max_tokens)


def make_controlnet(pipeline: StableDiffusionPipeline, seed: int = 1) -> ControlNetModel:
    """Return a ControlNet that fits the toy's UNet and that matters: no zero layers."""
    with _weights(seed):
        network = ControlNetModel.from_unet(
            pipeline.unet, conditioning_embedding_out_channels=(16, WIDTH, WIDTH)
        )
        for layer in [*network.controlnet_down_blocks, network.controlnet_mid_block]:
            torch.nn.init.normal_(layer.weight, std=0.1)
        torch.nn.init.normal_(network.controlnet_cond_embedding.conv_out.weight, std=0.1)
        return network.eval()


def make_strict_checker() -> StableDiffusionSafetyChecker:
    """Return SD's safety checker, suspicious of everything."""
    vision = _vision_config().to_dict()
    checker = StableDiffusionSafetyChecker(
        CLIPConfig(vision_config=vision, projection_dim=WIDTH)
    ).eval()
    nn.init.constant_(checker.concept_embeds_weights, -2.0)  # below every cosine there is
    return checker


def make_image_processor() -> CLIPImageProcessor:
    """Return what prepares a reference picture."""
    return CLIPImageProcessor(crop_size=32, size={"shortest_edge": 32})


def save_lora(pipeline: StableDiffusionPipeline, folder: Path, seed: int = 2) -> Path:
    """Save a LoRA for the toy's UNet whose weights are random and matter."""
    unet = copy.deepcopy(pipeline.unet)
    with _weights(seed):
        unet.add_adapter(LoraConfig(r=2, init_lora_weights=False, target_modules=["to_q", "to_v"]))
    layers = get_peft_model_state_dict(unet)
    StableDiffusionPipeline.save_lora_weights(folder, unet_lora_layers=layers)
    return folder


def save_ip_adapter(pipeline: StableDiffusionPipeline, folder: Path, seed: int = 3) -> Path:
    """Save an IP-Adapter for the toy's UNet and its encoder, laid out as they are published."""
    tokens, width = 4, int(pipeline.unet.config.cross_attention_dim)
    with _weights(seed):
        encoder = CLIPVisionModelWithProjection(_vision_config()).eval()
        tensors = {
            "image_proj.proj.weight": torch.randn(tokens * width, WIDTH),
            "image_proj.proj.bias": torch.zeros(tokens * width),
            "image_proj.norm.weight": torch.ones(width),
            "image_proj.norm.bias": torch.zeros(width),
        }
        crossing = [name for name in pipeline.unet.attn_processors if "attn2" in name]
        for index in range(len(crossing)):
            for projection in ("to_k_ip", "to_v_ip"):
                name = f"ip_adapter.{2 * index + 1}.{projection}.weight"
                tensors[name] = torch.randn(2 * WIDTH, width)
    encoder.save_pretrained(folder / "models" / "image_encoder")
    save_file(tensors, folder / "models" / "ip-adapter_toy.safetensors")
    return folder


def _pass_through(half: Encoder | Decoder) -> None:
    """Make an encoder or a decoder carry colours to the other end, at its own resolution."""
    for module in half.modules():
        if isinstance(module, ResnetBlock2D):
            nn.init.zeros_(module.conv2.weight)
            nn.init.zeros_(module.conv2.bias)
        elif isinstance(module, Attention):
            nn.init.zeros_(module.to_out[0].weight)
            nn.init.zeros_(module.to_out[0].bias)
        elif isinstance(module, Downsample2D):
            _carry(module.conv, CHANNELS, taps=((0, 0), (0, 1), (1, 0), (1, 1)))
        elif isinstance(module, Upsample2D):
            _carry(module.conv, CHANNELS)
    _carry(half.conv_in, 3)
    half.conv_in.bias[3:5] = CONSTANT * torch.tensor([1.0, -1.0])
    deviation = CONSTANT * math.sqrt(2 / CHANNELS)
    _carry(half.conv_out, 3, gain=2 * deviation)  # 2 for the activation's slope


def _carry(
    convolution: nn.Conv2d,
    count: int,
    gain: float = 1.0,
    taps: tuple[tuple[int, int], ...] | None = None,
) -> None:
    """Make the first ``count`` channels of a convolution their own inputs' mean over ``taps``."""
    centre = convolution.kernel_size[0] // 2
    for tensor in convolution.parameters():
        nn.init.zeros_(tensor)
    for row, column in taps or ((centre, centre),):
        for channel in range(count):
            convolution.weight[channel, channel, row, column] = gain / len(taps or (1,))


def _make_transformer() -> SD3Transformer2DModel:
    return SD3Transformer2DModel(
        sample_size=SIDE // 4,
        patch_size=2,
        in_channels=4,
        out_channels=4,
        num_layers=1,
        attention_head_dim=8,
        num_attention_heads=4,
        joint_attention_dim=2 * WIDTH,
        caption_projection_dim=32,
        pooled_projection_dim=2 * WIDTH,
        pos_embed_max_size=SIDE,
    ).eval()


def _make_language_tokenizer() -> Qwen2Tokenizer:
    """Return Qwen's tokenizer with a token for every letter, and its way to show a conversation."""
    words = [*sorted(ByteLevel.alphabet()), *LANGUAGE_MARKS]
    vocabulary = {word: index for index, word in enumerate(words)}
    return Qwen2Tokenizer(vocabulary, [], chat_template=CONVERSATION)


def _language_config() -> Qwen3Config:
    return Qwen3Config(
        vocab_size=len(ByteLevel.alphabet()) + len(LANGUAGE_MARKS),
        hidden_size=WIDTH,
        intermediate_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=16,
        max_position_embeddings=1024,
    )


def _text_config(max_tokens: int) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=2 + 2 * len(ByteLevel.alphabet()),
        hidden_size=WIDTH,
        intermediate_size=WIDTH,
        projection_dim=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=max_tokens,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )


def _vision_config() -> CLIPVisionConfig:
    return CLIPVisionConfig(
        hidden_size=WIDTH,
        intermediate_size=WIDTH,
        projection_dim=WIDTH,
        num_hidden_layers=1,
        num_attention_heads=4,
        image_size=32,
        patch_size=16,
    )


def _scheduler(kind: type[Scheduler], **options: object) -> Scheduler:
    """Return a scheduler of SD's noise schedule."""
    return kind(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        steps_offset=1,
        **options,
    )


@contextmanager
def _weights(seed: int) -> Iterator[None]:
    """Draw random weights from ``seed``, and leave torch's own stream as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def _quiet(pipeline: Pipeline) -> Pipeline:
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
