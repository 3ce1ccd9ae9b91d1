"""Ambient effects, one file each: steam, snow, light … All periodic, so a loop stays closed."""

from pipelines.motion.effect import Effect
from pipelines.registry import Registry

AMBIENT: Registry[Effect] = Registry("pipelines.motion.ambient", "EFFECT", "ambient effect")
