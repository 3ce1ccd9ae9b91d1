"""Reads compose.yaml: what an engine would start, with its variables put in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.image.dockerfile import CHECKOUT

COMPOSE = CHECKOUT / "compose.yaml"

VARIABLE = re.compile(r"\$\{(\w+)(?::([?-])([^}]*))?\}")
"""A name; then, where it is empty, ``:?`` refuses and ``:-`` says another value."""


def variables() -> dict[str, str]:
    """Return each variable of the file and how it is asked for: ``?``, ``-`` or nothing."""
    return {name: how for name, how, _ in VARIABLE.findall(COMPOSE.read_text("utf-8"))}


def services(values: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the services by their names.

    Raises:
        KeyError: a variable that has to be there is not.
    """

    def put(found: re.Match[str]) -> str:
        name, how, default = found.groups()
        return values.get(name, default) if how == "-" else values[name]

    read: dict[str, dict[str, Any]] = document(VARIABLE.sub(put, COMPOSE.read_text("utf-8")))[
        "services"
    ]
    return read


def document(text: str) -> dict[str, Any]:
    """Return the whole file, read."""
    read: dict[str, Any] = yaml.safe_load(text)
    return read
