"""Closing a clip, so that its last frame leads into its first."""

from pipelines.loop.close import close_loop

__all__ = ["close_loop"]
