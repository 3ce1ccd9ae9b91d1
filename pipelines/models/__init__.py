"""Weights: a table of what they are, the store that keeps them, and their way into networks.

Importing this room loads no network library; :mod:`pipelines.models.loading` does, when called.
"""

from pipelines.models.entry import Kind, Memory, Model, Package, Repository
from pipelines.models.folders import add_folder
from pipelines.models.hub import Hub
from pipelines.models.policy import licence_note, require_licence
from pipelines.models.pull import pull
from pipelines.models.session import default_threads, open_session
from pipelines.models.store import (
    edition,
    find_in_store,
    installed,
    known_models,
    locate,
    locate_folder,
    present,
    verify,
)
from pipelines.models.table import MODELS, find_model

__all__ = [
    "MODELS",
    "Hub",
    "Kind",
    "Memory",
    "Model",
    "Package",
    "Repository",
    "add_folder",
    "default_threads",
    "edition",
    "find_in_store",
    "find_model",
    "installed",
    "known_models",
    "licence_note",
    "locate",
    "locate_folder",
    "open_session",
    "present",
    "pull",
    "require_licence",
    "verify",
]
