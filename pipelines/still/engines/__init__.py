"""One file an engine; each declares ``ENGINE``."""
