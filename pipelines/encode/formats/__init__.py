"""The platforms, one file each. The file's name is the format's id."""

from pipelines.encode.format import Format
from pipelines.registry import Registry

FORMATS: Registry[Format] = Registry("pipelines.encode.formats", "FORMAT", "format")
