"""Blobs, named by their content."""
