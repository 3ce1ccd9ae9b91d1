"""What the benchmark of Stable Video Diffusion is made of."""
