"""The camera: moves as pure functions of phase, and the path they make together."""

from pipelines.camera.path import CameraPath, Step, build_path, parse_camera
from pipelines.camera.preset import CAMERAS

__all__ = ["CAMERAS", "CameraPath", "Step", "build_path", "parse_camera"]
