"""Settings come from the environment, with a default that follows the XDG rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import InvalidInput, OutputRefused
from service.settings import read_settings


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"STILLWAVE_DATA_DIR": "/srv/waves", "HOME": "/home/a"}, "/srv/waves"),
        ({"XDG_DATA_HOME": "/data", "HOME": "/home/a"}, "/data/stillwave"),
        ({"HOME": "/home/a"}, "/home/a/.local/share/stillwave"),
        ({"STILLWAVE_DATA_DIR": "", "HOME": "/home/a"}, "/home/a/.local/share/stillwave"),
    ],
)
def test_where_data_goes(environment: dict[str, str], folder: str) -> None:
    assert read_settings(environment).data_dir == Path(folder)


def test_the_data_folder_is_made_on_demand(tmp_path: Path) -> None:
    settings = read_settings({"STILLWAVE_DATA_DIR": str(tmp_path / "a" / "b")})
    assert settings.require_data_dir().is_dir()


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(OutputRefused, match="STILLWAVE_DATA_DIR"):
        read_settings({"STILLWAVE_DATA_DIR": str(tmp_path / "a")}).require_data_dir()


def test_what_the_machine_decides_is_read_from_the_environment() -> None:
    settings = read_settings(
        {
            "HOME": "/home/a",
            "STILLWAVE_DEVICE": "cpu",
            "STILLWAVE_COMPILE": "true",
            "STILLWAVE_REMOTE_URL": "https://videos.example/v1",
            "STILLWAVE_REMOTE_KEY": "secret",
        }
    )
    machine = settings.machine()
    assert (machine.device, machine.compile, machine.precision) == ("cpu", True, "auto")
    assert machine.remote is not None
    assert machine.remote.key == "secret"
    assert "secret" not in repr(settings) + repr(machine)


def test_a_wrong_variable_is_named() -> None:
    with pytest.raises(InvalidInput, match="STILLWAVE_DEVICE") as caught:
        read_settings({"HOME": "/home/a", "STILLWAVE_DEVICE": "gpu"})
    assert "cuda" in caught.value.allowed
