"""Pictures and tables of docs/motion.md, measured anew by ``python -m docs.pictures``."""
