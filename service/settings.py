"""Settings: one model, and the only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from pipelines.errors import OutputRefused

PREFIX = "STILLWAVE_"


class Settings(BaseModel):
    """What a machine decides, not a recipe. Each field is ``STILLWAVE_<NAME>``."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    data_dir: Path
    """Holds models and caches; ``~/.local/share/stillwave`` unless said otherwise."""

    def require_data_dir(self) -> Path:
        """Make the data folder when needed and return it.

        Raises:
            OutputRefused: it cannot be made or written.
        """
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            writable = os.access(self.data_dir, os.W_OK | os.X_OK)
            reason = "no write permission"
        except OSError as error:
            writable, reason = False, error.strerror or "the system refuses"
        if not writable:
            raise OutputRefused(
                f"the data folder {self.data_dir} cannot be written ({reason})",
                actual=str(self.data_dir),
                allowed="a folder this user may write to",
                fix=f"name another one in {PREFIX}DATA_DIR",
            )
        return self.data_dir


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from ``environment``.

    >>> str(read_settings({"STILLWAVE_DATA_DIR": "/srv/stillwave"}).data_dir)
    '/srv/stillwave'
    """
    given = environment.get(f"{PREFIX}DATA_DIR")
    return Settings(data_dir=Path(given).expanduser() if given else _default_folder(environment))


def _default_folder(environment: Mapping[str, str]) -> Path:
    home = Path(environment.get("HOME") or Path.home())
    shared = environment.get("XDG_DATA_HOME")
    return (Path(shared) if shared else home / ".local" / "share") / "stillwave"
