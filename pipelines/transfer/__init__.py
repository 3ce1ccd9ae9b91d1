"""Asking another server in spite of what happens on the way; needs the extra ``remote``."""
