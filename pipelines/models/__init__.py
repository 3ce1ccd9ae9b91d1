"""Weights: a table of what they are, and the store that keeps them."""

from pipelines.models.session import default_threads, open_session
from pipelines.models.store import installed, locate, pull, verify
from pipelines.models.table import MODELS, Model, Package, find_model

__all__ = [
    "MODELS",
    "Model",
    "Package",
    "default_threads",
    "find_model",
    "installed",
    "locate",
    "open_session",
    "pull",
    "verify",
]
