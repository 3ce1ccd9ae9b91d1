"""Stable Video Diffusion under a camera: what its motion engine is made of."""
