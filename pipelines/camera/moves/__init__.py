"""The moves, one file each. A name's file is the name with ``_`` for ``-``."""
