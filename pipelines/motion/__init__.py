"""Stage two: a still becomes a clip."""
