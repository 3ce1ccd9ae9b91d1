"""Train the tiny model: ``python -m tests.tiny_svd.train`` (about 40 minutes on two cores).

Two stages, each with its own time budget: the autoencoder, then the denoiser on its latents. A
pause of the process costs no training. The folder is usable from the first saved checkpoint on.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import numpy as np
import torch

from tests.tiny_svd import FOLDER, autoencoder, build, denoiser
from tests.tiny_svd.budget import Budget

log = logging.getLogger(__name__)


def main() -> None:
    """Read the options and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the weights go")
    parser.add_argument("--vae-minutes", type=float, default=5.0, help="0 keeps the folder's own")
    parser.add_argument("--minutes", type=float, default=30.0, help="of the denoiser; 0: none")
    parser.add_argument("--resume", action="store_true", help="go on from the folder's denoiser")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    if options.vae_minutes:
        train_autoencoder(options.folder, options.vae_minutes, options.seed)
    if options.minutes:
        train_denoiser(options.folder, options.minutes, options.seed, options.resume)


def train_autoencoder(folder: Path, minutes: float, seed: int) -> None:
    """Train the autoencoder and save it with a still random denoiser."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    vae, pictures = build.make_vae(), autoencoder.stills(rng, 256)
    autoencoder.start_by_hand(vae, pictures)
    autoencoder.train(vae, rng, Budget(60 * minutes))
    scale = autoencoder.measured_scaling_factor(vae, pictures)
    vae.register_to_config(scaling_factor=scale)
    log.info("scaling factor %.4f", scale)
    for name, probe in autoencoder.probes():
        quality = autoencoder.psnr(probe, autoencoder.reconstruct(vae, probe))
        log.info("%s stills come back with %.1f dB", name, quality)
    build.save(build.make_pipeline(vae, build.make_unet()), folder)


def train_denoiser(folder: Path, minutes: float, seed: int, resume: bool) -> None:
    """Train the denoiser on the folder's autoencoder and save it there."""
    torch.manual_seed(seed)
    saved, unet = build.load(folder), build.make_unet()
    if resume:
        unet.load_state_dict(saved.unet.state_dict())
    denoiser.train(unet, saved.vae, np.random.default_rng(seed), Budget(60 * minutes), folder)


if __name__ == "__main__":
    main()
