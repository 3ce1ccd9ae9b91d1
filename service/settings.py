"""Settings: one model, and the only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path

from pydantic import Field, PositiveFloat, SecretStr, ValidationError, field_validator

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
from service.jobs.nouns import QueueName

PREFIX = "STILLWAVE_"


class Settings(Documented):
    """What a machine decides, not a recipe. Each field is ``STILLWAVE_<NAME>``."""

    data_dir: Path
    """Holds weights and caches, and the service's database and files."""
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

    server_key: SecretStr | None = None
    """API key that is sent to the service which ``--server`` names."""

    database_url: SecretStr | None = None
    """Database of the service, ``postgresql://…``; absent is an SQLite file in the data folder."""
    storage_url: str | None = None
    """Bucket for files, ``s3://bucket/prefix``; absent is a folder in the data folder."""
    storage_links: bool = True
    """Whether clients reach the bucket too, and are sent there for files by a signed address."""
    worker_queues: tuple[QueueName, ...] = ("cpu", "gpu")
    """Queues that a worker takes jobs from, with commas between: ``cpu,gpu``."""
    worker_slots: int = Field(default=1, ge=1, le=64)
    """Jobs of the ``cpu`` queue that each worker does at a time; of ``gpu`` it is one."""
    tenant_slots: int = Field(default=2, ge=1, le=1000)
    """Jobs of one tenant and queue that run at a time, over all workers."""
    queue_limit: int = Field(default=1000, ge=1)
    """Jobs that may wait or run; beyond that new ones are refused for the moment."""
    tenant_queue_limit: int = Field(default=500, ge=1)
    """Jobs of one tenant that may wait or run."""
    min_free_mb: int = Field(default=500, ge=0)
    """Free space, megabytes, below which no source and no job is accepted."""
    job_seconds: float = Field(default=3600.0, gt=0)
    """Longest time for one attempt at a job, seconds."""
    cancel_grace_seconds: float = Field(default=5.0, ge=0)
    """Time a cancelled job gets to stop by itself before its process is ended, seconds."""
    lease_seconds: float = Field(default=5.0, ge=1, le=60)
    """A worker that gave no sign of life for so long is dead, and its jobs go to others."""
    drain_seconds: float = Field(default=10.0, ge=0)
    """Time a worker that is told to stop gives its running jobs before it hands them back."""
    retention_days: float = Field(default=30.0, gt=0)
    """Days that ended jobs, their files and unused sources are kept."""
    retention_gb: float | None = Field(default=None, gt=0)
    """Gigabytes that files may take; beyond that the oldest ended jobs go first."""

    requests_per_minute: int = Field(default=600, ge=1)
    """Requests of one API key that are answered, unless the key says otherwise."""
    fetch_networks: tuple[str, ...] = ()
    """Private networks that sources are fetched from, and webhooks sent to, all the same:
    ``10.1.0.0/16,fd00::/8``."""
    fetch_plain_http: bool = False
    """Whether sources are fetched from, and webhooks sent to, public servers without encryption."""
    webhook_timeout_seconds: float = Field(default=10.0, gt=0, le=60)
    """Longest time a webhook's receiver may take to answer, seconds."""
    webhook_retry_seconds: tuple[PositiveFloat, ...] = (5, 300, 1800, 7200, 18000, 36000)
    """Pauses between tries at one delivery, at least, seconds; after the last it is a dead letter.
    ``5,300,1800,7200,18000,36000`` unless said otherwise: 17 hours."""
    cors_origins: tuple[str, ...] = ()
    """Origins of other sites whose pages may call the service, ``https://shop.example``."""
    heartbeat_seconds: float = Field(default=15.0, gt=0, le=300)
    """Longest silence in a stream of events, seconds."""
    tracing: bool = False
    """Whether traces are sent by OTLP; where to say the standard variables, ``OTEL_…``."""

    @field_validator("fetch_networks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ip_network(network)
        return value

    @field_validator(
        "worker_queues", "fetch_networks", "webhook_retry_seconds", "cors_origins", mode="before"
    )
    @classmethod
    def _listed(cls, value: object) -> object:
        return value.replace(" ", "").split(",") if isinstance(value, str) else value

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
