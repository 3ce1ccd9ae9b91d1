"""Motion engines, one file each."""
