"""Nearness of every pixel: from a file, from an estimator, or the layered proxy."""

from pipelines.depth.find import find_depth

__all__ = ["find_depth"]
