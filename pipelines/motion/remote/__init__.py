"""Asking a video server: what the remote motion engine is made of."""
