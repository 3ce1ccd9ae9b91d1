"""Settings: one model, and the only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr, ValidationError

from pipelines.documented import Documented
from pipelines.errors import OutputRefused
from pipelines.machine import (
    Device,
    LicencePolicy,
    Machine,
    MemoryMode,
    Precision,
    RemoteServer,
)
from pipelines.refusal import refusal

PREFIX = "STILLWAVE_"


class Settings(Documented):
    """What a machine decides, not a recipe. Each field is ``STILLWAVE_<NAME>``."""

    data_dir: Path
    """Holds models and caches; ``~/.local/share/stillwave`` unless said otherwise."""
    device: Device = "auto"
    """Where networks run: ``auto``, ``cpu``, ``cuda`` or ``mps``."""
    precision: Precision = "auto"
    """Of weights and activations: ``auto``, ``float32``, ``float16`` or ``bfloat16``."""
    memory: MemoryMode = "auto"
    """How much of a pipeline stays on the device: ``auto``, ``full``, ``model-offload``,
    ``group-offload`` or ``sequential-offload``."""
    compile: bool = False
    """Whether networks are compiled first: slow to start, quicker after."""
    licence_policy: LicencePolicy = "any"
    """``commercial`` refuses weights that may not be used commercially."""
    hub_url: str = "https://huggingface.co"
    """The model hub that weights are fetched from, or a mirror of it."""
    hub_token: SecretStr | None = None
    """An account's token, for repositories whose terms have to be accepted."""
    remote_url: str | None = None
    """Base URL, up to and with ``/v1``, of the server that the ``remote`` engine asks."""
    remote_key: SecretStr | None = None
    """Its bearer token."""
    remote_model: str | None = None
    """The name it knows its model by; its default when absent."""
    remote_timeout_seconds: float = 900.0
    """Longest wait for one video, seconds."""
    remote_keyframes: bool = False
    """Whether that server takes a last frame beside the first, so that a loop can close."""

    def machine(self) -> Machine:
        """Return what generative engines are told about this machine."""
        return Machine(
            device=self.device,
            precision=self.precision,
            memory=self.memory,
            compile=self.compile,
            licence_policy=self.licence_policy,
            remote=self._remote(),
        )

    def _remote(self) -> RemoteServer | None:
        if self.remote_url is None:
            return None
        key = None if self.remote_key is None else self.remote_key.get_secret_value()
        return RemoteServer(
            url=self.remote_url,
            key=key,
            model=self.remote_model,
            timeout_seconds=self.remote_timeout_seconds,
            keyframes=self.remote_keyframes,
        )

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

    Raises:
        InvalidInput: a variable does not parse; names it.

    >>> str(read_settings({"STILLWAVE_DATA_DIR": "/srv/stillwave"}).data_dir)
    '/srv/stillwave'
    """
    given = {
        name: environment[variable]
        for name in Settings.model_fields
        if environment.get(variable := f"{PREFIX}{name.upper()}")
    }
    folder = Path(given.pop("data_dir", _default_folder(environment))).expanduser()
    try:
        return Settings.model_validate({"data_dir": folder, **given})
    except ValidationError as error:
        raise refusal(error, Settings, naming=lambda name: f"{PREFIX}{name.upper()}") from None


def _default_folder(environment: Mapping[str, str]) -> Path:
    home = Path(environment.get("HOME") or Path.home())
    shared = environment.get("XDG_DATA_HOME")
    return (Path(shared) if shared else home / ".local" / "share") / "stillwave"
