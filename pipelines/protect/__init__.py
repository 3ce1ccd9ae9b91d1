"""What must survive: the subject's mask and the words on it."""

from pipelines.protect.mask_file import MOTION, read_mask
from pipelines.protect.matte import clean, enlarge, refine
from pipelines.protect.subject import find_subject
from pipelines.protect.text import TextBox, find_text

__all__ = [
    "MOTION",
    "TextBox",
    "clean",
    "enlarge",
    "find_subject",
    "find_text",
    "read_mask",
    "refine",
]
