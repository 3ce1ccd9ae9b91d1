"""Weights: a table of what they are, the store that keeps them, and their way into networks.

Importing this room loads no network library; :mod:`pipelines.models.loading` does, when called.
"""

from typing import TYPE_CHECKING

from pipelines.lazily import lazily

if TYPE_CHECKING:
    from pipelines.models.choosing import choose_default, whole_models
    from pipelines.models.entry import Kind, Memory, Model, Package, Repository
    from pipelines.models.folders import add_folder
    from pipelines.models.hub import Hub
    from pipelines.models.policy import is_allowed, licence_note, require_licence
    from pipelines.models.pulling import pull
    from pipelines.models.session import default_threads, open_session
    from pipelines.models.store import (
        as_brought,
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

_HOMES = {
    "Hub": "hub",
    "Kind": "entry",
    "MODELS": "table",
    "Memory": "entry",
    "Model": "entry",
    "Package": "entry",
    "Repository": "entry",
    "add_folder": "folders",
    "as_brought": "store",
    "choose_default": "choosing",
    "default_threads": "session",
    "edition": "store",
    "find_in_store": "store",
    "find_model": "table",
    "installed": "store",
    "is_allowed": "policy",
    "known_models": "store",
    "licence_note": "policy",
    "locate": "store",
    "locate_folder": "store",
    "open_session": "session",
    "present": "store",
    "pull": "pulling",
    "require_licence": "policy",
    "verify": "store",
    "whole_models": "choosing",
}

__all__ = [
    "MODELS",
    "Hub",
    "Kind",
    "Memory",
    "Model",
    "Package",
    "Repository",
    "add_folder",
    "as_brought",
    "choose_default",
    "default_threads",
    "edition",
    "find_in_store",
    "find_model",
    "installed",
    "is_allowed",
    "known_models",
    "licence_note",
    "locate",
    "locate_folder",
    "open_session",
    "present",
    "pull",
    "require_licence",
    "verify",
    "whole_models",
]

__getattr__ = lazily(__name__, _HOMES)
