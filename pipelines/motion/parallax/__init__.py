"""What the parallax engine is made of: geometry, layers, completion, warp, lens."""
